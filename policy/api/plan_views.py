from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import PARAMETER, idempotency_key
from policy.api.asked import REFUSALS, for_officers
from policy.api.plan_serializers import PlanOut, PlanProgressIn, PlanProgressOut, PlanRow, plan_out
from policy.models import Plan
from policy.queries.plans import shown_version, standings
from policy.services.plans.publish import enter_progress


@extend_schema_view(get=extend_schema(summary="Promotion plans, newest first"))
class PlanList(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = PlanRow
    filter_backends = ()
    queryset = Plan.objects.none()

    def get_queryset(self) -> QuerySet[Plan]:
        if getattr(self, "swagger_fake_view", False):
            return Plan.objects.none()
        refuse_unknown(self.request, (), paged=True)
        return Plan.objects.visible_to(self.request.user).newest_first()


def visible(request: Request, public_id: UUID) -> Plan:
    return get_object_or_404(Plan.objects.visible_to(request.user), public_id=public_id)


class PlanDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses={200: PlanOut, 404: ErrorOut}, summary="What a plan promises, and how it stands")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        plan = visible(request, public_id)
        version = shown_version(plan)
        found: list[Any] = standings(version) if version else []
        return Response(plan_out(plan, version, found))


class PlanProgress(APIView):
    @extend_schema(
        request=PlanProgressIn,
        responses={200: PlanProgressOut, 201: PlanProgressOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Enter how a measure stands, as officer",
        description="201 for a new entry; 200 where the same key entered it before.",
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        plan = visible(request, public_id)
        for_officers(request)
        given = read(request, PlanProgressIn)
        entered = enter_progress(plan=plan, **given, by=request.user, at=timezone.now(), key=idempotency_key(request))
        code = status.HTTP_201_CREATED if entered.is_new else status.HTTP_200_OK
        return Response(PlanProgressOut(entered.entry).data, status=code)
