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
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError
from marketplace.core.idempotency import NEEDED, OFFERED, needed_key
from marketplace.core.serializers import StrictSerializer
from programmes.api.review_acting import answered
from vouchers.api.recovery_views import REFUSALS
from vouchers.api.recovery_views import visible as visible_recovery
from vouchers.api.sanction_serializers import FraudIn, SanctionDecideIn, SanctionIn, SanctionOut, SanctionTextIn
from vouchers.filters.recovery import SanctionFilter
from vouchers.models import Sanction
from vouchers.rules.recovery import recovering_office
from vouchers.services.recovery.sanctions import answer_sanction, decide_sanction, lift, propose, propose_for_fraud


def visible(request: Request, public_id: UUID) -> Sanction:
    return get_object_or_404(Sanction.objects.visible_to(request.user).for_list(), public_id=public_id)


@extend_schema_view(get=extend_schema(summary="Sanctions of your office, or on your organization, newest first"))
class SanctionList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = SanctionOut
    filterset_class = SanctionFilter
    queryset = Sanction.objects.none()

    def get_queryset(self) -> QuerySet[Sanction]:
        if getattr(self, "swagger_fake_view", False):
            return Sanction.objects.none()
        return Sanction.objects.visible_to(self.request.user).for_list().order_by("-pk")

    @extend_schema(
        request=FraudIn, responses={201: SanctionOut, **REFUSALS}, parameters=[NEEDED],
        summary="Propose one for fraud without a recovery; the organization is heard",
        description="For the office that X-Organization names, else the first by name of yours.",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest) -> Response:
        given = read(request, FraudIn)
        office = recovering_office(request.user, getattr(request._request, "organization", None))
        if office is None:
            raise PermissionDenied
        firm = Organization.objects.filter(public_id=given.pop("organization")).first()
        if firm is None:
            raise DomainError(_("There is no such organization."), field="organization")
        made = propose_for_fraud(
            organization=firm, office=office, key=needed_key(request), by=request.user,
            at=timezone.now(), **given,
        )  # fmt: skip
        return Response(SanctionOut(visible(request, made.public_id)).data, status=status.HTTP_201_CREATED)


class SanctionDetail(APIView):
    @extend_schema(responses={200: SanctionOut, 404: ErrorOut}, summary="One sanction")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(SanctionOut(visible(request, public_id)).data)


class RecoverySanction(APIView):
    @extend_schema(
        request=SanctionIn, responses={201: SanctionOut, **REFUSALS}, parameters=[NEEDED],
        summary="Propose one for a recovery that was confirmed",
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        recovery = visible_recovery(request, public_id)
        if not request.user.has_perm("vouchers.recover", recovery):
            raise PermissionDenied
        made = propose(
            recovery=recovery, key=needed_key(request), by=request.user, at=timezone.now(),
            **read(request, SanctionIn),
        )  # fmt: skip
        return Response(SanctionOut(visible(request, made.public_id)).data, status=status.HTTP_201_CREATED)


def _act(
    request: SignedInApiRequest, public_id: UUID, permission: str, body: type[StrictSerializer],
    service: Callable[..., Any],
) -> Response:  # fmt: skip
    sanction = visible(request, public_id)
    if not request.user.has_perm(permission, sanction):
        raise PermissionDenied
    given = read(request, body)

    def act() -> Any:
        service(sanction=sanction, by=request.user, at=timezone.now(), **given)
        return SanctionOut(visible(request, public_id)).data

    return answered(request, given, act)


class SanctionAnswer(APIView):
    @extend_schema(
        request=SanctionTextIn, responses={200: SanctionOut, **REFUSALS}, summary="Answer, as whom it is for",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.answer_sanction", SanctionTextIn, answer_sanction)


class SanctionDecide(APIView):
    @extend_schema(
        request=SanctionDecideIn, responses={200: SanctionOut, **REFUSALS},
        summary="Impose or drop what a colleague proposed", parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.decide_sanction", SanctionDecideIn, decide_sanction)


class SanctionLift(APIView):
    @extend_schema(
        request=SanctionTextIn, responses={200: SanctionOut, **REFUSALS}, summary="End it before its day",
        parameters=[OFFERED],
    )  # fmt: skip
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        return _act(request, public_id, "vouchers.sanction", SanctionTextIn, lift)
