from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import NEEDED, PARAMETER, idempotency_key, needed_key
from royalties.api.income_serializers import (
    AssignIn,
    InvoiceIn,
    InvoiceOut,
    PersonShareOut,
    ReceiptFeeOut,
    ReceiptIn,
    ReceiptOut,
    RoyaltyReasonIn,
)
from royalties.filters.income import FeeFilter, InvoiceFilter, PersonShareFilter, ReceiptFilter
from royalties.models import Allocation, Due, FeeShare, Invoice, PersonShare, Receipt
from royalties.services.income.assign import assign
from royalties.services.income.issue import cancel_invoice, issue_invoice
from royalties.services.income.receive import enter_receipt

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def visible_invoice(request: SignedInApiRequest, public_id: UUID) -> Invoice:
    return get_object_or_404(Invoice.objects.visible_to(request.user).for_list(), public_id=public_id)


def visible_receipt(request: SignedInApiRequest, public_id: UUID) -> Receipt:
    return get_object_or_404(_receipts(request), public_id=public_id)


def _receipts(request: SignedInApiRequest) -> QuerySet[Receipt]:
    parts = Prefetch("allocations", Allocation.objects.select_related("invoice").order_by("pk"))
    return Receipt.objects.visible_to(request.user).for_list().prefetch_related(parts)


@extend_schema_view(get=extend_schema(summary="Royalty invoices of your holder, or to your firm, newest first"))
class InvoiceList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = InvoiceOut
    filterset_class = InvoiceFilter
    queryset = Invoice.objects.none()

    def get_queryset(self) -> QuerySet[Invoice]:
        if getattr(self, "swagger_fake_view", False):
            return Invoice.objects.none()
        return Invoice.objects.visible_to(self.request.user).for_list()

    @extend_schema(
        request=InvoiceIn,
        responses={200: InvoiceOut, 201: InvoiceOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Ask the firm for a line of the calendar",
        description="201 for a new invoice; 200 when the line had been asked for already.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, InvoiceIn)
        due = Due.objects.visible_to(request.user).filter(public_id=given.pop("due")).first()
        if due is None:
            raise DomainError(_("There is no such line in a calendar that you see."), field="due")
        issued = issue_invoice(due=due, by=request.user, at=timezone.now(), key=idempotency_key(request), **given)
        code = status.HTTP_201_CREATED if issued.is_new else status.HTTP_200_OK
        return Response(InvoiceOut(visible_invoice(request, issued.invoice.public_id)).data, status=code)


class InvoiceDetail(APIView):
    @extend_schema(responses={200: InvoiceOut, 404: ErrorOut}, summary="One invoice")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(InvoiceOut(visible_invoice(request, public_id)).data)


class InvoiceCancel(APIView):
    @extend_schema(
        request=RoyaltyReasonIn,
        responses={200: InvoiceOut, **REFUSALS},
        summary="Cancel an unpaid invoice",
        description="Once more with the same reason changes nothing.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        invoice = visible_invoice(request, public_id)
        if not request.user.has_perm("royalties.keep_invoice", invoice):
            raise PermissionDenied
        given = read(request, RoyaltyReasonIn)
        cancel_invoice(invoice=invoice, by=request.user, at=timezone.now(), **given)
        return Response(InvoiceOut(visible_invoice(request, public_id)).data)


@extend_schema_view(get=extend_schema(summary="Money that your holder received, newest first"))
class ReceiptList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ReceiptOut
    filterset_class = ReceiptFilter
    queryset = Receipt.objects.none()

    def get_queryset(self) -> QuerySet[Receipt]:
        if getattr(self, "swagger_fake_view", False):
            return Receipt.objects.none()
        return _receipts(self.request)

    @extend_schema(
        request=ReceiptIn,
        responses={200: ReceiptOut, 201: ReceiptOut, **REFUSALS},
        parameters=[NEEDED],
        summary="Write down money that came in",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, ReceiptIn)
        holder: Organization | None = getattr(request._request, "organization", None)
        if holder is None:
            raise PermissionDenied
        entered = enter_receipt(holder=holder, by=request.user, at=timezone.now(), key=needed_key(request), **given)
        code = status.HTTP_201_CREATED if entered.is_new else status.HTTP_200_OK
        return Response(ReceiptOut(visible_receipt(request, entered.receipt.public_id)).data, status=code)


class ReceiptDetail(APIView):
    @extend_schema(responses={200: ReceiptOut, 404: ErrorOut}, summary="One receipt, and the invoices that it pays")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ReceiptOut(visible_receipt(request, public_id)).data)


class ReceiptAssign(APIView):
    @extend_schema(
        request=AssignIn,
        responses={200: ReceiptOut, **REFUSALS},
        parameters=[NEEDED],
        summary="Put a receipt to an invoice",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        receipt = visible_receipt(request, public_id)
        if not request.user.has_perm("royalties.keep_receipt", receipt):
            raise PermissionDenied
        given = read(request, AssignIn)
        invoice = Invoice.objects.visible_to(request.user).filter(public_id=given["invoice"]).first()
        if invoice is None:
            raise DomainError(_("There is no such invoice."), field="invoice")
        assign(
            receipt=receipt, invoice=invoice, amount_won=given.get("amount_won"), key=needed_key(request),
            by=request.user, at=timezone.now(),
        )  # fmt: skip
        return Response(ReceiptOut(visible_receipt(request, public_id)).data)


@extend_schema_view(get=extend_schema(summary="What persons got: all of your holder’s, else your own"))
class PersonShareList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = PersonShareOut
    filterset_class = PersonShareFilter
    queryset = PersonShare.objects.none()

    def get_queryset(self) -> QuerySet[PersonShare]:
        if getattr(self, "swagger_fake_view", False):
            return PersonShare.objects.none()
        return PersonShare.objects.visible_to(self.request.user).for_list()


@extend_schema_view(get=extend_schema(summary="Brokers’ fees on royalty: a broker’s own, and what a side owes"))
class FeeShareList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ReceiptFeeOut
    filterset_class = FeeFilter
    queryset = FeeShare.objects.none()

    def get_queryset(self) -> QuerySet[FeeShare]:
        if getattr(self, "swagger_fake_view", False):
            return FeeShare.objects.none()
        return FeeShare.objects.visible_to(self.request.user).for_list()
