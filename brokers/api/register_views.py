"""The register of brokers for programs: the page's filters, order and visibility."""

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.models import Organization
from brokers.api.fee_views import REFUSALS
from brokers.api.register_serializers import BrokerEntryIn, BrokerOut, BrokerRow
from brokers.filters.register import RegisterFilter
from brokers.models import Registration
from brokers.queries.register import draw, entries, shown_ratings
from brokers.services.register.edit_entry import edit_entry
from marketplace.core.api import ErrorOut, read, refuse_unknown
from marketplace.core.errors import DomainError


@extend_schema_view(get=extend_schema(summary="Registered agencies and traders, in the order of the day"))
class BrokerList(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = BrokerRow
    filterset_class = RegisterFilter
    queryset = Registration.objects.none()

    def get_queryset(self) -> QuerySet[Registration]:
        if getattr(self, "swagger_fake_view", False):
            return Registration.objects.none()
        return Registration.objects.visible_to(self.request.user).listed().for_register()

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        return None if rows is None else entries(rows, day=timezone.localdate())

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"draw": partial(draw, timezone.localdate())}


class BrokerDetail(APIView):
    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.request.method in SAFE_METHODS else [IsAuthenticated()]

    @extend_schema(responses={200: BrokerOut, 404: ErrorOut}, summary="One broker, also one that was cancelled")
    def get(self, request: Request, number: str) -> Response:
        refuse_unknown(request, ())
        return Response(shown(request, number))

    @extend_schema(
        request=BrokerEntryIn, responses={200: BrokerOut, **REFUSALS}, summary="Change your own entry in the register"
    )
    def patch(self, request: SignedInApiRequest, number: str) -> Response:
        found = visible(request, number)
        if not request.user.has_perm("brokers.own_entry", found):
            raise PermissionDenied
        given = read(request, BrokerEntryIn)
        revision, declares = given.pop("revision"), given.pop("declares_conflicts")
        if "ipc" in given:
            given["ipc_prefixes"] = given.pop("ipc")
        if "office" in given:
            given["organization"] = _office(given.pop("office"))
        try:
            edit_entry(
                registration=found, content=given, revision=revision, declares_conflicts=declares,
                by=request.user, at=timezone.now(),
            )  # fmt: skip
        except DomainError as error:
            error.field = {"ipc_prefixes": "ipc", "organization": "office"}.get(error.field or "", error.field)
            raise
        return Response(shown(request, number))


def visible(request: Request, number: str) -> Registration:
    return get_object_or_404(Registration.objects.visible_to(request.user).for_register(), number=number)


def shown(request: Request, number: str) -> Any:
    """As it is in the database now."""
    day, found = timezone.localdate(), visible(request, number)
    (entry,) = entries([found], day=day)
    context = {"draw": partial(draw, day), "day": day, "ratings": shown_ratings(found)}
    return BrokerOut(entry, context=context).data


def _office(public_id: Any) -> Organization | None:
    if public_id is None:
        return None
    found = Organization.objects.filter(public_id=public_id).first()
    if found is None:
        raise DomainError(_("There is no organization with this id."), field="office")
    return found
