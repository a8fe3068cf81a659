"""What waits for officers, for their programs: the queue, one case, and the decisions. The services are the page's."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import User
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.serializers import DayField, StrictSerializer
from tech_listings.api.serializers import ListingOut, ListingRow
from tech_listings.enums import Decision, FindingKind, Severity, SuspendedFor
from tech_listings.filters import ReviewFilter
from tech_listings.models import Finding, Listing
from tech_listings.queries import find_visible, not_looked_at, suspended, waiting_for_officers
from tech_listings.services.approve_many import Choice, approve_many
from tech_listings.services.market import resume, suspend
from tech_listings.services.review import LONGEST_NOTE, approve, exempt_listing, return_listing

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}
QUEUES = {"before": waiting_for_officers, "after": not_looked_at, "suspended": suspended}
MOST_AT_ONCE = 200


class QueueFilter(ReviewFilter):
    tab = django_filters.ChoiceFilter(
        label=_("Queue"), method="by_tab", choices=[(name, name) for name in QUEUES], empty_label=None
    )

    def by_tab(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return rows  # the view has begun with it


class FindingOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=FindingKind.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    text = serializers.CharField()
    other = serializers.SerializerMethodField()

    def get_other(self, finding: Finding) -> str | None:
        """Reference of the technology that it is about."""
        return finding.other.reference if finding.other else None


class SubmissionOut(serializers.Serializer):
    serial = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()
    decision = serializers.ChoiceField(choices=Decision.choices, allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    marks = serializers.DictField(child=serializers.CharField())
    findings = FindingOut(many=True)


class QueueRow(ListingRow):
    revision = serializers.IntegerField()
    sent_at = serializers.DateTimeField(allow_null=True, default=None)
    warnings = serializers.IntegerField(default=0)


class CaseOut(ListingOut):
    """As an officer reads it: without the confidential part, with every submission, newest first."""

    revision = serializers.IntegerField()
    submissions = serializers.SerializerMethodField()

    @extend_schema(responses=SubmissionOut(many=True))
    def get_submissions(self, listing: Listing) -> list[dict[str, Any]]:
        rows = listing.submissions.prefetch_related("findings__other").order_by("-serial")
        return cast(list[dict[str, Any]], SubmissionOut(rows, many=True).data)


class ReviewApproveIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, help_text="The revision you read. 409 if there is a newer one.")


class ReviewReturnIn(ReviewApproveIn):
    marks = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_NOTE), required=False, default=dict,
        help_text="Name of the field, or `rights`: what is to be done about it.",
    )  # fmt: skip
    note = serializers.CharField(max_length=2_000, required=False, allow_blank=True, default="")


class ReviewExemptIn(ReviewApproveIn):
    until = DayField(help_text="The last day on which it is not disclosed.")
    reason = serializers.CharField(max_length=LONGEST_NOTE, help_text="The holder reads it.")


class ReviewSuspendIn(ReviewApproveIn):
    why = serializers.ChoiceField(choices=SuspendedFor.choices)
    text = serializers.CharField(max_length=300, help_text="What the holder has to do.")


class ChoiceIn(StrictSerializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField(min_value=1)


class ReviewBatchIn(StrictSerializer):
    choices = ChoiceIn(many=True, max_length=MOST_AT_ONCE, allow_empty=False)  # type: ignore[call-arg]


class LeftOutOut(serializers.Serializer):
    id = serializers.UUIDField()
    why = serializers.CharField()


class ReviewBatchOut(serializers.Serializer):
    registered = ListingRow(many=True)
    left_out = LeftOutOut(many=True)


def officer_of(request: Request) -> User:
    """Who asks, where an officer's role includes this; 403 otherwise."""
    if not request.user.has_perm("tech_listings.review"):
        raise PermissionDenied
    return cast(User, request.user)


def _case(request: Request, reference: str) -> Listing:
    officer_of(request)
    return find_visible(request.user, reference)


