"""Vouchers for programs: the same filters and services as the pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from marketplace.core.serializers import StrictSerializer
from programmes.api.review_acting import answered
from vouchers.api.life_serializers import (
    DepositIn,
    DepositOut,
    OwnShareIn,
    VoucherChangeIn,
    VoucherChangeOut,
    VoucherDecisionIn,
    VoucherDetailOut,
    VoucherOut,
    VoucherReasonIn,
)
from vouchers.filters.life import VoucherFilter
from vouchers.models import ChangeRequest, Voucher
from vouchers.rules.life import sees_vouchers
from vouchers.services.life.changes import ask_change, decide_change, withdraw_change
from vouchers.services.life.deposits import enter_deposit, enter_refund
from vouchers.services.life.halt import resume, suspend
from vouchers.services.life.lapse import give_up
from vouchers.services.life.over import end_early

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def voucher_for(request: SignedInApiRequest, public_id: UUID, permission: str = "") -> Voucher:
    """404 where it is not visible, 403 where this may not be done with it."""
    voucher = get_object_or_404(Voucher.objects.visible_to(request.user).for_page(), public_id=public_id)
    if permission and not request.user.has_perm(permission, voucher):
        raise PermissionDenied
    return voucher


@extend_schema_view(get=extend_schema(summary="Vouchers of your firm, or of your office's calls, newest first"))
class VoucherList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = VoucherOut
    filterset_class = VoucherFilter
    queryset = Voucher.objects.none()

    def get_queryset(self) -> QuerySet[Voucher]:
        if getattr(self, "swagger_fake_view", False):
            return Voucher.objects.none()
        sees_vouchers(self.request.user)
        return Voucher.objects.visible_to(self.request.user).for_list()


class VoucherDetail(APIView):
    @extend_schema(responses={200: VoucherDetailOut, 404: ErrorOut}, summary="A voucher, and where its money is")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return Response(VoucherDetailOut(voucher_for(request, public_id), context={"request": request}).data)


class Payments(APIView):
    service: Callable[..., Any]
    body: type[StrictSerializer] = DepositIn

    def enter(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        voucher = voucher_for(request, public_id, "vouchers.run")
        given, key = read(request, type(self).body), needed_key(request)
        known = voucher.deposits.filter(key=key).exists()
        deposit = type(self).service(voucher=voucher, by=request.user, at=timezone.now(), key=key, **given)
        return Response(DepositOut(deposit).data, status=status.HTTP_200_OK if known else status.HTTP_201_CREATED)


class VoucherDeposit(Payments):
    service = staticmethod(enter_deposit)
    body = OwnShareIn

    @extend_schema(
        request=OwnShareIn,
        parameters=[NEEDED],
        responses={200: DepositOut, 201: DepositOut, **REFUSALS},
        summary="Enter a payment of the own share",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.enter(request, public_id)


class VoucherRefund(Payments):
    service = staticmethod(enter_refund)

    @extend_schema(
        request=DepositIn,
        parameters=[NEEDED],
        responses={200: DepositOut, 201: DepositOut, **REFUSALS},
        summary="Enter a repayment to the firm",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.enter(request, public_id)


class Decided(APIView):
    """An act with a reason, of an officer where nothing else is said; under a key it is done once."""

    service: Callable[..., Any]
    permission = "vouchers.run"

    def act(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        voucher = voucher_for(request, public_id, self.permission)
        given = read(request, VoucherReasonIn)
        service = type(self).service

        def act() -> Any:
            return VoucherOut(service(voucher=voucher, by=request.user, at=timezone.now(), **given)).data

        return answered(request, given, act)


class VoucherSuspend(Decided):
    service = staticmethod(suspend)

    @extend_schema(
        request=VoucherReasonIn, responses={200: VoucherOut, **REFUSALS}, summary="Suspend a voucher",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class VoucherResume(Decided):
    service = staticmethod(resume)

    @extend_schema(
        request=VoucherReasonIn, responses={200: VoucherOut, **REFUSALS}, summary="Resume a voucher",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class VoucherEnd(Decided):
    service = staticmethod(end_early)

    @extend_schema(
        request=VoucherReasonIn, responses={200: VoucherOut, **REFUSALS}, summary="End a voucher early",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class VoucherWithdraw(Decided):
    service = staticmethod(give_up)
    permission = "vouchers.sign"

    @extend_schema(
        request=VoucherReasonIn, responses={200: VoucherOut, **REFUSALS},
        summary="Give a voucher up that waits for its own share", parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return self.act(request, public_id)


class VoucherChanges(APIView):
    @extend_schema(responses={200: VoucherChangeOut(many=True), 404: ErrorOut}, summary="What was asked to be changed")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        changes = voucher_for(request, public_id).changes.order_by("-asked_at", "-pk")
        return Response(VoucherChangeOut(changes, many=True).data)

    @extend_schema(
        request=VoucherChangeIn,
        parameters=[OFFERED],
        responses={201: VoucherChangeOut, **REFUSALS},
        summary="Ask for a longer term, other services, or the end",
        description="The same asked again is the request that is open.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        voucher = voucher_for(request, public_id, "vouchers.use")
        given = read(request, VoucherChangeIn)

        def act() -> Any:
            return VoucherChangeOut(ask_change(voucher=voucher, by=request.user, at=timezone.now(), **given)).data

        return answered(request, given, act, status.HTTP_201_CREATED)


def change_for(request: SignedInApiRequest, public_id: UUID, permission: str) -> ChangeRequest:
    mine = ChangeRequest.objects.filter(voucher__in=Voucher.objects.visible_to(request.user))
    change = get_object_or_404(mine, public_id=public_id)
    change.voucher = Voucher.objects.for_page().get(pk=change.voucher_id)
    if not request.user.has_perm(permission, change.voucher):
        raise PermissionDenied
    return change


class ChangeDecide(APIView):
    @extend_schema(
        request=VoucherDecisionIn, responses={200: VoucherChangeOut, **REFUSALS}, summary="Approve or refuse a change",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        change, given = change_for(request, public_id, "vouchers.run"), read(request, VoucherDecisionIn)

        def act() -> Any:
            return VoucherChangeOut(decide_change(change=change, by=request.user, at=timezone.now(), **given)).data

        return answered(request, given, act)


class ChangeWithdraw(APIView):
    @extend_schema(
        request=None, responses={200: VoucherChangeOut, **REFUSALS}, summary="Take a request back",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        change = change_for(request, public_id, "vouchers.use")
        refuse_unknown(request, ())

        def act() -> Any:
            return VoucherChangeOut(withdraw_change(change=change, by=request.user, at=timezone.now())).data

        return answered(request, {}, act)
