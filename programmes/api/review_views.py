"""The review for programs: officers, panel members and firms; the same rules, filters and services as the pages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.idempotency import NEEDED, needed_key
from marketplace.core.serializers import StrictSerializer
from programmes.api import review_serializers as given
from programmes.enums.review import PanelistState
from programmes.filters.review import QueueApiFilter
from programmes.forms.review import WhatIfForm
from programmes.models import Agreement, Application, Call, Objection, Panelist, Selection
from programmes.queries.ranking import ground_of, ranking_of
from programmes.queries.review import calls_of, my_panels, objections_of, office_page, queue, seats_of, to_score
from programmes.queries.ties import tie_with
from programmes.scheme import Scheme
from programmes.services.review import check, panel
from programmes.services.review.agreements import sign
from programmes.services.review.approve import approve, send_back, take_back
from programmes.services.review.objections import (
    answer_objection,
    last_day_to_object,
    raise_objection,
    withdraw_objection,
)
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def read(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    refuse_unknown(request, ())
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


def for_officers(request: SignedInApiRequest) -> None:
    if not request.user.has_perm("programmes.review"):
        raise PermissionDenied(_("Only officers who check applications may see this."))


def call_of(request: SignedInApiRequest, number: str) -> Call:
    for_officers(request)
    return get_object_or_404(calls_of(request.user), number=number)


def described(body: Any, answer: Any, summary: str, *, keyed: bool = False) -> Any:
    """The description of an act: its body, what comes back, how it is refused."""
    responses = {200: answer, **REFUSALS}
    return extend_schema(request=body, responses=responses, summary=summary, parameters=[NEEDED] if keyed else None)


# --- officers: applications -------------------------------------------------------------------------------------------


@extend_schema_view(get=extend_schema(summary="What was submitted under a call, by its deadline, for officers"))
class ReviewQueue(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.ReviewRow
    filterset_class = QueueApiFilter
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        return queue(call_of(self.request, self.kwargs["number"]))


class ReviewBatch(APIView):
    @described(given.BatchIn, given.BatchOut, "Decide on many applications, each by itself; first as a dry run")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        call = call_of(request, number)
        body = read(request, given.BatchIn)
        wanted = {row["id"]: row.get("revision") for row in body["applications"]}
        found = list(queue(call).filter(public_id__in=wanted))
        if body["dry_run"]:
            rows = check.preview_many(call=call, applications=found, act=body["act"], by=request.user)
        else:
            seen = {each.pk: wanted[each.public_id] for each in found}
            rows = check.decide_many(
                call=call, applications=found, act=body["act"], text=body.get("text", ""), by=request.user,
                revisions={key: value for key, value in seen.items() if value is not None}, at=timezone.now(),
            )  # fmt: skip
        return Response(given.BatchOut({"is_done": not body["dry_run"], "results": rows}).data)


def _application(request: SignedInApiRequest, public_id: UUID) -> Application:
    for_officers(request)
    return get_object_or_404(office_page(request.user), public_id=public_id)


def _shown(request: SignedInApiRequest, public_id: UUID) -> Response:
    application = _application(request, public_id)
    context = {"tie": tie_with(request.user, application.organization)}
    rows = {
        "flags": application.flags.select_related("other").order_by("pk"),
        "steps": application.steps.select_related("by").order_by("at", "pk"),
    }
    for name, found in rows.items():
        application._prefetched_objects_cache = getattr(application, "_prefetched_objects_cache", {}) | {name: found}  # type: ignore[attr-defined]
    return Response(given.ReviewApplicationOut(application, context=context).data)


class ReviewApplication(APIView):
    @extend_schema(
        responses={200: given.ReviewApplicationOut, 403: ErrorOut, 404: ErrorOut},
        summary="One application for officers: what was submitted, what the check found, what happened",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return _shown(request, public_id)


class ReviewAct(APIView):
    body: ClassVar[type[Any]]
    service: ClassVar[Callable[..., Any]]

    def act(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        application = _application(request, public_id)
        type(self).service(application=application, by=request.user, at=timezone.now(), **read(request, self.body))
        return _shown(request, public_id)


class ReviewAskCompletion(ReviewAct):
    body, service = given.CompletionIn, staticmethod(check.ask_completion)

    @described(given.CompletionIn, given.ReviewApplicationOut, "Ask the firm to complete it, part by part")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class ReviewEligible(ReviewAct):
    body, service = given.EligibleIn, staticmethod(check.find_eligible)

    @described(given.EligibleIn, given.ReviewApplicationOut, "Find an application eligible")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class ReviewIneligible(ReviewAct):
    body, service = given.ReasonsIn, staticmethod(check.find_ineligible)

    @described(given.ReasonsIn, given.ReviewApplicationOut, "Refuse an application with reasons")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class ReviewFlag(APIView):
    @described(given.FlagIn, given.ReviewApplicationOut, "Say what a possible tie to another applicant means")
    def post(self, request: SignedInApiRequest, public_id: UUID, flag: UUID) -> Response:
        application = _application(request, public_id)
        found = get_object_or_404(application.flags.select_related("application"), public_id=flag)
        check.clear_flag(flag=found, by=request.user, at=timezone.now(), **read(request, given.FlagIn))
        return _shown(request, public_id)


# --- officers: panel and selection ------------------------------------------------------------------------------------


class CallPanel(APIView):
    @extend_schema(
        responses={200: given.PanelistOut(many=True), 403: ErrorOut, 404: ErrorOut}, summary="A call's panel"
    )
    def get(self, request: SignedInApiRequest, number: str) -> Response:
        refuse_unknown(request, ())
        return Response(given.PanelistOut(seats_of(call_of(request, number)), many=True).data)

    @described(given.InviteIn, given.PanelistOut(many=True), "Invite somebody with a confirmed address to the panel")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        call = call_of(request, number)
        panel.invite(call=call, by=request.user, at=timezone.now(), **read(request, given.InviteIn))
        return Response(given.PanelistOut(seats_of(call), many=True).data)


class CallPanelRemove(APIView):
    @described(given.NothingIn, given.PanelistOut(many=True), "Take a member out of the panel")
    def post(self, request: SignedInApiRequest, number: str, public_id: UUID) -> Response:
        call = call_of(request, number)
        read(request, given.NothingIn)
        seat = get_object_or_404(call.panelists.select_related("call__office"), public_id=public_id)
        panel.remove(panelist=seat, by=request.user, at=timezone.now())
        return Response(given.PanelistOut(seats_of(call), many=True).data)


WHAT_IF = [
    OpenApiParameter("budget_won", int, description="As if the budget were this."),
    OpenApiParameter("pass_points", int, description="As if the pass mark were this."),
]


class CallRanking(APIView):
    @extend_schema(
        responses={200: given.RankingOut, 400: ErrorOut, 403: ErrorOut, 404: ErrorOut}, parameters=WHAT_IF,
        summary="The ranking of a call as it is, or with another budget or pass mark; nothing is written",
    )  # fmt: skip
    def get(self, request: SignedInApiRequest, number: str) -> Response:
        refuse_unknown(request, ("budget_won", "pass_points"))
        call = call_of(request, number)
        scheme = Scheme.from_json(call.current.content)  # type: ignore[union-attr]
        ground, asked = ground_of(call, scheme), WhatIfForm(request.query_params)
        if not asked.is_valid():
            raise ValidationError({name: list(map(str, errors)) for name, errors in asked.errors.items()})
        ground = replace(ground, **{key: value for key, value in asked.cleaned_data.items() if value is not None})
        lines = ranking_of(call, scheme, timezone.now(), ground)
        out = {
            "budget_won": ground.budget_won, "left_won": ground.left_won, "pass_points": ground.pass_points,
            "results": lines,
        }  # fmt: skip
        return Response(given.RankingOut(out).data)


class CallSelections(APIView):
    @extend_schema(
        responses={200: given.SelectionRow(many=True), 403: ErrorOut, 404: ErrorOut},
        summary="The selections that were proposed for a call, the newest first",
    )
    def get(self, request: SignedInApiRequest, number: str) -> Response:
        refuse_unknown(request, ())
        rows = call_of(request, number).selections.select_related("proposed_by").order_by("-serial")
        return Response(given.SelectionRow(rows, many=True).data)

    @described(given.SelectionIn, given.SelectionOut, "Propose whom to select, by the ranking", keyed=True)
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        call = call_of(request, number)
        body, key = read(request, given.SelectionIn), needed_key(request)
        made = propose(call=call, key=key, by=request.user, at=timezone.now(), **body)
        return _selection_shown(request, made.public_id)


def _selection(request: SignedInApiRequest, public_id: UUID) -> Selection:
    for_officers(request)
    rows = Selection.objects.visible_to(request.user).select_related("call__office", "proposed_by")
    return get_object_or_404(rows, public_id=public_id)


def _selection_shown(request: SignedInApiRequest, public_id: UUID) -> Response:
    found = _selection(request, public_id)
    lines = found.lines.select_related("application").order_by("rank")
    approvals = found.approvals.select_related("by").order_by("position")
    found._prefetched_objects_cache = {"lines": lines, "approvals": approvals}  # type: ignore[attr-defined]
    return Response(given.SelectionOut(found).data)


class SelectionDetail(APIView):
    @extend_schema(
        responses={200: given.SelectionOut, 403: ErrorOut, 404: ErrorOut},
        summary="A selection: its list, its ground, and who has approved it",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return _selection_shown(request, public_id)


class SelectionApprove(APIView):
    @described(given.ProgrammeApproveIn, given.SelectionOut, "Approve the list at the stage that is next")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = _selection(request, public_id)
        approve(selection=found, by=request.user, at=timezone.now(), **read(request, given.ProgrammeApproveIn))
        return _selection_shown(request, public_id)


class SelectionSendBack(APIView):
    @described(given.SendBackIn, given.SelectionOut, "Send the list back with a reason")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = _selection(request, public_id)
        send_back(selection=found, by=request.user, at=timezone.now(), **read(request, given.SendBackIn))
        return _selection_shown(request, public_id)


class SelectionTakeBack(APIView):
    @described(
        given.ProgrammeTakeBackIn, given.SelectionOut, "Take a proposal back before it is published, with a reason"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = _selection(request, public_id)
        take_back(selection=found, by=request.user, at=timezone.now(), **read(request, given.ProgrammeTakeBackIn))
        return _selection_shown(request, public_id)


class SelectionPublish(APIView):
    @described(given.NothingIn, given.SelectionOut, "Publish what every stage approved: all at once, or nothing")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = _selection(request, public_id)
        read(request, given.NothingIn)
        publish(selection=found, by=request.user, at=timezone.now())
        return _selection_shown(request, public_id)


# --- panel members ----------------------------------------------------------------------------------------------------


class PanelList(APIView):
    @extend_schema(responses={200: given.SeatOut(many=True)}, summary="Panels that you are on, or asked to join")
    def get(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        return Response(given.SeatOut(my_panels(request.user), many=True).data)


def _seat(request: SignedInApiRequest, public_id: UUID) -> Panelist:
    return get_object_or_404(my_panels(request.user), public_id=public_id)


class PanelAnswer(APIView):
    @described(given.InvitationAnswerIn, given.SeatOut, "Say whether you join a panel")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        seat = _seat(request, public_id)
        body = read(request, given.InvitationAnswerIn)
        done = panel.answer_invitation(panelist=seat, by=request.user, at=timezone.now(), **body)
        return Response(given.SeatOut(done).data)


@extend_schema_view(
    get=extend_schema(summary="Applications to declare on and to score; what is to be done comes first")
)
class PanelApplications(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.ToScoreRow
    filter_backends = ()
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        refuse_unknown(self.request, (), paged=True)
        seat = _seat(self.request, self.kwargs["public_id"])
        return to_score(seat) if seat.state == PanelistState.ACCEPTED else Application.objects.none()


def _to_score(request: SignedInApiRequest, public_id: UUID, application: UUID) -> tuple[Panelist, Application]:
    seat = _seat(request, public_id)
    rows = to_score(seat) if seat.state == PanelistState.ACCEPTED else Application.objects.none()
    return seat, get_object_or_404(rows, public_id=application)


def _scored(request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
    seat, asked = _to_score(request, public_id, application)
    readable = Application.objects.readable_by_panel(request.user).filter(pk=asked.pk).exists()
    is_free = readable and not tie_with(request.user, asked.organization)
    score = seat.scores.filter(application=asked).first() if is_free else None
    asked.plan = asked.plan if is_free else None
    asked.points = score.points if score else None  # type: ignore[attr-defined]
    asked.handed_in_at = score.handed_in_at if score else None  # type: ignore[attr-defined]
    return Response(given.ToScoreOut(asked).data)


class PanelApplication(APIView):
    @extend_schema(
        responses={200: given.ToScoreOut, 404: ErrorOut},
        summary="One application for a panel member; its plan only once it is declared that there is no tie",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
        refuse_unknown(request, ())
        return _scored(request, public_id, application)


class PanelDeclare(APIView):
    @described(given.DeclarationIn, given.ToScoreOut, "Say once whether you have a tie to the applicant")
    def post(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
        seat, asked = _to_score(request, public_id, application)
        body = read(request, given.DeclarationIn)
        panel.declare(panelist=seat, application=asked, by=request.user, at=timezone.now(), **body)
        return _scored(request, public_id, application)


class PanelScore(APIView):
    @described(given.ScoreIn, given.ToScoreOut, "Keep points by criterion, or hand them in")
    def post(self, request: SignedInApiRequest, public_id: UUID, application: UUID) -> Response:
        seat, asked = _to_score(request, public_id, application)
        body = read(request, given.ScoreIn)
        panel.save_score(panelist=seat, application=asked, by=request.user, at=timezone.now(), **body)
        return _scored(request, public_id, application)


# --- objections and agreements ----------------------------------------------------------------------------------------


@extend_schema_view(get=extend_schema(summary="Objections for officers: open ones first, by the day of their answer"))
class OfficeObjections(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.ObjectionOut
    filter_backends = ()
    queryset = Objection.objects.none()

    def get_queryset(self) -> QuerySet[Objection]:
        if getattr(self, "swagger_fake_view", False):
            return Objection.objects.none()
        for_officers(self.request)
        refuse_unknown(self.request, (), paged=True)
        return objections_of(self.request.user)


class OfficeObjectionAnswer(APIView):
    @described(given.ObjectionAnswerIn, given.ObjectionOut, "Answer an objection")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        for_officers(request)
        found = get_object_or_404(objections_of(request.user), public_id=public_id)
        body = read(request, given.ObjectionAnswerIn)
        done = answer_objection(objection=found, by=request.user, at=timezone.now(), **body)
        return Response(given.ObjectionOut(done).data)


def _own(request: SignedInApiRequest, public_id: UUID) -> Application:
    rows = Application.objects.of_members(request.user).exclude(number=None).for_page()
    return get_object_or_404(rows, public_id=public_id)


def _decision(request: SignedInApiRequest, public_id: UUID) -> Response:
    application = _own(request, public_id)
    found = application.objections.select_related("application").order_by("pk")
    application._prefetched_objects_cache = {"objections": found}  # type: ignore[attr-defined]
    context = {"until": last_day_to_object(application)}
    return Response(given.DecisionOut(application, context=context).data)


class ApplicationDecision(APIView):
    @extend_schema(
        responses={200: given.DecisionOut, 404: ErrorOut}, summary="What was decided on your application, and why"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return _decision(request, public_id)


class ApplicationObject(APIView):
    @described(given.ProgrammeObjectionIn, given.DecisionOut, "Object to a refusal", keyed=True)
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        application = _own(request, public_id)
        body, key = read(request, given.ProgrammeObjectionIn), needed_key(request)
        raise_objection(application=application, key=key, by=request.user, at=timezone.now(), **body)
        return _decision(request, public_id)


class ObjectionWithdraw(APIView):
    @described(given.NothingIn, given.ObjectionOut, "Take an objection back")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        read(request, given.NothingIn)
        rows = Objection.objects.filter(application__in=Application.objects.of_members(request.user))
        found = get_object_or_404(rows.select_related("application__organization"), public_id=public_id)
        return Response(
            given.ObjectionOut(withdraw_objection(objection=found, by=request.user, at=timezone.now())).data
        )


def _agreement(request: SignedInApiRequest, public_id: UUID) -> Agreement:
    rows = Agreement.objects.visible_to(request.user).select_related("application")
    return get_object_or_404(rows, public_id=public_id)


class AgreementDetail(APIView):
    @extend_schema(
        responses={200: given.AgreementOut, 404: ErrorOut}, summary="An agreement, with the hash of its text"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(given.AgreementOut(_agreement(request, public_id)).data)


class AgreementSign(APIView):
    @described(given.ProgrammeSignIn, given.AgreementOut, "Sign the agreement whose text was read")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = _agreement(request, public_id)
        done = sign(agreement=found, by=request.user, at=timezone.now(), **read(request, given.ProgrammeSignIn))
        return Response(given.AgreementOut(done).data)
