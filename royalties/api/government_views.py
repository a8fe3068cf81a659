"""What a company owes the government, for programs: accounts, own use, payments. The pages' services and lists."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from royalties.api.government_serializers import (
    AheadNoticeIn,
    AheadNoticeOut,
    DirectUseIn,
    DirectUseOut,
    GovernmentAccountOut,
    GovernmentAccountRow,
    GovernmentPaymentIn,
    GovernmentPaymentOut,
    OwnResultIn,
)
from royalties.api.income_serializers import RoyaltyReasonIn
from royalties.api.income_views import REFUSALS
from royalties.models import AheadNotice, DirectUse, GovernmentPayment
from royalties.queries.government import account_of, accounts_of, company_listings, results_of, with_rows
from royalties.services.government.ahead import Told, pay_ahead, undo_ahead
from royalties.services.government.record import Used, record_payment, record_use, undo_payment, undo_use
from royalties.services.government.result import enter_result
from tech_listings.models import Listing


def kept_result(request: SignedInApiRequest, public_id: UUID) -> Listing:
    return get_object_or_404(company_listings(request.user), public_id=public_id)


@extend_schema_view(get=extend_schema(summary="What your company owes the government for each of its results"))
class GovernmentAccountList(generics.ListAPIView):
    """Empty for institutes, which pay no such royalty."""

    request: SignedInApiRequest
    serializer_class = GovernmentAccountRow
    queryset = Listing.objects.none()

    def get_queryset(self) -> QuerySet[Listing]:
        if getattr(self, "swagger_fake_view", False):
            return Listing.objects.none()
        return results_of(self.request.user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(GovernmentAccountRow(accounts_of(page), many=True).data)

    @extend_schema(
        request=OwnResultIn,
        responses={200: GovernmentAccountRow, 201: GovernmentAccountRow, **REFUSALS},
        summary="Name a result of your company",
        description="It is offered to nobody. 200 when one of this name is there already.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        if request.organization is None:
            raise PermissionDenied
        said = read(request, OwnResultIn)
        made = enter_result(holder=request.organization, by=request.user, at=timezone.now(), **said)
        return Response(GovernmentAccountRow(account_of(made.listing)).data, status=_code(made.is_new))


class GovernmentAccountDetail(APIView):
    @extend_schema(
        responses={200: GovernmentAccountOut, 404: ErrorOut},
        summary="Own use of a result, what was paid, and what is still owed",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(GovernmentAccountOut(with_rows(account_of(kept_result(request, public_id)))).data)


class DirectUseNew(APIView):
    @extend_schema(
        request=DirectUseIn,
        responses={200: DirectUseOut, 201: DirectUseOut, **REFUSALS},
        summary="Record what was sold with a result",
        description="200 when the same was recorded already; 409 where some of its days were.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        listing = kept_result(request, public_id)
        used = Used(**read(request, DirectUseIn))
        made = record_use(holder=listing.holder, listing=listing, used=used, by=request.user, at=timezone.now())
        return Response(DirectUseOut(made.use).data, status=_code(made.is_new))


class GovernmentPaymentNew(APIView):
    @extend_schema(
        request=GovernmentPaymentIn,
        responses={200: GovernmentPaymentOut, 201: GovernmentPaymentOut, **REFUSALS},
        summary="Record what was paid to the government",
        description="200 when the same was recorded already; 400 where it was paid ahead before "
        "the letter that says so; 409 where less is owed, or its reference is another’s.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        listing = kept_result(request, public_id)
        said = read(request, GovernmentPaymentIn)
        made = record_payment(holder=listing.holder, listing=listing, **said, by=request.user, at=timezone.now())
        return Response(GovernmentPaymentOut(made.payment).data, status=_code(made.is_new))


class AheadNoticeNew(APIView):
    @extend_schema(
        request=AheadNoticeIn,
        responses={200: AheadNoticeOut, 201: AheadNoticeOut, **REFUSALS},
        summary="Pay the whole cap ahead",
        description="What is left up to the cap becomes owed; once it is paid, sales need not be reported. 200 when "
        "the same was recorded already; 409 where another notice stands, the cap is reached, or the rule does not let "
        "it.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        listing = kept_result(request, public_id)
        told = Told(**read(request, AheadNoticeIn))
        made = pay_ahead(holder=listing.holder, listing=listing, told=told, by=request.user, at=timezone.now())
        return Response(AheadNoticeOut(made.notice).data, status=_code(made.is_new))


class AheadNoticeUndo(APIView):
    @extend_schema(
        request=RoyaltyReasonIn,
        responses={200: AheadNoticeOut, **REFUSALS},
        summary="Take a notice of paying ahead back",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = AheadNotice.objects.visible_to(request.user).select_related("holder", "listing", "rule")
        notice = get_object_or_404(rows, public_id=public_id)
        made = undo_ahead(notice=notice, by=request.user, at=timezone.now(), **read(request, RoyaltyReasonIn))
        return Response(AheadNoticeOut(made).data)


def _code(is_new: bool) -> int:
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK


class DirectUseUndo(APIView):
    @extend_schema(
        request=RoyaltyReasonIn, responses={200: DirectUseOut, **REFUSALS}, summary="Take a record of own use back"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = DirectUse.objects.visible_to(request.user).select_related("holder", "listing", "rule")
        use = get_object_or_404(rows, public_id=public_id)
        made = undo_use(use=use, by=request.user, at=timezone.now(), **read(request, RoyaltyReasonIn))
        return Response(DirectUseOut(made).data)


class GovernmentPaymentUndo(APIView):
    @extend_schema(
        request=RoyaltyReasonIn,
        responses={200: GovernmentPaymentOut, **REFUSALS},
        summary="Take a payment to the government back that was recorded by mistake",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        rows = GovernmentPayment.objects.visible_to(request.user).select_related("holder", "listing")
        payment = get_object_or_404(rows, public_id=public_id)
        made = undo_payment(payment=payment, by=request.user, at=timezone.now(), **read(request, RoyaltyReasonIn))
        return Response(GovernmentPaymentOut(made).data)
