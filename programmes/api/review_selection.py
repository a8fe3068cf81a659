"""The ranking of a call and its selections, for programs of officers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import needed_key
from programmes.api import review_serializers as given
from programmes.api.review_acting import answered, call_of, described, for_officers
from programmes.forms.review import WhatIfForm
from programmes.models import Selection, SelectionLine
from programmes.queries.ranking import ground_of, ranking_of
from programmes.queries.review import lines_shown, own_lines, progress_of
from programmes.scheme import Scheme
from programmes.services.review.approve import approve, send_back, take_back
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish, publish_again

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
        own = own_lines(call, request.user)
        lines = [line for line in ranking_of(call, scheme, timezone.now(), ground) if line.candidate.pk not in own]
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
        return Response(_selection_shown(request, made.public_id))


def _selection(request: SignedInApiRequest, public_id: UUID) -> Selection:
    for_officers(request)
    rows = Selection.objects.visible_to(request.user).select_related("call__office", "proposed_by")
    return get_object_or_404(rows, public_id=public_id)


def _selection_shown(request: SignedInApiRequest, public_id: UUID) -> Any:
    found = _selection(request, public_id)
    lines = lines_shown(found, request.user)
    approvals = found.approvals.select_related("by").order_by("position")
    found._prefetched_objects_cache = {"lines": lines, "approvals": approvals}  # type: ignore[attr-defined]
    return given.SelectionOut(found, context={"progress": progress_of(found)}).data


class SelectionDetail(APIView):
    @extend_schema(
        responses={200: given.SelectionOut, 403: ErrorOut, 404: ErrorOut},
        summary="A selection: its list, its ground, and who has approved it",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(_selection_shown(request, public_id))


@extend_schema_view(get=extend_schema(summary="The list of a selection page by page, by rank"))
class SelectionLines(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.SelectionLineOut
    filter_backends = ()
    queryset = SelectionLine.objects.none()

    def get_queryset(self) -> QuerySet[SelectionLine]:
        if getattr(self, "swagger_fake_view", False):
            return SelectionLine.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return lines_shown(_selection(self.request, self.kwargs["public_id"]), self.request.user)


class SelectionAct(APIView):
    body: ClassVar[type[Any]] = given.NothingIn
    service: ClassVar[Callable[..., Any]]

    def act(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found, body = _selection(request, public_id), read(request, self.body)

        def act() -> Any:
            type(self).service(selection=found, by=request.user, at=timezone.now(), **body)
            return _selection_shown(request, public_id)

        return answered(request, body, act)


class SelectionApprove(SelectionAct):
    body, service = given.ProgrammeApproveIn, staticmethod(approve)

    @described(given.ProgrammeApproveIn, given.SelectionOut, "Approve the list at the stage that is next")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class SelectionSendBack(SelectionAct):
    body, service = given.SendBackIn, staticmethod(send_back)

    @described(given.SendBackIn, given.SelectionOut, "Send the list back with a reason")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class SelectionTakeBack(SelectionAct):
    body, service = given.ProgrammeTakeBackIn, staticmethod(take_back)

    @described(
        given.ProgrammeTakeBackIn, given.SelectionOut, "Take a proposal back before it is published, with a reason"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class SelectionPublish(SelectionAct):
    service = staticmethod(publish)

    @described(
        given.NothingIn, given.SelectionOut,
        "Begin to publish what every stage approved; ask for the selection to see how far it is",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class SelectionGoOn(SelectionAct):
    service = staticmethod(publish_again)

    @described(given.NothingIn, given.SelectionOut, "Go on publishing, once what it stopped for is put right")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)
