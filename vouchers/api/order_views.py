"""What programs do with orders, claims and payment files: the same services as the pages, the same refusals."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from marketplace.core.serializers import StrictSerializer
from programmes.api.review_acting import answered
from programmes.models import Call
from vouchers.api.order_serializers import (
    OrderReasonIn,
    PaymentFileIn,
    PaymentFileOut,
    VoucherClaimIn,
    VoucherClaimOut,
    VoucherClaimSaveIn,
    VoucherClaimSeenIn,
    VoucherOrderIn,
    VoucherOrderOut,
    VoucherQuotationIn,
    VoucherQuotationOut,
)
from vouchers.filters.orders import ClaimFilter, OrderFilter, QuotationFilter
from vouchers.models import Claim, Order, PaymentBatch, Quotation
from vouchers.services.claims.answer import accept_claim, object_to_claim, submit_claim
from vouchers.services.claims.check import accept_for_firm, approve_claim, check_claim, disallow_claim, return_claim
from vouchers.services.claims.draft import begin_claim, save_claim, withdraw_claim
from vouchers.services.claims.pay import cancel_batch, prepare_batch, send_batch
from vouchers.services.orders.answer import accept_order, cancel_order, decline_order, withdraw_order
from vouchers.services.orders.place import place_order
from vouchers.services.orders.quote import decline_quotation, give_quotation, withdraw_quotation

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


class Nothing(StrictSerializer):
    """A body without fields."""


def rows_of(model: Any, request: SignedInApiRequest) -> QuerySet[Any]:
    return model.objects.visible_to(request.user).for_list()


def list_view(model: Any, out: Any, filters: Any, summary: str) -> type[generics.ListAPIView]:
    """A list of what the person may see, newest first."""

    @extend_schema_view(get=extend_schema(summary=summary))
    class Rows(generics.ListAPIView):
        serializer_class = out
        filterset_class = filters
        queryset = model.objects.none()

        def get_queryset(self) -> QuerySet[Any]:
            if getattr(self, "swagger_fake_view", False):
                return model.objects.none()
            return rows_of(model, self.request)  # type: ignore[arg-type]

    return Rows


def one_view(model: Any, out: Any, summary: str) -> type[APIView]:
    class One(APIView):
        @extend_schema(responses={200: out, 404: ErrorOut}, summary=summary)
        def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
            refuse_unknown(request, ())
            return Response(out(get_object_or_404(rows_of(model, request), public_id=public_id)).data)

    return One


def act_view(
    model: Any, name: str, service: Callable[..., Any], out: Any, summary: str,
    body: type[StrictSerializer] | None = None,
) -> type[APIView]:  # fmt: skip
    """One act on one thing: the service says who may, and in which state. Under a key it is done once."""

    class Act(APIView):
        @extend_schema(request=body, responses={200: out, **REFUSALS}, summary=summary, parameters=[OFFERED])
        def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
            thing = get_object_or_404(rows_of(model, request), public_id=public_id)
            given = read(request, body or Nothing)

            def act() -> Any:
                service(**{name: thing}, by=request.user, at=timezone.now(), **given)
                return out(get_object_or_404(rows_of(model, request), public_id=public_id)).data

            return answered(request, given, act)

    return Act


QuotationList = list_view(Quotation, VoucherQuotationOut, QuotationFilter, "Quotations that you gave or asked for")
QuotationDetail = one_view(Quotation, VoucherQuotationOut, "One quotation")
QuotationGive = act_view(
    Quotation, "quotation", give_quotation, VoucherQuotationOut, "Name a price", VoucherQuotationIn
)
QuotationDecline = act_view(
    Quotation, "quotation", decline_quotation, VoucherQuotationOut, "Give no quotation", OrderReasonIn
)
QuotationWithdraw = act_view(
    Quotation, "quotation", withdraw_quotation, VoucherQuotationOut, "Take a quotation back", OrderReasonIn
)


class OrderList(list_view(Order, VoucherOrderOut, OrderFilter, "Orders on vouchers, newest first")):  # type: ignore[misc]
    @extend_schema(
        request=VoucherOrderIn, responses={201: VoucherOrderOut, **REFUSALS}, parameters=[NEEDED],
        summary="Order what was quoted",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, VoucherOrderIn)
        quotation = rows_of(Quotation, request).filter(public_id=given["quotation"]).first()
        if quotation is None:
            raise DomainError(_("There is no such quotation."), field="quotation")
        key = needed_key(request)
        order = place_order(quotation=quotation, why=given["why"], key=key, by=request.user, at=timezone.now())
        return Response(VoucherOrderOut(order).data, status=status.HTTP_201_CREATED)


OrderDetail = one_view(Order, VoucherOrderOut, "One order")
OrderAccept = act_view(Order, "order", accept_order, VoucherOrderOut, "Accept an order")
OrderDecline = act_view(Order, "order", decline_order, VoucherOrderOut, "Decline an order", OrderReasonIn)
OrderWithdraw = act_view(Order, "order", withdraw_order, VoucherOrderOut, "Take an order back", OrderReasonIn)
OrderCancel = act_view(Order, "order", cancel_order, VoucherOrderOut, "Cancel a running order", OrderReasonIn)


class ClaimList(list_view(Claim, VoucherClaimOut, ClaimFilter, "Claims for delivered work")):  # type: ignore[misc]
    @extend_schema(
        request=VoucherClaimIn, responses={201: VoucherClaimOut, **REFUSALS}, parameters=[NEEDED],
        summary="Begin a claim; documents are added to it",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, VoucherClaimIn)
        order = rows_of(Order, request).filter(public_id=given.pop("order")).first()
        if order is None:
            raise DomainError(_("There is no such order."), field="order")
        key = needed_key(request)
        claim = begin_claim(order=order, key=key, by=request.user, at=timezone.now(), **given)
        return Response(VoucherClaimOut(claim).data, status=status.HTTP_201_CREATED)


class ClaimDetail(one_view(Claim, VoucherClaimOut, "One claim")):  # type: ignore[misc]
    @extend_schema(
        request=VoucherClaimSaveIn, responses={200: VoucherClaimOut, **REFUSALS},
        summary="Save a draft, or what was sent back",
        description="All of it: what is left out is emptied. 409 where it was saved after you read it.",
    )  # fmt: skip
    def put(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        claim = get_object_or_404(rows_of(Claim, request), public_id=public_id)
        given = read(request, VoucherClaimSaveIn)
        save_claim(claim=claim, by=request.user, at=timezone.now(), **given)
        return Response(VoucherClaimOut(rows_of(Claim, request).get(public_id=public_id)).data)


ClaimSubmit = act_view(Claim, "claim", submit_claim, VoucherClaimOut, "Hand a claim in")
ClaimWithdraw = act_view(Claim, "claim", withdraw_claim, VoucherClaimOut, "Take a claim back", OrderReasonIn)
ClaimAccept = act_view(Claim, "claim", accept_claim, VoucherClaimOut, "Accept delivered work")
ClaimObject = act_view(Claim, "claim", object_to_claim, VoucherClaimOut, "Object to delivered work", OrderReasonIn)
ClaimCheck = act_view(Claim, "claim", check_claim, VoucherClaimOut, "Check a claim (first officer)", VoucherClaimSeenIn)
ClaimApprove = act_view(
    Claim, "claim", approve_claim, VoucherClaimOut, "Approve a claim (second officer)", VoucherClaimSeenIn
)
ClaimReturn = act_view(Claim, "claim", return_claim, VoucherClaimOut, "Send a claim back", OrderReasonIn)
ClaimAnswer = act_view(
    Claim,
    "claim",
    accept_for_firm,
    VoucherClaimOut,
    "Accept a claim in the place of a firm that objects",
    OrderReasonIn,
)
ClaimDisallow = act_view(Claim, "claim", disallow_claim, VoucherClaimOut, "Do not allow a claim", OrderReasonIn)


class PaymentFileList(list_view(PaymentBatch, PaymentFileOut, None, "Payment files of your office")):  # type: ignore[misc]
    @extend_schema(
        request=PaymentFileIn, responses={201: PaymentFileOut, **REFUSALS}, parameters=[NEEDED],
        summary="Prepare a payment file of approved claims",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, PaymentFileIn)
        call = Call.objects.visible_to(request.user).filter(number=given["call"]).first()
        if call is None:
            raise DomainError(_("There is no such call."), field="call")
        key = needed_key(request)
        made = prepare_batch(call=call, claims=given["claims"], key=key, by=request.user, at=timezone.now())
        return Response(PaymentFileOut(made).data, status=status.HTTP_201_CREATED)


PaymentFileDetail = one_view(PaymentBatch, PaymentFileOut, "One payment file")
PaymentFileSend = act_view(PaymentBatch, "batch", send_batch, PaymentFileOut, "Say that a file went to the treasury")
PaymentFileCancel = act_view(PaymentBatch, "batch", cancel_batch, PaymentFileOut, "Cancel a file", OrderReasonIn)
