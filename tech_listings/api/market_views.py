from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.roles import Permission
from marketplace.core.api import refuse_unknown
from marketplace.core.idempotency import OFFERED, idempotency_key
from tech_listings.api.market_serializers import (
    CloseIn,
    ConfirmedOut,
    ConfirmIn,
    GroundIn,
    GroundOut,
    MyExclusivityOut,
    TermIn,
    TermOut,
    ToConfirmRow,
    WithoutRightIn,
)
from tech_listings.api.serializers import MyListingOut
from tech_listings.api.views import mine, own_listing, own_organization
from tech_listings.filters import ToConfirmFilter
from tech_listings.models import Listing
from tech_listings.services.confirm import confirm_listings
from tech_listings.services.exclusivity import record_ground, record_term
from tech_listings.services.lapse import offer_without_right
from tech_listings.services.market import close


def _read(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


@extend_schema_view(
    get=extend_schema(summary="Technologies to confirm, the longest unconfirmed first"),
    post=extend_schema(request=ConfirmIn, responses={200: ConfirmedOut}, summary="Confirm that they are available"),
)
class MyListingsToConfirm(generics.ListAPIView):
    serializer_class = ToConfirmRow
    filterset_class = ToConfirmFilter
    queryset = Listing.objects.none()

    def get_queryset(self) -> QuerySet[Listing]:
        if getattr(self, "swagger_fake_view", False):
            return Listing.objects.none()
        organization = own_organization(self.request, Permission.PUBLISH_LISTINGS)
        return Listing.objects.held_by(organization).select_related("holder")

    def post(self, request: SignedInApiRequest) -> Response:
        holder = own_organization(request, Permission.PUBLISH_LISTINGS)
        given = _read(ConfirmIn, request)
        rows = self.filter_queryset(self.get_queryset()) if given["all"] else Listing.objects.held_by(holder)
        if not given["all"]:
            rows = rows.filter(public_id__in=given["ids"])
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        done = confirm_listings(holder=holder, listing_ids=ids, by=request.user, at=timezone.now())
        missing = 0 if given["all"] else len(set(given["ids"])) - len(ids)
        return Response(ConfirmedOut(done._replace(left=done.left + missing)._asdict()).data)


class MyListingClose(APIView):
    @extend_schema(request=CloseIn, responses={200: MyListingOut})
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """Say how the offer ended, for good. 409 `exclusive_ground_needed` where it may not be exclusive."""
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        given = _read(CloseIn, request)
        seen = given.pop("revision", None)
        closed = close(listing=listing, seen_revision=seen, by=request.user, at=timezone.now(), **given)
        return Response(mine(request, closed))


class MyListingWithoutRight(APIView):
    @extend_schema(request=WithoutRightIn, responses={200: MyListingOut})
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """Offer what is left without the right that lapsed."""
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        given = _read(WithoutRightIn, request)
        seen = given.pop("revision", None)
        back = offer_without_right(listing=listing, seen_revision=seen, by=request.user, at=timezone.now(), **given)
        return Response(mine(request, back))


class MyListingExclusivity(APIView):
    @extend_schema(responses={200: MyExclusivityOut})
    def get(self, request: Request, reference: str) -> Response:
        """When somebody asked for a non-exclusive licence, what was decided, and the grounds on record."""
        refuse_unknown(request, ())
        listing = own_listing(request, reference, Permission.VIEW_ORGANIZATION)
        return Response(MyExclusivityOut(listing).data)


class MyListingTerm(APIView):
    @extend_schema(request=TermIn, responses={201: TermOut}, parameters=[OFFERED])
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """Record that the head of the institute decided on 6 to 12 months."""
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        given, key = _read(TermIn, request), idempotency_key(request)
        term = record_term(listing=listing, by=request.user, at=timezone.now(), public_id=key, **given)
        return Response(TermOut(term).data, status=status.HTTP_201_CREATED)


class MyListingGround(APIView):
    @extend_schema(request=GroundIn, responses={201: GroundOut}, parameters=[OFFERED])
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """Record a ground that allows an exclusive licence before the period has passed."""
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        given, key = _read(GroundIn, request), idempotency_key(request)
        ground = record_ground(listing=listing, by=request.user, at=timezone.now(), public_id=key, **given)
        return Response(GroundOut(ground).data, status=status.HTTP_201_CREATED)
