from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from brokers import fees
from brokers.api.fee_serializers import (
    BandDecisionIn,
    BandReasonIn,
    CalculationIn,
    CalculationOut,
    EmptyIn,
    QuoteIn,
    QuoteOut,
    QuoteRow,
    ScheduleOut,
    ScheduleRow,
    calculation_out,
)
from brokers.filters.fees import QuoteFilter
from brokers.models import FeeSchedule, Mandate, Quote
from brokers.queries.fees import band_request_of
from brokers.services.fees.accept_quote import accept_quote, decline_quote, take_back_quote
from brokers.services.fees.outside_band import ask_outside_band, decide_outside_band
from brokers.services.fees.quote_fee import quote_fee
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.idempotency import PARAMETER, idempotency_key

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


class NoGuideline(Conflict):
    code = "no_guideline"


def in_force_today() -> FeeSchedule | None:
    return FeeSchedule.objects.in_force_on(timezone.localdate()).with_tiers().first()


@extend_schema_view(get=extend_schema(summary="Versions of the fee guideline, and tables to compare them with"))
class ScheduleList(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = ScheduleRow
    filter_backends = ()
    queryset = FeeSchedule.objects.none()

    def get_queryset(self) -> QuerySet[FeeSchedule]:
        if getattr(self, "swagger_fake_view", False):
            return FeeSchedule.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return FeeSchedule.objects.visible_to(self.request.user).for_list()

    def get_serializer_context(self) -> dict[str, Any]:
        found = in_force_today()
        return super().get_serializer_context() | {"in_force": found.pk if found else None}


class ScheduleDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses={200: ScheduleOut, 404: ErrorOut}, summary="One version with its table of rates")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        rows = FeeSchedule.objects.visible_to(request.user).with_tiers()
        schedule = get_object_or_404(rows, public_id=public_id)
        found = in_force_today()
        return Response(ScheduleOut(schedule, context={"in_force": found.pk if found else None}).data)


class FeeQuote(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        request=CalculationIn,
        responses={200: CalculationOut, 400: ErrorOut, 409: ErrorOut},
        summary="Compute a fee line by line; nothing is stored",
        description="409 where no version is named and none is in force.",
    )
    def post(self, request: Request) -> Response:
        given = read(request, CalculationIn)
        schedule = self._schedule(given.get("schedule"))
        shares = {str(place): bp for place, bp in enumerate(given.get("shares_bp") or [], start=1)}
        try:
            made = fees.quote(
                schedule.plan, value_won=given["value_won"], fee_won=given.get("fee_won"), brokers=shares or None
            )
        except DomainError as error:
            if error.field == "brokers":
                error.field = "shares_bp"
            raise
        return Response(calculation_out(schedule, made))

    def _schedule(self, public_id: UUID | None) -> FeeSchedule:
        if public_id is None:
            found = in_force_today()
            if found is None:
                raise NoGuideline(_("No fee guideline is in force. Name a version."), field="schedule")
            return found
        named = FeeSchedule.objects.computable().with_tiers().filter(public_id=public_id).first()
        if named is None:
            raise DomainError(_("There is no published version with this id."), field="schedule")
        return named


def visible(request: SignedInApiRequest, public_id: UUID) -> Quote:
    return get_object_or_404(Quote.objects.visible_to(request.user).for_page(), public_id=public_id)


def shown(request: SignedInApiRequest, quote: Quote) -> Any:
    """As it is in the database now."""
    return QuoteOut(visible(request, quote.public_id)).data


def allowed(request: SignedInApiRequest, permission: str, thing: Any) -> None:
    if thing is None or not request.user.has_perm(permission, thing):
        raise PermissionDenied


