from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import PARAMETER, idempotency_key
from policy.api.asked import REFUSALS, OpenToRead, for_officers, own_institute, year_of
from policy.api.survey_serializers import (
    SurveyAnswerOut,
    SurveyCorrectIn,
    SurveyPlaceOut,
    SurveyReturnIn,
    SurveyRevisionIn,
    SurveyRoundChangeIn,
    SurveySheetIn,
    SurveySheetOut,
    SurveyYearIn,
    SurveyYearOut,
)
from policy.models import SurveyAnswer, SurveyRound, SurveySheet
from policy.queries.survey import places, with_sent
from policy.scheme.survey import FIGURES
from policy.services.survey.decide import accept_sheet, return_sheet
from policy.services.survey.rounds import change_round, open_round
from policy.services.survey.submit import submit_sheet
from policy.services.survey.withdraw import withdraw_sheet
from policy.services.survey.write import correct_answer, save_sheet

YEAR = OpenApiParameter("year", int, description="Of this year only.")


@extend_schema_view(get=extend_schema(summary="Years the survey asks or asked about"))
class RoundList(OpenToRead, generics.ListAPIView):
    serializer_class = SurveyYearOut
    filter_backends = ()
    queryset = SurveyRound.objects.none()

    def get_queryset(self) -> QuerySet[SurveyRound]:
        if getattr(self, "swagger_fake_view", False):
            return SurveyRound.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return SurveyRound.objects.newest_first()

    @extend_schema(
        request=SurveyYearIn,
        responses={201: SurveyYearOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Open the survey about a year that has ended, as officer",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        for_officers(request)
        given, key = read(request, SurveyYearIn), idempotency_key(request)
        asked = {name: given[name] for name in ("year", "due_on")}
        made = open_round(**asked, bounds=SurveyYearIn.limits(given), by=request.user, at=timezone.now(), key=key)
        return Response(SurveyYearOut(made).data, status=status.HTTP_201_CREATED)


class RoundDetail(OpenToRead, APIView):
    @extend_schema(responses={200: SurveyYearOut, 404: ErrorOut}, summary="The survey about a year")
    def get(self, request: Request, year: int) -> Response:
        refuse_unknown(request, ())
        return Response(SurveyYearOut(get_object_or_404(SurveyRound, year=year)).data)

    @extend_schema(
        request=SurveyRoundChangeIn,
        responses={200: SurveyYearOut, **REFUSALS},
        summary="Another deadline or other bounds, as officer",
    )
    def put(self, request: SignedInApiRequest, year: int) -> Response:
        for_officers(request)
        given = read(request, SurveyRoundChangeIn)
        changed = change_round(
            round=get_object_or_404(SurveyRound, year=year),
            due_on=given["due_on"],
            bounds=SurveyRoundChangeIn.limits(given),
            revision=given["revision"],
            by=request.user,
            at=timezone.now(),
        )
        return Response(SurveyYearOut(changed).data)


@extend_schema_view(get=extend_schema(summary="Accepted answers, all versions, newest first", parameters=[YEAR]))
class AnswerList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = SurveyAnswerOut
    filter_backends = ()
    queryset = SurveyAnswer.objects.none()

    def get_queryset(self) -> QuerySet[SurveyAnswer]:
        if getattr(self, "swagger_fake_view", False):
            return SurveyAnswer.objects.none()
        refuse_unknown(self.request, ("year",), paged=True)
        rows = SurveyAnswer.objects.visible_to(self.request.user).select_related("institute")
        year = year_of(self.request)
        return (rows if year is None else rows.filter(year=year)).order_by("-year", "-pk")


@extend_schema_view(get=extend_schema(summary="Answers on their way, newest first", parameters=[YEAR]))
class SheetList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = SurveySheetOut
    filter_backends = ()
    queryset = SurveySheet.objects.none()

    def get_queryset(self) -> QuerySet[SurveySheet]:
        if getattr(self, "swagger_fake_view", False):
            return SurveySheet.objects.none()
        refuse_unknown(self.request, ("year",), paged=True)
        rows = with_sent(SurveySheet.objects.visible_to(self.request.user).for_page())
        year = year_of(self.request)
        return (rows if year is None else rows.filter(round__year=year)).order_by("-round__year", "-pk")

    @extend_schema(
        request=SurveySheetIn,
        responses={200: SurveySheetOut, **REFUSALS},
        summary="Save the figures of a year",
        description="Nothing is sent yet. The same request again is refused by its revision (409).",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        here = own_institute(request, "policy.answer_survey")
        given = read(request, SurveySheetIn)
        saved = save_sheet(
            institute=here,
            round=get_object_or_404(SurveyRound, year=given["year"]),
            figures={name: given.get(name) for name in FIGURES},
            reasons=given.get("reasons") or {},
            seen=given["revision"],
            by=request.user,
            at=timezone.now(),
        )
        return Response(shown(request, saved))


def visible(request: SignedInApiRequest, public_id: UUID) -> SurveySheet:
    rows = with_sent(SurveySheet.objects.visible_to(request.user).for_page())
    return get_object_or_404(rows, public_id=public_id)


def shown(request: SignedInApiRequest, sheet: SurveySheet) -> Any:
    """As it is in the database now."""
    return SurveySheetOut(visible(request, sheet.public_id), context={"request": request}).data


class SheetCorrect(APIView):
    @extend_schema(
        request=SurveyCorrectIn,
        responses={200: SurveySheetOut, **REFUSALS},
        summary="Begin a correction",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        here = own_institute(request, "policy.answer_survey")
        given = read(request, SurveyCorrectIn)
        round = get_object_or_404(SurveyRound, year=given["year"])
        made = correct_answer(institute=here, round=round, reason=given["reason"], by=request.user, at=timezone.now())
        return Response(shown(request, made))


class SheetDetail(APIView):
    @extend_schema(responses={200: SurveySheetOut, 404: ErrorOut}, summary="One answer on its way")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))


class SheetSubmit(APIView):
    @extend_schema(request=SurveyRevisionIn, responses={200: SurveySheetOut, **REFUSALS}, summary="Send it")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        sheet = visible(request, public_id)
        if not request.user.has_perm("policy.answer_survey", sheet.institute):
            raise PermissionDenied
        submit_sheet(sheet=sheet, **read(request, SurveyRevisionIn), by=request.user, at=timezone.now())
        return Response(shown(request, sheet))


class SheetReturn(APIView):
    @extend_schema(request=SurveyReturnIn, responses={200: SurveySheetOut, **REFUSALS}, summary="Return it, as officer")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        sheet = visible(request, public_id)
        for_officers(request)
        return_sheet(sheet=sheet, **read(request, SurveyReturnIn), by=request.user, at=timezone.now())
        return Response(shown(request, sheet))


class SheetAccept(APIView):
    @extend_schema(request=SurveyRevisionIn, responses={200: SurveySheetOut, **REFUSALS}, summary="Accept, as officer")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        sheet = visible(request, public_id)
        for_officers(request)
        accept_sheet(sheet=sheet, **read(request, SurveyRevisionIn), by=request.user, at=timezone.now())
        return Response(shown(request, sheet))


class SheetWithdraw(APIView):
    @extend_schema(
        request=SurveyRevisionIn,
        responses={204: None, **REFUSALS},
        summary="Give up a draft, or a correction that was returned",
        description="As officer only where it is proposed to merge the institute.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = SurveySheet.objects.may_be_given_up_by(request.user)
        sheet = get_object_or_404(rows, public_id=public_id)
        withdraw_sheet(sheet=sheet, **read(request, SurveyRevisionIn), by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PlaceList(APIView):
    @extend_schema(
        responses={200: SurveyPlaceOut(many=True), 404: ErrorOut},
        summary="Who has answered a year, as officer",
    )
    def get(self, request: SignedInApiRequest, year: int) -> Response:
        for_officers(request)
        refuse_unknown(request, ())
        found = places(get_object_or_404(SurveyRound, year=year))
        return Response(SurveyPlaceOut(found, many=True).data)
