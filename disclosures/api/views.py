from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from deals.models import TransferRequest
from disclosures.api.serializers import (
    AcceptIn,
    ConfidentialFileIn,
    ConfidentialFileOut,
    ConfidentialTextOut,
    EndIn,
    LinkOut,
    OfferIn,
    OpeningOut,
    RevokeIn,
    StandingOut,
)
from disclosures.exports import bearer_of, file_of, file_response, opened
from disclosures.filters import OpeningFilter
from disclosures.models import ConfidentialFile, Opening, Terms
from disclosures.queries import standing_of
from disclosures.services import accept as accepting
from disclosures.services import offer as offering
from disclosures.services.files import add_file, remove_file
from disclosures.services.links import MINUTES, make_link, read_link
from disclosures.services.open import NotOpen, open_text
from marketplace.core.api import ErrorOut, refuse_unknown
from tech_listings.models import Listing
from tech_listings.queries import find_visible

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def visible(request: SignedInApiRequest, public_id: UUID, permission: str = "") -> TransferRequest:
    rows = TransferRequest.objects.visible_to(request.user).for_page()
    found = get_object_or_404(rows, public_id=public_id)
    if permission and not request.user.has_perm(permission, found):
        raise PermissionDenied
    return found


def own_listing(request: Request, reference: str) -> Listing:
    listing = find_visible(request.user, reference)
    if not request.user.has_perm("disclosures.keep_files", listing):
        raise PermissionDenied
    return listing


def shown(request: SignedInApiRequest, transfer: TransferRequest) -> Response:
    found = standing_of(transfer, request.user, timezone.localdate())
    return Response(StandingOut(found).data)


def bearer(request: Request) -> str:
    """The program's token, or the session where the API is used from one."""
    if request.auth is not None:
        return f"{request.user.public_id}:token:{request.auth.public_id}"  # type: ignore[union-attr]
    return bearer_of(request._request)


def link_to(request: Request, file: ConfidentialFile, transfer: TransferRequest | None, at: datetime) -> Response:
    token = make_link(
        file_id=file.public_id, request_id=transfer.public_id if transfer else None, bearer=bearer(request)
    )
    url = reverse("disclosures-api:download", args=[token])
    return Response(LinkOut({"url": url, "expires_at": at + timedelta(minutes=MINUTES)}).data)