@extend_schema_view(get=extend_schema(summary="What waits for officers: before publication, after it, or suspended"))
class ReviewQueue(generics.ListAPIView):
    serializer_class = QueueRow
    filterset_class = QueueFilter
    queryset = Listing.objects.none()

    def get_queryset(self) -> QuerySet[Listing]:
        if getattr(self, "swagger_fake_view", False):
            return Listing.objects.none()
        officer_of(self.request)
        return QUEUES.get(self.request.query_params.get("tab", ""), waiting_for_officers)()


class ReviewCase(APIView):
    @extend_schema(responses={200: CaseOut}, summary="A technology as an officer reads it")
    def get(self, request: Request, reference: str) -> Response:
        refuse_unknown(request, ())
        return Response(CaseOut(_case(request, reference)).data)


class ReviewApprove(APIView):
    @extend_schema(request=ReviewApproveIn, responses={200: CaseOut, **REFUSALS}, summary="Register a technology")
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        listing, data = _case(request, reference), ReviewApproveIn(data=request.data)
        data.is_valid(raise_exception=True)
        seen = data.validated_data["revision"]
        done = approve(listing=listing, seen_revision=seen, by=request.user, at=timezone.now())
        return Response(CaseOut(done).data)


class ReviewReturn(APIView):
    @extend_schema(request=ReviewReturnIn, responses={200: CaseOut, **REFUSALS}, summary="Return it for completion")
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        listing, data = _case(request, reference), ReviewReturnIn(data=request.data)
        data.is_valid(raise_exception=True)
        sent = data.validated_data
        done = return_listing(
            listing=listing, marks=sent["marks"], note=sent["note"], seen_revision=sent["revision"],
            by=request.user, at=timezone.now(),
        )  # fmt: skip
        return Response(CaseOut(done).data)


class ReviewExempt(APIView):
    @extend_schema(request=ReviewExemptIn, responses={200: CaseOut, **REFUSALS}, summary="Keep it from the public")
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        listing, data = _case(request, reference), ReviewExemptIn(data=request.data)
        return _done(data, exempt_listing, listing, request)


class ReviewSuspend(APIView):
    @extend_schema(request=ReviewSuspendIn, responses={200: CaseOut, **REFUSALS}, summary="Take it off the market")
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        listing, data = _case(request, reference), ReviewSuspendIn(data=request.data)
        return _done(data, suspend, listing, request)


class ReviewResume(APIView):
    @extend_schema(request=ReviewApproveIn, responses={200: CaseOut, **REFUSALS}, summary="Put it back on the market")
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        listing, data = _case(request, reference), ReviewApproveIn(data=request.data)
        return _done(data, resume, listing, request)


def _done(
    data: StrictSerializer, service: Callable[..., Listing], listing: Listing, request: SignedInApiRequest
) -> Response:
    """The case after a decision whose service takes what was sent."""
    data.is_valid(raise_exception=True)
    given = dict(data.validated_data)
    seen = given.pop("revision")
    done = service(listing=listing, seen_revision=seen, by=request.user, at=timezone.now(), **given)
    return Response(CaseOut(done).data)


class ReviewBatch(APIView):
    @extend_schema(
        request=ReviewBatchIn, responses={200: ReviewBatchOut, **REFUSALS}, summary="Register many technologies"
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """What has changed since it was read is left out, and said why. Each institute is told once."""
        officer = officer_of(request)
        data = ReviewBatchIn(data=request.data)
        data.is_valid(raise_exception=True)
        seen: dict[UUID, int] = {each["id"]: each["revision"] for each in data.validated_data["choices"]}
        rows = Listing.objects.visible_to(officer).filter(public_id__in=seen).select_related("holder").order_by("pk")
        choices = [Choice(listing, seen[listing.public_id]) for listing in rows]
        there = {choice.listing.public_id for choice in choices}
        outcome = approve_many(choices=choices, by=officer, at=timezone.now())
        left = [{"id": each.listing.public_id, "why": each.why} for each in outcome.left_out]
        left += [{"id": public_id, "why": str(_("There is none."))} for public_id in seen if public_id not in there]
        return Response(ReviewBatchOut({"registered": outcome.done, "left_out": left}).data)
