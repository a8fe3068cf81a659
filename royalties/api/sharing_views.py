"""Sharing for programs: plans, what waits, proposals, distributions. The pages' services, rules and lists."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from deals.models import Contract
from marketplace.core.api import ErrorOut, read, refuse_unknown
from royalties.api.income_serializers import RoyaltyReasonIn
from royalties.api.income_views import REFUSALS
from royalties.api.sharing_serializers import (
    DistributionOut,
    DistributionRow,
    ProposalOut,
    ShareOutIn,
    SharePlanIn,
    SharePlanOut,
    ToShareOut,
)
from royalties.models import Allocation, Distribution, Participant, SharePlan
from royalties.querysets.income import keepers
from royalties.services.share.plan import write_plan
from royalties.services.share.propose import propose
from royalties.services.share.share import share, undo_sharing


def kept_contract(request: SignedInApiRequest, public_id: UUID) -> Contract:
    rows = Contract.objects.concluded().filter(holder__in=keepers(request.user)).for_page()
    return get_object_or_404(rows, public_id=public_id)


def kept_part(request: SignedInApiRequest, public_id: UUID) -> Allocation:
    return get_object_or_404(Allocation.objects.kept_by(request.user).for_list(), public_id=public_id)


def kept_distribution(request: SignedInApiRequest, public_id: UUID) -> Distribution:
    rows = Distribution.objects.visible_to(request.user).for_list().select_related("plan")
    return get_object_or_404(rows.prefetch_related("people__payee", "fees__broker"), public_id=public_id)


def require_share(request: SignedInApiRequest, contract: Contract) -> None:
    if not request.user.has_perm("royalties.share", contract):
        raise PermissionDenied


@extend_schema_view(get=extend_schema(summary="How royalty of a contract is shared: its plans, newest first"))
class PlanList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = SharePlanOut
    queryset = SharePlan.objects.none()

    def get_queryset(self) -> QuerySet[SharePlan]:
        if getattr(self, "swagger_fake_view", False):
            return SharePlan.objects.none()
        contract = kept_contract(self.request, self.kwargs["public_id"])
        people = Prefetch("participants", Participant.objects.select_related("payee").order_by("pot", "pk"))
        rows = SharePlan.objects.filter(contract=contract).select_related("contract").order_by("-serial")
        return rows.prefetch_related(people)

    @extend_schema(
        request=SharePlanIn,
        responses={201: SharePlanOut, **REFUSALS},
        summary="Write a new version of the plan",
        description="`seen` stops a second one: it is 409 once somebody wrote another version.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        contract = kept_contract(request, public_id)
        require_share(request, contract)
        refuse_unknown(request, ())
        data = SharePlanIn(data=request.data)
        data.is_valid(raise_exception=True)
        made = write_plan(
            contract=contract, given=data.given(), seen=data.validated_data["seen"], by=request.user, at=timezone.now()
        )
        return Response(SharePlanOut(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(get=extend_schema(summary="Royalty that came in and waits to be shared out"))
class ToShareList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = ToShareOut
    queryset = Allocation.objects.none()

    def get_queryset(self) -> QuerySet[Allocation]:
        if getattr(self, "swagger_fake_view", False):
            return Allocation.objects.none()
        return Allocation.objects.kept_by(self.request.user).to_share().for_list()


class ProposalDetail(APIView):
    @extend_schema(
        responses={200: ProposalOut, 404: ErrorOut, 409: ErrorOut},
        summary="What sharing it out would do",
        description="409 where there is no plan, or nobody to pay.",
    )
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ProposalOut(propose(kept_part(request, public_id), today=timezone.localdate())).data)


class ShareOut(APIView):
    @extend_schema(
        request=ShareOutIn,
        responses={201: DistributionOut, **REFUSALS},
        summary="Share it out as proposed",
        description="Each is shared out once: a second time is 409, and `distributions/` shows what was made.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        part = kept_part(request, public_id)
        require_share(request, part.invoice.contract)
        made = share(allocation=part, by=request.user, at=timezone.now(), **read(request, ShareOutIn))
        found = kept_distribution(request, made.public_id)
        return Response(DistributionOut(found).data, status=status.HTTP_201_CREATED)


@extend_schema_view(get=extend_schema(summary="What was shared out, newest first"))
class DistributionList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = DistributionRow
    queryset = Distribution.objects.none()

    def get_queryset(self) -> QuerySet[Distribution]:
        if getattr(self, "swagger_fake_view", False):
            return Distribution.objects.none()
        return Distribution.objects.visible_to(self.request.user).for_list()


class DistributionDetail(APIView):
    @extend_schema(responses={200: DistributionOut, 404: ErrorOut}, summary="One distribution")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(DistributionOut(kept_distribution(request, public_id)).data)


class DistributionUndo(APIView):
    @extend_schema(
        request=RoyaltyReasonIn, responses={200: DistributionOut, **REFUSALS}, summary="Take a distribution back"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        made = kept_distribution(request, public_id)
        require_share(request, made.contract)
        undo_sharing(distribution=made, by=request.user, at=timezone.now(), **read(request, RoyaltyReasonIn))
        return Response(DistributionOut(kept_distribution(request, public_id)).data)
