"""Technologies a firm took over, as a program chooses and enters them, and as an office checks them."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.downloads import download
from marketplace.core.idempotency import OFFERED
from marketplace.core.serializers import DayField, StrictSerializer
from programmes.api.application_views import REFUSALS, visible, writable
from programmes.api.review_acting import answered, answered_with_file
from programmes.enums.transfers import TransferState
from programmes.models.transfers import REASON_LENGTH
from programmes.queries.transfers import contracts_seen, transfers_seen
from programmes.services.applications.declared import (
    LONGEST,
    check_transfer,
    keep_transfer,
    read_transfer,
    remove_transfer,
)


class ApplicationTransferOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    reference = serializers.CharField(help_text="The number of the contract, or ours (PT) where the firm entered it.")
    state = serializers.ChoiceField(choices=TransferState.choices)
    title = serializers.CharField()
    holder_name = serializers.CharField()
    signed_on = serializers.DateField()
    sha256 = serializers.CharField(help_text="Of the contract, where the firm entered it; else empty.")
    check_text = serializers.CharField(help_text="What an officer found in the contract.")


class ApplicationTransferIn(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, help_text="The application's you read.")
    title = serializers.CharField(max_length=LONGEST["title"])
    holder_name = serializers.CharField(max_length=LONGEST["holder_name"])
    signed_on = DayField()
    document = serializers.FileField(allow_empty_file=True)


class ApplicationTransferCheckIn(StrictSerializer):
    accept = serializers.BooleanField(help_text="Whether the contract shows the transfer.")
    text = serializers.CharField(max_length=REASON_LENGTH, allow_blank=True, default="")
    seen = serializers.ChoiceField(choices=TransferState.choices, required=False, help_text="The state you read.")


class ApplicationTransfers(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        responses={200: ApplicationTransferOut(many=True), 404: ErrorOut},
        summary="Technologies the application may rest on",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found = transfers_seen(visible(request, public_id), request.user)
        return Response(ApplicationTransferOut(found, many=True).data)

    @extend_schema(
        parameters=[OFFERED],
        request=ApplicationTransferIn,
        responses={201: ApplicationTransferOut, **REFUSALS},
        summary="Enter a contract that was concluded elsewhere",
        description="It is chosen for the application at once; an officer checks it. Sent twice, it is one.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = writable(request, public_id)
        given = read(request, ApplicationTransferIn)
        said = {name: given[name] for name in ("title", "holder_name", "signed_on")}
        who: dict[str, Any] = {"application": found, "by": request.user, "at": timezone.now()}
        sent = given["document"]
        return answered_with_file(
            request, given, out=ApplicationTransferOut, file="document",
            read=lambda: read_transfer(**who, **said, file=sent, name=sent.name),
            keep=lambda declared: keep_transfer(**who, revision=given["revision"], declared=declared),
        )  # fmt: skip


class ApplicationTransfer(APIView):
    @extend_schema(
        responses={
            (200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY, "The contract as it was sent"),
            404: ErrorOut,
        },
        summary="A contract that the firm entered",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID, transfer_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        contracts = contracts_seen(visible(request, public_id), request.user)
        found = get_object_or_404(contracts, public_id=transfer_id)
        return download(found.document, name=found.document_name, type=found.document_type)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Take a contract back that was entered by mistake")
    def delete(self, request: SignedInApiRequest, public_id: UUID, transfer_id: UUID) -> Response:
        found = writable(request, public_id)
        refuse_unknown(request, ())
        transfer = get_object_or_404(contracts_seen(found, request.user), public_id=transfer_id)
        remove_transfer(application=found, transfer=transfer, by=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApplicationTransferCheck(APIView):
    @extend_schema(
        parameters=[OFFERED],
        request=ApplicationTransferCheckIn,
        responses={200: ApplicationTransferOut, **REFUSALS},
        summary="Say what the contract shows that the firm entered (officers)",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        found = visible(request, public_id)
        if not request.user.has_perm("programmes.check_application", found):
            raise PermissionDenied(_("Only officers of the office without a tie to the applicant can do this."))
        given = read(request, ApplicationTransferCheckIn)

        def act() -> Any:
            made = check_transfer(application=found, **given, by=request.user, at=timezone.now())
            return ApplicationTransferOut(made).data

        return answered(request, given, act)
