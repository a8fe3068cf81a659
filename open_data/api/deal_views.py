"""Deals of mirrored technologies: a partner's key reports, the holder's people decide."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import exceptions, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Permission, has_permission
from marketplace.core.api import read, refuse_unknown
from marketplace.core.pagination import BoundedPagination
from open_data.api.access import KeyView
from open_data.api.partner_serializers import PartnerDealDecisionIn, PartnerDealIn, PartnerDealOut
from open_data.api.webhook_views import REFUSALS
from open_data.enums import Scope
from open_data.models import OrganizationKey, PartnerDeal
from open_data.queries.partner_deals import once_public
from open_data.services.partner_deals import decide_deal, report_deal


class DealView(KeyView):
    scope = Scope.DEALS

    def seen(self, request: Request) -> QuerySet[PartnerDeal]:
        if isinstance(request.auth, OrganizationKey):
            return PartnerDeal.objects.filter(organization=request.auth.organization).for_list()
        return PartnerDeal.objects.visible_to(request.user).for_list()

    def deal(self, request: Request, public_id: UUID) -> PartnerDeal:
        return get_object_or_404(self.seen(request), public_id=public_id)


@extend_schema_view(
    get=extend_schema(
        operation_id="partner_deals",
        responses=PartnerDealOut(many=True),
        summary="Reported deals, those that wait first",
    ),
    post=extend_schema(
        request=PartnerDealIn,
        responses={200: PartnerDealOut, 201: PartnerDealOut, **REFUSALS},
        summary="Report a deal of a technology that you mirror",
        description="`own_number` makes it one deal: the same sent again is answered with 200 and what is there, with "
        "something else with 409. Of the firm only size and region are taken. The holder confirms or rejects it.",
    ),
)
class PartnerDeals(DealView):
    pagination_class = BoundedPagination

    def get(self, request: Request) -> Response:
        refuse_unknown(request, (), paged=True)
        pages = BoundedPagination()
        rows = pages.paginate_queryset(self.seen(request), request, self)
        return pages.get_paginated_response(PartnerDealOut(rows, many=True).data)

    def post(self, request: Request) -> Response:
        organization, user = self.acting(request)
        given = read(request, PartnerDealIn)
        listing = once_public(given["listing"])
        if listing is None:
            raise exceptions.ValidationError({"listing": [_("There is no public technology with this number or id.")]})
        deal, is_new = report_deal(
            organization=organization, by=user, at=timezone.now(), **{**given, "listing": listing}
        )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(PartnerDealOut(deal).data, status=code)


class PartnerDealDetail(DealView):
    @extend_schema(responses={200: PartnerDealOut, **REFUSALS}, summary="One of them")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(PartnerDealOut(self.deal(request, public_id)).data)


class PartnerDealDecide(DealView):
    @extend_schema(
        request=PartnerDealDecisionIn,
        responses={200: PartnerDealOut, **REFUSALS},
        summary="Say whether it is so",
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        if not request.user.is_authenticated:
            raise Http404
        found = self.deal(request, public_id)
        if not has_permission(request.user, Permission.ANSWER_REQUESTS, found.listing.holder):
            raise exceptions.PermissionDenied
        done = decide_deal(deal=found, by=request.user, at=timezone.now(), **read(request, PartnerDealDecisionIn))
        return Response(PartnerDealOut(done).data)
