"""Calls for programs: the same list, filters and words as on the pages."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.core.api import ErrorOut, refuse_unknown
from programmes.enums.calls import CallState, SchemeKind
from programmes.filters.calls import CallFilter
from programmes.models import Call
from programmes.queries.calls import outcome_of


class CallRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=SchemeKind.choices)
    state = serializers.ChoiceField(choices=CallState.choices)
    office = serializers.CharField(source="office.display_name")
    title_ko = serializers.CharField()
    title_en = serializers.CharField(allow_blank=True)
    title_zh = serializers.CharField(allow_blank=True)
    budget_won = serializers.IntegerField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    takes_applications = serializers.SerializerMethodField(help_text="Whether an application may be submitted now.")

    def get_takes_applications(self, call: Call) -> bool:
        return call.accepts_at(timezone.now())


class CallOutcomeOut(serializers.Serializer):
    applications = serializers.IntegerField()
    selected = serializers.IntegerField()


class CallOut(CallRow):
    version = serializers.IntegerField(source="current.serial")
    published_at = serializers.DateTimeField()
    end_reason = serializers.CharField(allow_blank=True)
    scheme = serializers.JSONField(
        source="current.content", help_text="Conditions, caps, bands, menu, papers, steps and clocks of this version."
    )
    outcome = serializers.SerializerMethodField(
        help_text="Once it is decided, of the list as it was published; null where fewer than three firms are in it."
    )

    @extend_schema_field(CallOutcomeOut(allow_null=True))
    def get_outcome(self, call: Call) -> Any:
        found = outcome_of(call)
        return CallOutcomeOut(found).data if found else None


def _published(user: Any) -> Any:
    return Call.objects.visible_to(user).published()


@extend_schema_view(get=extend_schema(summary="Calls: open now, coming and closed"))
class CallList(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = CallRow
    filterset_class = CallFilter
    queryset = Call.objects.none()

    def get_queryset(self) -> QuerySet[Call]:
        if getattr(self, "swagger_fake_view", False):
            return Call.objects.none()
        rows: QuerySet[Call] = _published(self.request.user).for_list()
        return rows


class CallDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses={200: CallOut, 404: ErrorOut}, summary="One call with all that it says")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        rows = _published(request.user).select_related("office", "current")
        return Response(CallOut(get_object_or_404(rows, public_id=public_id)).data)