@extend_schema_view(get=extend_schema(summary="Quotes that your organizations made or received, newest first"))
class QuoteList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = QuoteRow
    filterset_class = QuoteFilter
    queryset = Quote.objects.none()

    def get_queryset(self) -> QuerySet[Quote]:
        if getattr(self, "swagger_fake_view", False):
            return Quote.objects.none()
        return Quote.objects.visible_to(self.request.user).for_list()

    @extend_schema(
        request=QuoteIn,
        responses={200: QuoteOut, 201: QuoteOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Quote a fee to a client",
        description="201 for a new quote; 200 when the same quote is open already.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, QuoteIn)
        broker: Organization | None = getattr(request._request, "organization", None)
        if broker is None:
            raise PermissionDenied
        made = quote_fee(
            broker=broker,
            client=organization_by_id(given["client"], "client"),
            subject=given["subject"],
            value_won=given["value_won"],
            fee_won=given.get("fee_won"),
            shares=shares_by_id(given.get("brokers") or []),
            mandate=_mandate(request, given.get("mandate")),
            seen=named_version(given.get("schedule")),
            by=request.user,
            at=timezone.now(),
            key=idempotency_key(request),
        )
        code = status.HTTP_201_CREATED if made.is_new else status.HTTP_200_OK
        return Response(shown(request, made.quote), status=code)


def organization_by_id(public_id: UUID, field: str) -> Organization:
    found = Organization.objects.filter(public_id=public_id).first()
    if found is None:
        raise DomainError(_("There is no organization with this id."), field=field)
    return found


def _mandate(request: SignedInApiRequest, public_id: UUID | None) -> Mandate | None:
    if public_id is None:
        return None
    found = Mandate.objects.visible_to(request.user).filter(public_id=public_id).first()
    if found is None:
        raise DomainError(_("There is no mandate with this id."), field="mandate")
    return found


def named_version(public_id: UUID | None) -> FeeSchedule | None:
    if public_id is None:
        return None
    found = FeeSchedule.objects.computable().filter(public_id=public_id).first()
    if found is None:
        raise DomainError(_("There is no published version with this id."), field="schedule")
    return found


def shares_by_id(given: list[dict[str, Any]]) -> dict[Organization, int]:
    shares: dict[Organization, int] = {}
    for row in given:
        organization = organization_by_id(row["organization"], "brokers")
        if organization in shares:
            raise DomainError(_("A broker stands here twice."), field="brokers")
        shares[organization] = row["share_bp"]
    return shares


class QuoteDetail(APIView):
    @extend_schema(responses={200: QuoteOut, 404: ErrorOut}, summary="One quote, line by line")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))


class QuoteAccept(APIView):
    @extend_schema(request=EmptyIn, responses={200: QuoteOut, **REFUSALS}, summary="Accept the fee as the client")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        quote = visible(request, public_id)
        allowed(request, "brokers.accept_quote", quote)
        read(request, EmptyIn)
        return Response(shown(request, accept_quote(quote=quote, by=request.user, at=timezone.now())))


class QuoteDecline(APIView):
    @extend_schema(request=EmptyIn, responses={200: QuoteOut, **REFUSALS}, summary="Decline the fee as the client")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        quote = visible(request, public_id)
        allowed(request, "brokers.accept_quote", quote)
        read(request, EmptyIn)
        return Response(shown(request, decline_quote(quote=quote, by=request.user, at=timezone.now())))


class QuoteTakeBack(APIView):
    @extend_schema(request=EmptyIn, responses={200: QuoteOut, **REFUSALS}, summary="Take the quote back as the broker")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        quote = visible(request, public_id)
        allowed(request, "brokers.take_back_quote", quote)
        read(request, EmptyIn)
        return Response(shown(request, take_back_quote(quote=quote, by=request.user, at=timezone.now())))


class QuoteAsk(APIView):
    @extend_schema(
        request=BandReasonIn, responses={200: QuoteOut, **REFUSALS}, summary="Say why the fee lies outside the band"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        quote = visible(request, public_id)
        allowed(request, "brokers.ask_outside_band", quote)
        given = read(request, BandReasonIn)
        ask_outside_band(quote=quote, by=request.user, at=timezone.now(), **given)
        return Response(shown(request, quote))


class QuoteDecide(APIView):
    @extend_schema(
        request=BandDecisionIn,
        responses={200: QuoteOut, **REFUSALS},
        summary="Decide on a fee outside the band, as officer",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        quote = visible(request, public_id)
        asked = band_request_of(quote)
        allowed(request, "brokers.decide_outside_band", asked)
        assert asked is not None
        given = read(request, BandDecisionIn)
        decide_outside_band(request=asked, by=request.user, at=timezone.now(), **given)
        return Response(shown(request, quote))