class ConfidentialPart(APIView):
    @extend_schema(
        responses={200: StandingOut, 404: ErrorOut}, summary="Whether the confidential part is open to a request"
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return shown(request, visible(request, public_id))


class ConfidentialOffer(APIView):
    @extend_schema(
        request=OfferIn, responses={200: StandingOut, **REFUSALS}, summary="Open it to a request, as the holder"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        transfer = visible(request, public_id, "disclosures.offer")
        data = OfferIn(data=request.data)
        data.is_valid(raise_exception=True)
        now = timezone.now()
        usable = Terms.objects.usable_for(transfer.listing)
        wanted = data.validated_data.get("terms")
        terms = usable.filter(public_id=wanted).first() if wanted else usable.first()
        if terms is None:
            raise ValidationError({"terms": [_("Choose the terms.")]})
        ends_on = data.validated_data.get("ends_on") or offering.usual_end(timezone.localdate(now))
        offering.offer(request=transfer, terms=terms, ends_on=ends_on, by=request.user, at=now)
        return shown(request, transfer)


class ConfidentialEnd(APIView):
    @extend_schema(request=EndIn, responses={200: StandingOut, **REFUSALS}, summary="Move the last day")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        transfer = visible(request, public_id, "disclosures.offer")
        data = EndIn(data=request.data)
        data.is_valid(raise_exception=True)
        offering.change_end(request=transfer, by=request.user, at=timezone.now(), **data.validated_data)
        return shown(request, transfer)


class ConfidentialRevoke(APIView):
    @extend_schema(request=RevokeIn, responses={200: StandingOut, **REFUSALS}, summary="Close it at once")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        transfer = visible(request, public_id, "disclosures.offer")
        data = RevokeIn(data=request.data)
        data.is_valid(raise_exception=True)
        offering.revoke(request=transfer, by=request.user, at=timezone.now(), **data.validated_data)
        return shown(request, transfer)


class ConfidentialAccept(APIView):
    @extend_schema(
        request=AcceptIn, responses={200: StandingOut, **REFUSALS}, summary="Accept the terms, as a manager of the firm"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        transfer = visible(request, public_id, "disclosures.accept")
        data = AcceptIn(data=request.data)
        data.is_valid(raise_exception=True)
        accepting.accept(request=transfer, by=request.user, at=timezone.now(), **data.validated_data)
        return shown(request, transfer)


class ConfidentialText(APIView):
    @extend_schema(
        responses={200: ConfidentialTextOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut},
        summary="The confidential text; every call is recorded",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """409 `not_open` until the holder has opened it and a manager of the firm has accepted the terms."""
        refuse_unknown(request, ())
        transfer = visible(request, public_id, "disclosures.ask_manager")
        _disclosure, text = open_text(request=transfer, by=request.user, at=timezone.now())
        return Response(ConfidentialTextOut({"text": text}).data, headers={"Cache-Control": "private, no-store"})


class ConfidentialFileLink(APIView):
    @extend_schema(request=None, responses={200: LinkOut, **REFUSALS}, summary="A link to download a file, as the firm")
    def post(self, request: SignedInApiRequest, public_id: UUID, file_id: UUID) -> Response:
        transfer = visible(request, public_id, "disclosures.ask_manager")
        now = timezone.now()
        if not standing_of(transfer, request.user, timezone.localdate(now)).may_open:
            raise NotOpen(_("The confidential part is not open to this request."))
        rows = ConfidentialFile.objects.kept().filter(listing=transfer.listing_id)
        return link_to(request, get_object_or_404(rows, public_id=file_id), transfer, now)


@extend_schema_view(get=extend_schema(summary="Files of a technology's confidential part, as its holder"))
class OwnFiles(generics.ListAPIView):
    serializer_class = ConfidentialFileOut
    parser_classes = [MultiPartParser]
    queryset = ConfidentialFile.objects.none()

    def get_queryset(self) -> QuerySet[ConfidentialFile]:
        if getattr(self, "swagger_fake_view", False):
            return ConfidentialFile.objects.none()
        listing = own_listing(self.request, self.kwargs["reference"])
        return ConfidentialFile.objects.kept().filter(listing=listing).for_list()

    @extend_schema(request=ConfidentialFileIn, responses={201: ConfidentialFileOut, **REFUSALS}, summary="Send a file")
    def post(self, request: SignedInApiRequest, reference: str) -> Response:
        """The same content once more gives the file that is there."""
        listing = own_listing(request, reference)
        data = ConfidentialFileIn(data=request.data)
        data.is_valid(raise_exception=True)
        sent = data.validated_data["file"]
        file = add_file(listing=listing, file=sent, name=sent.name, by=request.user, at=timezone.now())
        return Response(ConfidentialFileOut(file).data, status=status.HTTP_201_CREATED)


class OwnFile(APIView):
    @extend_schema(responses={204: None, **REFUSALS}, summary="Remove a file for good")
    def delete(self, request: SignedInApiRequest, file_id: UUID) -> Response:
        remove_file(file=file_of(request.user, file_id), by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class OwnFileLink(APIView):
    @extend_schema(
        request=None, responses={200: LinkOut, **REFUSALS}, summary="A link to download a file, as its holder"
    )
    def post(self, request: SignedInApiRequest, file_id: UUID) -> Response:
        return link_to(request, file_of(request.user, file_id), None, timezone.now())


@extend_schema_view(get=extend_schema(summary="Who opened a technology's confidential part, newest first"))
class Openings(generics.ListAPIView):
    serializer_class = OpeningOut
    filterset_class = OpeningFilter
    queryset = Opening.objects.none()

    def get_queryset(self) -> QuerySet[Opening]:
        if getattr(self, "swagger_fake_view", False):
            return Opening.objects.none()
        listing = own_listing(self.request, self.kwargs["reference"])
        return Opening.objects.visible_to(self.request.user).filter(listing=listing).for_list()


class Download(APIView):
    @extend_schema(
        responses={
            200: OpenApiResponse(OpenApiTypes.BINARY, "The file, marked where its kind can be"),
            404: ErrorOut,
            409: ErrorOut,
            410: ErrorOut,
        },
        summary="The file behind a link; every call is recorded",
    )
    def get(self, request: SignedInApiRequest, token: str) -> HttpResponseBase:
        """410 after five minutes: ask for a new link. 404 for another caller."""
        refuse_unknown(request, ())
        return file_response(opened(read_link(token, bearer=bearer(request)), request.user))
