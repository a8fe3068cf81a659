"""Long exports for programs: order one, ask how far it is, fetch the file."""

from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.pages import without_empty
from marketplace.core.serializers import StrictSerializer
from tech_listings.enums import ExportFormat, ExportState
from tech_listings.exports import CONTENT_TYPES, OF_THE_PAGE_ONLY, Selection, file_of
from tech_listings.models import ListingExport
from tech_listings.services.export import LONGEST_QUERY, request_export, try_again

XLSX = CONTENT_TYPES[ExportFormat.XLSX]


class ExportOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    query = serializers.CharField()
    format = serializers.ChoiceField(choices=ExportFormat.choices)
    state = serializers.ChoiceField(choices=ExportState.choices)
    rows = serializers.IntegerField(help_text="Written until now; in the end, of the file")
    total = serializers.IntegerField(help_text="To be written")
    is_cut = serializers.BooleanField(help_text="More than 10,000 were found; the file has the first of them")
    created_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    file = serializers.SerializerMethodField(help_text="Where the file is, once it is ready")

    def get_file(self, export: ListingExport) -> str | None:
        ready = export.state == ExportState.READY
        return reverse("tech_listings-api:export-file", args=[export.public_id]) if ready else None


class ExportIn(StrictSerializer):
    query = serializers.CharField(
        allow_blank=True,
        default="",
        max_length=LONGEST_QUERY,
        help_text="What stands after ? in the address of the search, as of GET /listings/: q=수소&trl=6",
    )
    format = serializers.ChoiceField(choices=ExportFormat.choices, default=ExportFormat.CSV)

    def validate_query(self, query: str) -> str:
        """The search in one form. What the search does not know is refused and not left out (lessons F56)."""
        given = QueryDict(query.removeprefix("?"))
        selection = Selection(given)
        form = selection.filterset.form
        known = {n for field in form for n in getattr(field.field.widget, "names", None) or [field.html_name]}
        if unknown := sorted(set(without_empty(given)) - known - set(OF_THE_PAGE_ONLY)):
            raise serializers.ValidationError(
                [_("There is no parameter “%(name)s”.") % {"name": name[:40]} for name in unknown], "unknown"
            )
        if not form.is_valid():
            said = [f"{name}: {error}" for name, errors in form.errors.items() for error in errors]
            raise serializers.ValidationError(said)
        return selection.query.urlencode()


class ExportFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ExportState.choices)

    class Meta:
        model = ListingExport
        fields = ["state"]


def own_export(request: Request, public_id: UUID) -> ListingExport:
    rows = ListingExport.objects.visible_to(request.user).kept_at(timezone.now())
    return get_object_or_404(rows, public_id=public_id)


@extend_schema_view(
    get=extend_schema(summary="Your exports, newest first"),
    post=extend_schema(
        summary="Have a search made into a file",
        description="At most 10,000 rows, kept for 7 days. 200 where the same search is being prepared already.",
        request=ExportIn,
        responses={201: ExportOut, 200: OpenApiResponse(ExportOut, "The same search, which waits already")},
    ),
)
class ExportList(generics.ListAPIView):
    serializer_class = ExportOut
    filterset_class = ExportFilter
    queryset = ListingExport.objects.none()

    def get_queryset(self) -> QuerySet[ListingExport]:
        return ListingExport.objects.visible_to(self.request.user).kept_at(timezone.now()).newest_first()

    def post(self, request: SignedInApiRequest) -> Response:
        data = ExportIn(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        export, is_new = request_export(
            query=given["query"],
            format=given["format"],
            language=get_language() or "ko",
            total=Selection(QueryDict(given["query"])).many,
            by=request.user,
            at=timezone.now(),
        )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ExportOut(export).data, status=code)


class ExportDetail(APIView):
    @extend_schema(responses={200: ExportOut, 404: ErrorOut}, summary="How far an export is")
    def get(self, request: Request, public_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(ExportOut(own_export(request, public_id)).data)


class ExportAgain(APIView):
    @extend_schema(request=None, responses={200: ExportOut}, summary="Try a failed export again")
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        export = try_again(export=own_export(request, public_id), by=request.user, at=timezone.now())
        return Response(ExportOut(export).data)


class ExportFile(APIView):
    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, XLSX): OpenApiTypes.BINARY, 404: ErrorOut},
        summary="The file of an export that is ready",
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponseBase:
        refuse_unknown(request, ())
        return file_of(own_export(request, public_id))
