"""What officers check, for programs: the queue of a call, one application, many together."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from programmes.api import review_serializers as given
from programmes.api.review_acting import answered, call_of, described, for_officers
from programmes.filters.review import QueueApiFilter
from programmes.models import Application, Call
from programmes.queries.review import office_page, queue
from programmes.queries.ties import tie_with
from programmes.services.review import check


@extend_schema_view(get=extend_schema(summary="What was submitted under a call, by its deadline, for officers"))
class ReviewQueue(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = given.ReviewRow
    filterset_class = QueueApiFilter
    queryset = Application.objects.none()

    def get_queryset(self) -> QuerySet[Application]:
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        return queue(call_of(self.request, self.kwargs["number"]), self.request.user)


class ReviewBatch(APIView):
    @described(given.BatchIn, given.BatchOut, "Decide on many applications, each by itself; first as a dry run")
    def post(self, request: SignedInApiRequest, number: str) -> Response:
        call = call_of(request, number)
        body = read(request, given.BatchIn)
        return answered(request, body, lambda: self._rows(request, call, body))

    def _rows(self, request: SignedInApiRequest, call: Call, body: dict[str, Any]) -> Any:
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
        return given.BatchOut({"is_done": not body["dry_run"], "results": rows}).data


def _application(request: SignedInApiRequest, public_id: UUID) -> Application:
    for_officers(request)
    return get_object_or_404(office_page(request.user), public_id=public_id)


def _shown(request: SignedInApiRequest, public_id: UUID) -> Any:
    application = _application(request, public_id)
    tie = tie_with(request.user, application.organization)
    flags, steps = application.flags.all(), application.steps.all()
    rows = {
        "flags": (flags.none() if tie else flags).select_related("other").order_by("pk"),
        "steps": (steps.none() if tie else steps).select_related("by").order_by("at", "pk"),
    }
    for name, found in rows.items():
        application._prefetched_objects_cache = getattr(application, "_prefetched_objects_cache", {}) | {name: found}  # type: ignore[attr-defined]
    return given.ReviewApplicationOut(application, context={"tie": tie}).data


class ReviewApplication(APIView):
    @extend_schema(
        responses={200: given.ReviewApplicationOut, 403: ErrorOut, 404: ErrorOut},
        summary="One application for officers: what was submitted, what the check found, what happened",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(_shown(request, public_id))


class ReviewAct(APIView):
    body: ClassVar[type[Any]]
    service: ClassVar[Callable[..., Any]]

    def act(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        application, body = _application(request, public_id), read(request, self.body)

        def act() -> Any:
            type(self).service(application=application, by=request.user, at=timezone.now(), **body)
            return _shown(request, public_id)

        return answered(request, body, act)


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
        body = read(request, given.FlagIn)

        def act() -> Any:
            check.clear_flag(flag=found, by=request.user, at=timezone.now(), **body)
            return _shown(request, public_id)

        return answered(request, body, act)
