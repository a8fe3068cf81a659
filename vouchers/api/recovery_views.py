from collections.abc import Callable
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

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from marketplace.core.serializers import StrictSerializer
from programmes.api.review_acting import answered
from vouchers.api.recovery_serializers import (
    RecoveryDecideIn,
    RecoveryDetailOut,
    RecoveryIn,
    RecoveryObjectIn,
    RecoveryOut,
    RecoveryPlanIn,
    RecoveryReceiptIn,
)
from vouchers.filters.recovery import RecoveryFilter
from vouchers.models import Recovery, Voucher
from vouchers.services.recovery.announce import announce, debtors_of, decide, object_to
from vouchers.services.recovery.receive import enter_receipt, set_plan

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def visible(request: SignedInApiRequest, public_id: UUID) -> Recovery:
    rows = Recovery.objects.visible_to(request.user).for_page().prefetch_related("receipts")
    return get_object_or_404(rows, public_id=public_id)


def _act(
    request: SignedInApiRequest, public_id: UUID, permission: str, body: type[StrictSerializer],
    service: Callable[..., Any], *, keyed: bool = False,
) -> Response:  # fmt: skip
    recovery = visible(request, public_id)
    if not request.user.has_perm(permission, recovery):
        raise PermissionDenied
    also = {"key": needed_key(request)} if keyed else {}
    given = read(request, body)

    def act() -> Any:
        service(recovery=recovery, by=request.user, at=timezone.now(), **given, **also)
        return RecoveryDetailOut(visible(request, public_id)).data

    return answered(request, given, act)


@extend_schema_view(get=extend_schema(summary="What your office asked back, or what is asked of you, newest first"))
class RecoveryList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = RecoveryOut
    filterset_class = RecoveryFilter
    queryset = Recovery.objects.none()

    def get_queryset(self) -> QuerySet[Recovery]:
        if getattr(self, "swagger_fake_view", False):
            return Recovery.objects.none()
        return Recovery.objects.visible_to(self.request.user).for_list().order_by("-pk")

    @extend_schema(
        request=RecoveryIn, responses={201: RecoveryDetailOut, **REFUSALS}, parameters=[NEEDED],
        summary="Announce that money of a voucher has to come back",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, RecoveryIn)
        rows = Voucher.objects.visible_to(request.user).select_related("holder", "line__call__office")
        voucher = rows.filter(public_id=given.pop("voucher")).first()
        if voucher is None:
            raise DomainError(_("There is no such voucher."), field="voucher")
        if not request.user.has_perm("vouchers.announce_recovery", voucher):
            raise PermissionDenied
        debtor = Organization.objects.filter(public_id=given.pop("debtor")).first()
        # Who was merged into one of them too: a call sent again after the merge names what stood then.
        if debtor is None or debtor.root_id not in {each.pk for each in debtors_of(voucher)}:
            raise DomainError(_("Only the firm, or a provider of this voucher, can owe it."), field="debtor")
        made = announce(
            voucher=voucher, debtor=debtor, key=needed_key(request), by=request.user,
            at=timezone.now(), **given,
        )  # fmt: skip
        return Response(RecoveryDetailOut(visible(request, made.public_id)).data, status=status.HTTP_201_CREATED)


class RecoveryDetail(APIView):
    @extend_schema(responses={200: RecoveryDetailOut, 404: ErrorOut}, summary="One recovery, its plan and receipts")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(RecoveryDetailOut(visible(request, public_id)).data)


class RecoveryObject(APIView):
    @extend_schema(
        request=RecoveryObjectIn, responses={200: RecoveryDetailOut, **REFUSALS}, summary="Object, as the debtor",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.answer_recovery", RecoveryObjectIn, object_to)


class RecoveryDecide(APIView):
    @extend_schema(
        request=RecoveryDecideIn, responses={200: RecoveryDetailOut, **REFUSALS},
        summary="Confirm or drop what a colleague announced", parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.decide_recovery", RecoveryDecideIn, decide)


class RecoveryPlan(APIView):
    @extend_schema(
        request=RecoveryPlanIn, responses={200: RecoveryDetailOut, **REFUSALS}, summary="Let it be paid in parts",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.recover", RecoveryPlanIn, set_plan)


class RecoveryReceiptNew(APIView):
    @extend_schema(
        request=RecoveryReceiptIn, responses={200: RecoveryDetailOut, **REFUSALS}, parameters=[NEEDED],
        summary="Enter what came in",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.recover", RecoveryReceiptIn, enter_receipt, keyed=True)
