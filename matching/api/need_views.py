from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.idempotency import PARAMETER, idempotency_key
from matching.api.need_serializers import (
    FeedbackIn,
    NeedAnswerIn,
    NeedAnswerOut,
    NeedCloseIn,
    NeedIn,
    NeedMatchOut,
    NeedOut,
    NeedPatchIn,
    NeedReopenIn,
    NeedRow,
)
from matching.filters import MatchFilter, NeedFilter
from matching.models import Match, Need, NeedAnswer
from matching.services.answer import answer
from matching.services.close import close, reopen
from matching.services.edit import edit
from matching.services.judge import judge, take_back
from matching.services.post import post
from tech_listings.queries import find_visible

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def acting_organization(request: SignedInApiRequest) -> Organization:
    """The one that X-Organization names, or the session's. Raises `PermissionDenied` without one."""
    organization: Organization | None = getattr(request._request, "organization", None)
    if organization is None:
        raise PermissionDenied
    return organization


def visible(request: SignedInApiRequest, public_id: UUID) -> Need:
    return get_object_or_404(Need.objects.shown_to(request.user).for_page(), public_id=public_id)


def changeable(request: SignedInApiRequest, public_id: UUID) -> Need:
    need = visible(request, public_id)
    if not request.user.has_perm("matching.change_need", need):
        raise PermissionDenied
    return need


def shown(request: SignedInApiRequest, need: Need) -> Any:
    """As it is in the database now, with what this person may see of it."""
    return NeedOut(visible(request, need.public_id)).data


@extend_schema_view(get=extend_schema(summary="Open needs you can answer, and all needs of your organizations"))
class NeedList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = NeedRow
    filterset_class = NeedFilter
    queryset = Need.objects.none()

    def get_queryset(self) -> QuerySet[Need]:
        if getattr(self, "swagger_fake_view", False):
            return Need.objects.none()
        return Need.objects.shown_to(self.request.user).for_list()

    @extend_schema(
        request=NeedIn,
        responses={200: NeedOut, 201: NeedOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Say what your organization looks for",
        description="201 for a new need; 200 when this key has posted it already.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        organization = acting_organization(request)
        data = NeedIn(data=request.data)
        data.is_valid(raise_exception=True)
        posted = post(
            organization=organization,
            content=data.validated_data,
            by=request.user,
            at=timezone.now(),
            key=idempotency_key(request),
        )
        code = status.HTTP_201_CREATED if posted.is_new else status.HTTP_200_OK
        return Response(shown(request, posted.need), status=code)


class NeedDetail(APIView):
    @extend_schema(responses={200: NeedOut, 404: ErrorOut}, summary="One need")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))

    @extend_schema(request=NeedPatchIn, responses={200: NeedOut, **REFUSALS}, summary="Change what is sent")
    def patch(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        need = changeable(request, public_id)
        data = NeedPatchIn(data=request.data)
        data.is_valid(raise_exception=True)
        content = dict(data.validated_data)
        revision = content.pop("revision")
        done = edit(need=need, content=content, seen_revision=revision, by=request.user, at=timezone.now())
        return Response(shown(request, done))


class NeedClose(APIView):
    @extend_schema(request=NeedCloseIn, responses={200: NeedOut, **REFUSALS}, summary="Close it with its outcome")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        need = changeable(request, public_id)
        data = NeedCloseIn(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(shown(request, close(need=need, by=request.user, at=timezone.now(), **data.validated_data)))


class NeedReopen(APIView):
    @extend_schema(request=NeedReopenIn, responses={200: NeedOut, **REFUSALS}, summary="Open it again with a new day")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        need = changeable(request, public_id)
        data = NeedReopenIn(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(shown(request, reopen(need=need, by=request.user, at=timezone.now(), **data.validated_data)))


@extend_schema_view(get=extend_schema(summary="Answers to a need: all for who asked, else one's own"))
class NeedAnswers(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = NeedAnswerOut
    queryset = NeedAnswer.objects.none()

    def get_queryset(self) -> QuerySet[NeedAnswer]:
        if getattr(self, "swagger_fake_view", False):
            return NeedAnswer.objects.none()
        need = visible(self.request, self.kwargs["public_id"])
        return NeedAnswer.objects.visible_to(self.request.user).filter(need=need).for_list()

    @extend_schema(
        request=NeedAnswerIn,
        responses={200: NeedAnswerOut, **REFUSALS},
        summary="Answer with a technology, or say that there is none",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        need = visible(request, public_id)
        if not request.user.has_perm("matching.answer_need", need):
            raise PermissionDenied
        data = NeedAnswerIn(data=request.data)
        data.is_valid(raise_exception=True)
        given = dict(data.validated_data)
        reference = given.pop("listing")
        done = answer(
            need=need,
            organization=acting_organization(request),
            listing=find_visible(request.user, reference) if reference else None,
            by=request.user,
            at=timezone.now(),
            **given,
        )
        return Response(NeedAnswerOut(done).data)


@extend_schema_view(get=extend_schema(summary="Technologies that fit your need, best first"))
class NeedMatches(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = NeedMatchOut
    queryset = Match.objects.none()
    filterset_class = MatchFilter

    def get_queryset(self) -> QuerySet[Match]:
        if getattr(self, "swagger_fake_view", False):
            return Match.objects.none()
        need = visible(self.request, self.kwargs["public_id"])
        if not need.is_inside:
            raise Http404
        return Match.objects.visible_to(self.request.user).filter(need=need).best_first()


class MatchFeedback(APIView):
    def match(self, request: SignedInApiRequest, public_id: UUID) -> Match:
        rows = Match.objects.visible_to(request.user).select_related("need__organization", "saved_search")
        match: Match = get_object_or_404(rows.select_related("listing"), public_id=public_id)
        if not request.user.has_perm("matching.judge_match", match):
            raise PermissionDenied
        return match

    @extend_schema(request=FeedbackIn, responses={200: NeedMatchOut, **REFUSALS}, summary="Not this, because")
    def put(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        match = self.match(request, public_id)
        data = FeedbackIn(data=request.data)
        data.is_valid(raise_exception=True)
        judge(match=match, by=request.user, at=timezone.now(), **data.validated_data)
        return Response(NeedMatchOut(self.match(request, public_id)).data)

    @extend_schema(responses={200: NeedMatchOut, **REFUSALS}, summary="It may fit after all")
    def delete(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        take_back(match=self.match(request, public_id), by=request.user)
        return Response(NeedMatchOut(self.match(request, public_id)).data)
