from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.enums import OrganizationKind
from accounts.http import SignedInApiRequest
from accounts.models import Organization
from brokers.api.fee_serializers import EmptyIn
from brokers.api.fee_views import REFUSALS, allowed, named_version, organization_by_id, shares_by_id
from brokers.api.mandate_serializers import (
    MandateConsentIn,
    MandateDeclineIn,
    MandateEndIn,
    MandateIn,
    MandateOut,
    MandateRow,
    MandateShareIn,
)
from brokers.enums.mandates import OfferedBy
from brokers.filters.mandates import MandateFilter
from brokers.models import Mandate, MandateConsent
from brokers.queries.mandates import knows_who_asks
from brokers.services.mandates.answer import (
    accept,
    agree_to_share,
    answer_consent,
    decline,
    refuse_share,
    take_back,
)
from brokers.services.mandates.end import end
from brokers.services.mandates.offer import Offer, offer
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import PARAMETER, idempotency_key
from matching.models import Need
from tech_listings.models import Listing


def visible(request: SignedInApiRequest, public_id: UUID) -> Mandate:
    return get_object_or_404(Mandate.objects.visible_to(request.user).for_page(), public_id=public_id)


def shown(request: SignedInApiRequest, mandate: Mandate) -> Any:
    """As it is in the database now."""
    return MandateOut(visible(request, mandate.public_id), context={"user": request.user}).data


@extend_schema_view(get=extend_schema(summary="Mandates that your organizations gave or took, newest first"))
class MandateList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = MandateRow
    filterset_class = MandateFilter
    queryset = Mandate.objects.none()

    def get_queryset(self) -> QuerySet[Mandate]:
        if getattr(self, "swagger_fake_view", False):
            return Mandate.objects.none()
        return Mandate.objects.visible_to(self.request.user).for_list().with_brokers()

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"user": self.request.user}

    @extend_schema(
        request=MandateIn,
        responses={200: MandateOut, 201: MandateOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Offer a mandate, as client or as broker",
        description="201 for a new offer; 200 when the same one is open already.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, MandateIn)
        acting: Organization | None = getattr(request._request, "organization", None)
        if acting is None:
            raise PermissionDenied
        other = organization_by_id(given["other"], "other")
        by_broker = acting.kind == OrganizationKind.BROKER
        made = offer(
            broker=acting if by_broker else other,
            client=other if by_broker else acting,
            offered_by=OfferedBy.BROKER if by_broker else OfferedBy.CLIENT,
            offer=_offer(request, given, acting),
            seen=named_version(given.get("schedule")),
            by=request.user,
            at=timezone.now(),
            key=idempotency_key(request),
        )
        code = status.HTTP_201_CREATED if made.is_new else status.HTTP_200_OK
        return Response(shown(request, made.mandate), status=code)


def _offer(request: SignedInApiRequest, given: dict[str, Any], acting: Organization) -> Offer:
    names = ("starts_on", "ends_on", "is_exclusive", "fee_bp")
    return Offer(
        listings=_listings(given.get("listings") or []),
        need=_need(request, given.get("need"), acting),
        shares=shares_by_id(given.get("brokers") or []),
        tail_months=given.get("tail_months"),
        terms=given.get("terms", ""),
        conflict=given.get("conflict", ""),
        **{name: given[name] for name in names},
    )


def _listings(numbers: list[str]) -> tuple[Listing, ...]:
    found = {listing.number: listing for listing in Listing.objects.published().filter(number__in=numbers)}
    for number in numbers:
        if number not in found:
            raise DomainError(_("No public technology has the number %(n)s.") % {"n": number}, field="listings")
    return tuple(found[number] for number in dict.fromkeys(numbers))


def _need(request: SignedInApiRequest, public_id: UUID | None, acting: Organization) -> Need | None:
    if public_id is None:
        return None
    need = Need.objects.shown_to(request.user).filter(public_id=public_id).first()
    if need is None or not (need.organization_id == acting.pk or knows_who_asks(acting, need)):
        raise DomainError(_("There is no need with this id that says who asks."), field="need")
    return need


class MandateDetail(APIView):
    @extend_schema(responses={200: MandateOut, 404: ErrorOut}, summary="One mandate with its brokers and history")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))


class MandateAccept(APIView):
    @extend_schema(
        request=EmptyIn, responses={200: MandateOut, **REFUSALS}, summary="Accept what the other side offers"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        mandate = visible(request, public_id)
        allowed(request, "brokers.answer_mandate", mandate)
        read(request, EmptyIn)
        return Response(shown(request, accept(mandate=mandate, by=request.user, at=timezone.now())))


class MandateDecline(APIView):
    @extend_schema(
        request=MandateDeclineIn, responses={200: MandateOut, **REFUSALS}, summary="Decline what the other side offers"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        mandate = visible(request, public_id)
        allowed(request, "brokers.answer_mandate", mandate)
        given = read(request, MandateDeclineIn)
        return Response(shown(request, decline(mandate=mandate, by=request.user, at=timezone.now(), **given)))


class MandateTakeBack(APIView):
    @extend_schema(request=EmptyIn, responses={200: MandateOut, **REFUSALS}, summary="Take back what you offered")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        mandate = visible(request, public_id)
        allowed(request, "brokers.take_back_mandate", mandate)
        read(request, EmptyIn)
        return Response(shown(request, take_back(mandate=mandate, by=request.user, at=timezone.now())))


class MandateShare(APIView):
    @extend_schema(
        request=MandateShareIn,
        responses={200: MandateOut, **REFUSALS},
        summary="Agree to your share as a fellow broker, or refuse it",
        description="A refusal needs a text, and declines the whole offer.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        mandate = visible(request, public_id)
        allowed(request, "brokers.answer_share", mandate)
        given = read(request, MandateShareIn)
        if given["agree"]:
            agree_to_share(mandate=mandate, by=request.user, at=timezone.now())
        else:
            refuse_share(mandate=mandate, text=given.get("text", ""), by=request.user, at=timezone.now())
        return Response(shown(request, mandate))


class MandateConsentAnswer(APIView):
    @extend_schema(
        request=MandateConsentIn,
        responses={200: MandateOut, **REFUSALS},
        summary="Say as a client whether your broker may act for the other side, too",
        description="Answers with your own mandate.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = MandateConsent.objects.visible_to(request.user).for_list()
        asked = get_object_or_404(rows, public_id=public_id)
        allowed(request, "brokers.answer_consent", asked)
        given = read(request, MandateConsentIn)
        answer_consent(consent=asked, by=request.user, at=timezone.now(), **given)
        return Response(shown(request, asked.other))


class MandateEnd(APIView):
    @extend_schema(
        request=MandateEndIn, responses={200: MandateOut, **REFUSALS}, summary="End a mandate before its term is over"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        mandate = visible(request, public_id)
        allowed(request, "brokers.end_mandate", mandate)
        given = read(request, MandateEndIn)
        return Response(shown(request, end(mandate=mandate, by=request.user, at=timezone.now(), **given)))
