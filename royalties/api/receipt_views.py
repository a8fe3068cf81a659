"""What becomes of a receipt: set aside, taken up again, paid back, taken off an invoice. The pages' services."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import read, refuse_unknown
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from programmes.api.review_acting import answered
from royalties.api.income_serializers import PayBackIn, ReceiptOut, RoyaltyReasonIn
from royalties.api.income_views import REFUSALS, visible_receipt
from royalties.models import Allocation, Receipt
from royalties.services.income.assign import undo_assignment
from royalties.services.income.receive import pay_back, set_aside, take_up_again


def kept_receipt(request: SignedInApiRequest, public_id: UUID) -> Receipt:
    """404 where it is not visible, 403 where somebody else keeps it."""
    receipt = visible_receipt(request, public_id)
    if not request.user.has_perm("royalties.keep_receipt", receipt):
        raise PermissionDenied
    return receipt


def acted(
    request: SignedInApiRequest, receipt: Receipt, service: Callable[..., Any], given: dict[str, Any]
) -> Response:
    def act() -> Any:
        service(receipt=receipt, by=request.user, at=timezone.now(), **given)
        return ReceiptOut(visible_receipt(request, receipt.public_id)).data

    return answered(request, given, act)


class ReceiptAside(APIView):
    @extend_schema(
        request=RoyaltyReasonIn, responses={200: ReceiptOut, **REFUSALS}, parameters=[OFFERED],
        summary="Set a receipt aside that is no royalty",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        receipt = kept_receipt(request, public_id)
        return acted(request, receipt, set_aside, read(request, RoyaltyReasonIn))


class ReceiptTakeUp(APIView):
    @extend_schema(
        request=None, responses={200: ReceiptOut, **REFUSALS}, parameters=[OFFERED],
        summary="Take a receipt up again that was set aside",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        receipt = kept_receipt(request, public_id)
        refuse_unknown(request, ())
        return acted(request, receipt, take_up_again, {})


class ReceiptPayBack(APIView):
    @extend_schema(
        request=PayBackIn, responses={200: ReceiptOut, **REFUSALS}, parameters=[NEEDED],
        summary="Note that money went back to the payer", description="At most what is not assigned.",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        receipt = kept_receipt(request, public_id)
        given = read(request, PayBackIn)
        needed_key(request)
        return acted(request, receipt, pay_back, given)


class AssignmentUndo(APIView):
    @extend_schema(
        request=RoyaltyReasonIn, responses={200: ReceiptOut, **REFUSALS}, parameters=[OFFERED],
        summary="Take a receipt off the invoice again", description="`id` is that of one of the receipt's `parts`.",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = Allocation.objects.visible_to(request.user).select_related("receipt", "invoice__contract__holder")
        allocation = get_object_or_404(rows, public_id=public_id)
        if not request.user.has_perm("royalties.undo_allocation", allocation):
            raise PermissionDenied
        given = read(request, RoyaltyReasonIn)

        def act() -> Any:
            undo_assignment(allocation=allocation, by=request.user, at=timezone.now(), **given)
            return ReceiptOut(visible_receipt(request, allocation.receipt.public_id)).data

        return answered(request, given, act)
