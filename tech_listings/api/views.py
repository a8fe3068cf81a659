from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from accounts.roles import Permission, has_permission
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.idempotency import PARAMETER, idempotency_key
from marketplace.core.ids import uuid7
from marketplace.core.replica import on_replica
from tech_listings.api.serializers import (
    ListingIn,
    ListingOut,
    ListingPatchIn,
    ListingRow,
    MyListingOut,
    MyListingRow,
    SeenIn,
    WithdrawIn,
)
from tech_listings.events import confidential_text_shown
from tech_listings.filters import ListingFilter, MyListingFilter
from tech_listings.models import Listing
from tech_listings.queries import find_shown, find_visible
from tech_listings.results import search
from tech_listings.services.edit import create_draft, edit_listing
from tech_listings.services.publish import discard, withdraw
from tech_listings.services.submission import submit, take_back


class ListingList(generics.ListAPIView):
    """Published technologies: with `q` the best match first, else the newest. The parameters are those of the page."""

    permission_classes = [AllowAny]
    serializer_class = ListingRow
    filterset_class = ListingFilter
    queryset = Listing.objects.none()

    def get_queryset(self) -> QuerySet[Listing]:
        return on_replica(Listing.objects.published()).for_list()

    def filter_queryset(self, queryset: Any) -> Any:
        super().filter_queryset(queryset)  # refuses what cannot be read
        return search(self.request.query_params).rows


@extend_schema(responses={200: ListingOut, 404: ErrorOut, 410: ErrorOut})
class ListingDetail(APIView):
    """A technology by its number or its id. 410 `no_longer_offered` for what was published once."""

    permission_classes = [AllowAny]

    def get(self, request: Request, reference: str) -> Response:
        refuse_unknown(request, ())
        return Response(ListingOut(find_shown(request.user, reference)).data)


def own_organization(request: Request, permission: Permission) -> Organization:
    """The organization the request acts for; 403 where there is none or the role does not include this."""
    organization = getattr(request._request, "organization", None)
    if not has_permission(request.user, permission, organization):
        raise PermissionDenied
    assert organization is not None
    return organization


def own_listing(request: Request, reference: str, permission: Permission) -> Listing:
    listing = find_visible(request.user, reference)
    if not has_permission(request.user, permission, listing.holder):
        raise PermissionDenied
    return listing


def mine(request: Request, listing: Listing) -> dict[str, Any]:
    """As the holder sees it. The confidential part is opened to whoever may open it on the page."""
    opens = has_permission(request.user, Permission.EDIT_LISTINGS, listing.holder)
    if opens and listing.confidential_text:
        confidential_text_shown.send(
            sender=Listing, listing=listing, by=request.user, at=timezone.now(), by_program=True
        )
    return MyListingOut(listing, context={"opens_confidential": opens}).data


@extend_schema_view(
    get=extend_schema(summary="Technologies of your organization, drafts too"),
    post=extend_schema(
        request=ListingIn, responses={201: MyListingOut}, parameters=[PARAMETER], summary="Make a draft"
    ),
)
class MyListingList(generics.ListAPIView):
    serializer_class = MyListingRow
    filterset_class = MyListingFilter
    queryset = Listing.objects.none()

    def get_queryset(self) -> QuerySet[Listing]:
        if getattr(self, "swagger_fake_view", False):
            return Listing.objects.none()
        organization = own_organization(self.request, Permission.VIEW_ORGANIZATION)
        mine = Listing.objects.held_by(organization).select_related("holder")
        return mine.with_rights().order_by("-updated_at", "-pk")

    def post(self, request: SignedInApiRequest) -> Response:
        holder = own_organization(request, Permission.EDIT_LISTINGS)
        data = ListingIn(data=request.data)
        data.is_valid(raise_exception=True)
        draft = create_draft(
            holder=holder,
            content=data.content(Listing(holder=holder)),
            rights=data.validated_data.get("rights", []),
            by=request.user,
            at=timezone.now(),
            public_id=idempotency_key(request) or uuid7(),
        )
        return Response(mine(request, draft), status=status.HTTP_201_CREATED)


class MyListingDetail(APIView):
    @extend_schema(responses={200: MyListingOut})
    def get(self, request: Request, reference: str) -> Response:
        refuse_unknown(request, ())
        return Response(mine(request, own_listing(request, reference, Permission.VIEW_ORGANIZATION)))

    @extend_schema(request=ListingPatchIn, responses={200: MyListingOut})
    def patch(self, request: SignedInApiRequest, reference: str) -> Response:
        """Change what is sent; `rights`, where sent, replaces all rights."""
        listing = own_listing(request, reference, Permission.EDIT_LISTINGS)
        data = ListingPatchIn(data=request.data)
        data.is_valid(raise_exception=True)
        saved = edit_listing(
            listing=listing,
            content=data.content(listing),
            rights=data.validated_data.get("rights"),
            seen_revision=data.validated_data["revision"],
            by=request.user,
            at=timezone.now(),
        )
        return Response(mine(request, saved))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedInApiRequest, reference: str) -> Response:
        """Discard a draft. What was published is withdrawn instead."""
        listing = own_listing(request, reference, Permission.EDIT_LISTINGS)
        discard(listing=listing, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MyListingSubmit(APIView):
    @extend_schema(request=SeenIn, responses={200: MyListingOut})
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """Send for registration. An officer decides; the answer is in `state`."""
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        sent = submit(listing=listing, seen_revision=_seen(request), by=request.user, at=timezone.now())
        return Response(mine(request, sent.listing))


class MyListingTakeBack(APIView):
    @extend_schema(request=SeenIn, responses={200: MyListingOut})
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """Take back what an officer has not decided on."""
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        back = take_back(listing=listing, seen_revision=_seen(request), by=request.user, at=timezone.now())
        return Response(mine(request, back))


def _seen(request: Request) -> int | None:
    data = SeenIn(data=request.data)
    data.is_valid(raise_exception=True)
    return data.validated_data.get("revision")


class MyListingWithdraw(APIView):
    @extend_schema(request=WithdrawIn, responses={200: MyListingOut})
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        listing = own_listing(request, reference, Permission.PUBLISH_LISTINGS)
        data = WithdrawIn(data=request.data)
        data.is_valid(raise_exception=True)
        withdrawn = withdraw(listing=listing, reason=data.validated_data["reason"], by=request.user, at=timezone.now())
        return Response(mine(request, withdrawn))
