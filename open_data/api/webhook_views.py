"""Webhooks for programs: with a key of the organization, or as a manager of it."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.idempotency import OFFERED, PARAMETER, idempotency_key
from marketplace.core.ids import uuid7
from marketplace.core.pagination import BoundedPagination
from marketplace.core.serializers import StrictSerializer
from open_data.api.access import KeyView
from open_data.api.partner_serializers import (
    WebhookIn,
    WebhookMadeOut,
    WebhookMessageOut,
    WebhookOut,
    WebhookPatchIn,
)
from open_data.enums import EndpointState, Scope
from open_data.models import WebhookEndpoint, WebhookMessage
from open_data.services.webhooks import change_endpoint, create_endpoint, replay, rotate_secret, send_test, switch

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


class Nothing(StrictSerializer):
    """A body without fields."""


class WebhookView(KeyView):
    scope = Scope.WEBHOOKS

    def own(self, request: Request) -> QuerySet[WebhookEndpoint]:
        organization, _user = self.acting(request)
        return WebhookEndpoint.objects.filter(organization=organization).standing().for_list()

    def endpoint(self, request: Request, public_id: UUID) -> WebhookEndpoint:
        return get_object_or_404(self.own(request), public_id=public_id)


@extend_schema_view(
    get=extend_schema(operation_id="webhooks", responses=WebhookOut(many=True), summary="Where your messages go"),
    post=extend_schema(
        request=WebhookIn, responses={201: WebhookMadeOut, **REFUSALS}, parameters=[PARAMETER],
        summary="Have messages sent to an address",
    ),
)  # fmt: skip
class Webhooks(WebhookView):
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        return Response(WebhookOut(self.own(request), many=True).data)

    def post(self, request: Request) -> Response:
        organization, user = self.acting(request)
        given = read(request, WebhookIn)
        endpoint, secret = create_endpoint(
            organization=organization,
            by=user,
            at=timezone.now(),
            public_id=idempotency_key(request) or uuid7(),
            **given,
        )
        body = WebhookMadeOut(endpoint, context={"secret": secret}).data
        return Response(body, status=status.HTTP_201_CREATED)


class Webhook(WebhookView):
    @extend_schema(responses={200: WebhookOut, 404: ErrorOut}, summary="One of them")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(WebhookOut(self.endpoint(request, public_id)).data)

    @extend_schema(
        request=WebhookPatchIn, responses={200: WebhookOut, **REFUSALS}, summary="Change it, switch it on or off"
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        found, (_organization, user) = self.endpoint(request, public_id), self.acting(request)
        given = read(request, WebhookPatchIn)
        to = EndpointState(given.pop("state")) if "state" in given else None
        change_endpoint(endpoint=found, to=to, by=user, at=timezone.now(), **given)
        return Response(WebhookOut(self.endpoint(request, public_id)).data)

    @extend_schema(responses={204: None, **REFUSALS}, summary="Remove it")
    def delete(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        found, (_organization, user) = self.endpoint(request, public_id), self.acting(request)
        switch(endpoint=found, to=EndpointState.REMOVED, by=user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookRotate(WebhookView):
    @extend_schema(
        request=Nothing, responses={200: WebhookMadeOut, **REFUSALS}, parameters=[PARAMETER],
        summary="A new secret; the old one signs beside it for a day",
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID) -> Response:
        found, (_organization, user) = self.endpoint(request, public_id), self.acting(request)
        read(request, Nothing)
        key = idempotency_key(request) or uuid7()
        secret = rotate_secret(endpoint=found, key=key, by=user, at=timezone.now())
        now = self.endpoint(request, public_id)
        return Response(WebhookMadeOut(now, context={"secret": secret}).data)


class WebhookTest(WebhookView):
    @extend_schema(
        request=Nothing, responses={201: WebhookMessageOut, **REFUSALS}, parameters=[OFFERED],
        summary="Have a test message sent",
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID) -> Response:
        found, (_organization, user) = self.endpoint(request, public_id), self.acting(request)
        read(request, Nothing)
        made = send_test(endpoint=found, by=user, at=timezone.now(), public_id=idempotency_key(request))
        return Response(WebhookMessageOut(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    get=extend_schema(operation_id="webhook_messages", responses=WebhookMessageOut(many=True), summary="What was sent")
)
class WebhookMessages(WebhookView):
    pagination_class = BoundedPagination

    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, (), paged=True)
        found = self.endpoint(request, public_id)
        pages = BoundedPagination()
        rows = pages.paginate_queryset(found.messages.newest_first(), request, self)
        return pages.get_paginated_response(WebhookMessageOut(rows, many=True).data)


class WebhookReplay(WebhookView):
    @extend_schema(request=Nothing, responses={200: WebhookMessageOut, **REFUSALS}, summary="Send a message once more")
    def post(self, request: Request, public_id: UUID) -> Response:
        _organization, user = self.acting(request)
        rows = WebhookMessage.objects.select_related("endpoint").filter(endpoint__in=self.own(request).values("pk"))
        message = get_object_or_404(rows, public_id=public_id)
        read(request, Nothing)
        replay(message=message, by=user, at=timezone.now())
        message.refresh_from_db()
        return Response(WebhookMessageOut(message).data)
