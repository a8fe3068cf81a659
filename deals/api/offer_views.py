from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from brokers.api.fee_views import REFUSALS, allowed
from deals.api.negotiation_serializers import (
    NegotiationOfferIn,
    OfferAcceptIn,
    OfferDeclineIn,
    OfferOut,
    OfferWithdrawIn,
)
from deals.api.negotiation_views import visible
from deals.models import Offer
from deals.services.offers.accept import accept
from deals.services.offers.answer import decline, withdraw
from deals.services.offers.make import OfferContent, OptionContent, make_offer
from deals.terms import Terms
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import PARAMETER, idempotency_key


def visible_offer(request: SignedInApiRequest, public_id: UUID, offer_id: UUID) -> Offer:
    rows = Offer.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows, public_id=offer_id, negotiation__public_id=public_id)


def shown(offer: Offer) -> Any:
    """As it is in the database now."""
    return OfferOut(Offer.objects.for_page().get(pk=offer.pk)).data


class OfferList(APIView):
    @extend_schema(
        request=NegotiationOfferIn,
        responses={200: OfferOut, 201: OfferOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Make an offer, or answer one with a counter-offer",
        description="An institute offers at least two ways to pay, one of them running, or says why not.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        negotiation = visible(request, public_id)
        allowed(request, "deals.speak", negotiation)
        given = read(request, NegotiationOfferIn)
        answered = given.pop("counter_to", None)
        counter_to = negotiation.offers.filter(public_id=answered).first() if answered else None
        if answered and counter_to is None:
            raise DomainError(_("There is no offer with this id."), field="counter_to")
        made = make_offer(
            negotiation=negotiation,
            content=OfferContent(**given | {"options": _options(given["options"])}),
            counter_to=counter_to,
            by=request.user,
            at=timezone.now(),
            key=idempotency_key(request),
        )
        code = status.HTTP_201_CREATED if made.is_new else status.HTTP_200_OK
        return Response(shown(made.offer), status=code)


def _options(rows: list[dict[str, Any]]) -> list[OptionContent]:
    """Raises `DomainError` naming the row and the field in it."""
    found = []
    for place, row in enumerate(rows):
        try:
            found.append(OptionContent(Terms.from_json(row["terms"]), row["title"]))
        except DomainError as error:
            raise DomainError(str(error), field=f"options.{place}.{error.field or 'terms'}") from None
    return found


class OfferDetail(APIView):
    @extend_schema(responses={200: OfferOut, 404: ErrorOut}, summary="One offer with its ways to pay")
    def get(self, request: SignedInApiRequest, public_id: UUID, offer_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(OfferOut(visible_offer(request, public_id, offer_id)).data)


class OfferAccept(APIView):
    @extend_schema(
        request=OfferAcceptIn, responses={200: OfferOut, **REFUSALS}, summary="Accept one way to pay, as a manager"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID, offer_id: UUID) -> Response:
        offer = visible_offer(request, public_id, offer_id)
        allowed(request, "deals.accept_offer", offer)
        given = read(request, OfferAcceptIn)
        option = offer.options.filter(public_id=given["option"]).first()
        if option is None:
            raise DomainError(_("Choose one of the ways to pay of this offer."), field="option")
        return Response(
            shown(accept(offer=offer, option=option, text=given["text"], by=request.user, at=timezone.now()))
        )


class OfferDecline(APIView):
    @extend_schema(request=OfferDeclineIn, responses={200: OfferOut, **REFUSALS}, summary="Decline an offer")
    def post(self, request: SignedInApiRequest, public_id: UUID, offer_id: UUID) -> Response:
        offer = visible_offer(request, public_id, offer_id)
        allowed(request, "deals.decline_offer", offer)
        given = read(request, OfferDeclineIn)
        return Response(shown(decline(offer=offer, by=request.user, at=timezone.now(), **given)))


class OfferWithdraw(APIView):
    @extend_schema(request=OfferWithdrawIn, responses={200: OfferOut, **REFUSALS}, summary="Withdraw your offer")
    def post(self, request: SignedInApiRequest, public_id: UUID, offer_id: UUID) -> Response:
        offer = visible_offer(request, public_id, offer_id)
        allowed(request, "deals.withdraw_offer", offer)
        given = read(request, OfferWithdrawIn)
        return Response(shown(withdraw(offer=offer, by=request.user, at=timezone.now(), **given)))
