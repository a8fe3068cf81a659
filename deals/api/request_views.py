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
from accounts.models import Organization
from deals.api.request_serializers import (
    AnswerIn,
    RequestWithdrawIn,
    TransferRequestIn,
    TransferRequestOut,
    TransferRequestRow,
)
from deals.filters.requests import TransferRequestFilter
from deals.models import TransferRequest
from deals.services.requests.answer import answer
from deals.services.requests.send import send
from deals.services.requests.withdraw import withdraw
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.idempotency import PARAMETER, idempotency_key
from tech_listings.queries import find_visible

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def acting_organization(request: SignedInApiRequest) -> Organization | None:
    """The one that X-Organization names, or the session's."""
    organization: Organization | None = getattr(request._request, "organization", None)
    return organization


def visible(request: SignedInApiRequest, public_id: UUID) -> TransferRequest:
    rows = TransferRequest.objects.visible_to(request.user).for_page()
    return get_object_or_404(rows, public_id=public_id)


def shown(request: SignedInApiRequest, transfer: TransferRequest) -> Any:
    return TransferRequestOut(transfer, context={"user": request.user}).data


@extend_schema_view(get=extend_schema(summary="Requests your organization sent and received, newest first"))
class TransferRequestList(generics.ListAPIView):
    request: SignedInApiRequest
    serializer_class = TransferRequestRow
    filterset_class = TransferRequestFilter
    queryset = TransferRequest.objects.none()

    def get_queryset(self) -> QuerySet[TransferRequest]:
        if getattr(self, "swagger_fake_view", False):
            return TransferRequest.objects.none()
        organization = acting_organization(self.request)
        here = [organization] if organization else []
        return TransferRequest.objects.visible_to(self.request.user).seen_from(here).for_list()

    @extend_schema(
        request=TransferRequestIn,
        responses={200: TransferRequestOut, 201: TransferRequestOut, **REFUSALS},
        parameters=[PARAMETER],
        summary="Ask for a technology",
        description="201 for a new request; 200 when the same request was sent within the last 24 hours.",
    )
    def post(self, request: SignedInApiRequest) -> Response:
        refuse_unknown(request, ())
        organization = acting_organization(request)
        if organization is None:
            raise PermissionDenied
        data = TransferRequestIn(data=request.data)
        data.is_valid(raise_exception=True)
        given = dict(data.validated_data)
        sent = send(
            listing=find_visible(request.user, given.pop("listing")),
            requester=organization,
            by=request.user,
            at=timezone.now(),
            key=idempotency_key(request),
            **given,
        )
        code = status.HTTP_201_CREATED if sent.is_new else status.HTTP_200_OK
        return Response(shown(request, sent.request), status=code)


class TransferRequestDetail(APIView):
    @extend_schema(responses={200: TransferRequestOut, 404: ErrorOut}, summary="One request with its timeline")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, visible(request, public_id)))


class TransferRequestAnswer(APIView):
    @extend_schema(request=AnswerIn, responses={200: TransferRequestOut, **REFUSALS}, summary="Answer as the holder")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        transfer = visible(request, public_id)
        if not request.user.has_perm("deals.answer_request", transfer):
            raise PermissionDenied
        data = AnswerIn(data=request.data)
        data.is_valid(raise_exception=True)
        done = answer(request=transfer, by=request.user, at=timezone.now(), **data.validated_data)
        return Response(shown(request, done))


class TransferRequestWithdraw(APIView):
    @extend_schema(
        request=RequestWithdrawIn, responses={200: TransferRequestOut, **REFUSALS}, summary="Take a request back"
    )
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        transfer = visible(request, public_id)
        if not request.user.has_perm("deals.withdraw_request", transfer):
            raise PermissionDenied
        data = RequestWithdrawIn(data=request.data)
        data.is_valid(raise_exception=True)
        done = withdraw(request=transfer, by=request.user, at=timezone.now(), **data.validated_data)
        return Response(shown(request, done))
