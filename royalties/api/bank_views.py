"""Statements of the account for programs: sent, read, matched, booked."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.serializers import StrictSerializer
from royalties.api.bank_serializers import BankDepositOut, BankFileIn, BankFileOut, BankFileRow, BookedOut
from royalties.api.income_views import REFUSALS
from royalties.models import BankFile, BankRow
from royalties.services.income.bank import book_bank_file, discard_bank_file, read_bank_file


class BankNothingIn(StrictSerializer):
    """Nothing is sent."""


def kept_file(request: SignedInApiRequest, public_id: UUID) -> BankFile:
    return get_object_or_404(BankFile.objects.visible_to(request.user).select_related("holder"), public_id=public_id)


@extend_schema_view(get=extend_schema(summary="Statements of the account that were sent, newest first"))
class BankFileList(generics.ListAPIView):
    request: SignedInApiRequest
    parser_classes = [MultiPartParser]
    serializer_class = BankFileRow
    queryset = BankFile.objects.none()

    def get_queryset(self) -> QuerySet[BankFile]:
        if getattr(self, "swagger_fake_view", False):
            return BankFile.objects.none()
        return BankFile.objects.visible_to(self.request.user).order_by("-uploaded_at", "-pk")

    @extend_schema(
        request=BankFileIn,
        responses={200: BankFileOut, 201: BankFileOut, **REFUSALS},
        summary="Send a statement of the account; nothing is booked yet",
        description="200 where the same file was sent before.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, BankFileIn)
        holder: Organization | None = getattr(request._request, "organization", None)
        if holder is None:
            raise PermissionDenied
        file = given["file"]
        found = read_bank_file(holder=holder, file=file, name=file.name, by=request.user, at=timezone.now())
        code = status.HTTP_201_CREATED if found.is_new else status.HTTP_200_OK
        return Response(BankFileOut(found.file).data, status=code)


class BankFileDetail(APIView):
    @extend_schema(responses={200: BankFileOut, 404: ErrorOut}, summary="What booking a statement would do")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(BankFileOut(kept_file(request, public_id)).data)


@extend_schema_view(get=extend_schema(summary="Deposits of a statement, and what each probably pays"))
class DepositList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = BankDepositOut
    queryset = BankRow.objects.none()

    def get_queryset(self) -> QuerySet[BankRow]:
        if getattr(self, "swagger_fake_view", False):
            return BankRow.objects.none()
        file = kept_file(self.request, self.kwargs["public_id"])
        return file.rows.select_related("invoice").order_by("row")


class BankFileBook(APIView):
    @extend_schema(
        request=BankNothingIn,
        responses={200: BookedOut, **REFUSALS},
        summary="Book a statement: receipts, and what is certain put to its invoice",
        description="Once: a second time is 409.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        file = kept_file(request, public_id)
        if not request.user.has_perm("royalties.keep_receipt", file):
            raise PermissionDenied
        read(request, BankNothingIn)
        return Response(BookedOut(book_bank_file(file=file, by=request.user, at=timezone.now())).data)


class BankFileDiscard(APIView):
    @extend_schema(request=BankNothingIn, responses={200: BankFileOut, **REFUSALS}, summary="Discard a statement")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        file = kept_file(request, public_id)
        if not request.user.has_perm("royalties.keep_receipt", file):
            raise PermissionDenied
        read(request, BankNothingIn)
        discard_bank_file(file=file, by=request.user, at=timezone.now())
        return Response(BankFileOut(kept_file(request, public_id)).data)
