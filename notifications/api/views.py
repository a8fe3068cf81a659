from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut
from notifications import registry
from notifications.api.serializers import MarkedOut, NotificationOut
from notifications.filters import NotificationFilter
from notifications.models import Notification
from notifications.services.read import mark_all_read, mark_read


class NotificationList(generics.ListAPIView):
    """Your inbox, newest first. `show=unread` narrows it."""

    request: SignedInApiRequest
    serializer_class = NotificationOut
    filterset_class = NotificationFilter
    queryset = Notification.objects.none()

    def get_queryset(self) -> QuerySet[Notification]:
        return Notification.objects.visible_to(self.request.user).for_list()

    def paginate_queryset(self, queryset: QuerySet[Any, Any]) -> list[Any]:
        rows = super().paginate_queryset(queryset) or []
        return [row for row in rows if registry.still_visible(self.request.user, row.kind, row.target_id)]


class NotificationRead(APIView):
    @extend_schema(request=None, responses={200: MarkedOut, 404: ErrorOut})
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """Mark one message as read. Twice is the same as once."""
        row = get_object_or_404(Notification.objects.visible_to(request.user), public_id=public_id)
        return Response({"marked": mark_read(notifications=[row], by=request.user, at=timezone.now())})


class NotificationReadAll(APIView):
    @extend_schema(request=None, responses={200: MarkedOut})
    def post(self, request: SignedInApiRequest) -> Response:
        """Mark everything in the inbox as read."""
        return Response({"marked": mark_all_read(by=request.user, at=timezone.now())})
