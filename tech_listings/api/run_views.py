from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import SignedInApiRequest
from accounts.roles import Permission, has_permission
from marketplace.core.api import ErrorOut, refuse_unknown
from marketplace.core.exports import csv_response
from tech_listings.api.run_serializers import ApplyIn, MappingIn, PlannedRowOut, RunIn, RunOut, RunRowOut
from tech_listings.api.views import own_organization
from tech_listings.enums import ImportTarget, RowAction, RunState
from tech_listings.models import Run, RunRow
from tech_listings.services import ingest_apply, ingest_receive, ingest_report
from tech_listings.services.ingest_targets import target, target_of

ANSWERS = {200: RunOut}


class RunFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=RunState.choices)
    source = django_filters.CharFilter(field_name="source__name", label="Name of the source")
    target = django_filters.ChoiceFilter(field_name="source__target", choices=ImportTarget.choices)

    class Meta:
        model = Run
        fields = ["state", "source", "target"]


class RowFilter(django_filters.FilterSet):
    action = django_filters.ChoiceFilter(choices=RowAction.choices)

    class Meta:
        model = RunRow
        fields = ["action"]


def visible_run(request: Request, run_id: UUID, *, to_import: bool = False) -> Run:
    """A run of one's own organizations (else 404), where asked one that one may import (else 403)."""
    runs = Run.objects.visible_to(request.user).select_related("source__organization")
    run = get_object_or_404(runs, public_id=run_id)
    permission = target_of(run).permission if to_import else Permission.VIEW_ORGANIZATION
    if not has_permission(request.user, permission, run.source.organization):
        raise PermissionDenied
    return run


@extend_schema_view(
    get=extend_schema(summary="Imports of your organization, newest first"),
    post=extend_schema(
        summary="Upload a file and compare it",
        request=RunIn,
        responses={201: RunOut, 200: OpenApiResponse(RunOut, "The earlier import of this very file")},
    ),
)
class RunList(generics.ListAPIView):
    """Uploading changes nothing: the file is compared, and applied by a call of its own."""

    serializer_class = RunRowOut
    filterset_class = RunFilter
    parser_classes = [MultiPartParser]
    queryset = Run.objects.none()

    def get_queryset(self) -> QuerySet[Run]:
        if getattr(self, "swagger_fake_view", False):
            return Run.objects.none()
        organization = own_organization(self.request, Permission.VIEW_ORGANIZATION)
        return Run.objects.filter(source__organization=organization).for_list()

    def post(self, request: SignedInApiRequest) -> Response:
        own_organization(request, Permission.VIEW_ORGANIZATION)
        data = RunIn(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        organization = own_organization(request, target(given["target"]).permission)
        run, is_new = ingest_receive.receive_for(
            organization=organization,
            name=given["source"],
            target=given["target"],
            file=given["file"],
            file_name=given["file"].name,
            kind=given["kind"],
            format=given.get("format", ""),
            mapping=given.get("mapping"),
            again=given["again"],
            by=request.user,
            at=timezone.now(),
        )
        return Response(RunOut(run).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class RunDetail(APIView):
    @extend_schema(responses={200: RunOut, 403: ErrorOut, 404: ErrorOut}, summary="Where an import stands")
    def get(self, request: Request, run_id: UUID) -> Response:
        refuse_unknown(request, ())
        return Response(RunOut(visible_run(request, run_id)).data)


class RunMapping(APIView):
    @extend_schema(request=MappingIn, responses=ANSWERS, summary="Choose the columns and compare anew")
    def put(self, request: SignedInApiRequest, run_id: UUID) -> Response:
        run = visible_run(request, run_id, to_import=True)
        data = MappingIn(data=request.data)
        data.is_valid(raise_exception=True)
        mapping = data.validated_data["mapping"]
        chosen = ingest_receive.choose_mapping(run=run, mapping=mapping, by=request.user, at=timezone.now())
        return Response(RunOut(chosen).data)


class RunApply(APIView):
    @extend_schema(request=ApplyIn, responses=ANSWERS, summary="Apply a compared import")
    def post(self, request: SignedInApiRequest, run_id: UUID) -> Response:
        """Twice is the same as once. 409 `needs_confirmation` where too much would be withdrawn."""
        run = visible_run(request, run_id, to_import=True)
        data = ApplyIn(data=request.data)
        data.is_valid(raise_exception=True)
        approved = ingest_apply.approve_run(run=run, by=request.user, at=timezone.now(), **data.validated_data)
        return Response(RunOut(approved).data)


class RunCancel(APIView):
    @extend_schema(request=None, responses=ANSWERS, summary="Cancel an import; what is applied stays")
    def post(self, request: SignedInApiRequest, run_id: UUID) -> Response:
        run = visible_run(request, run_id, to_import=True)
        return Response(RunOut(ingest_receive.cancel_run(run=run, by=request.user, at=timezone.now())).data)


class RunCompare(APIView):
    @extend_schema(request=None, responses=ANSWERS, summary="Compare anew")
    def post(self, request: SignedInApiRequest, run_id: UUID) -> Response:
        run = visible_run(request, run_id, to_import=True)
        return Response(RunOut(ingest_receive.plan_again(run=run, by=request.user, at=timezone.now())).data)


@extend_schema(summary="What an import does row by row; unchanged rows are only counted")
class RunRows(generics.ListAPIView):
    serializer_class = PlannedRowOut
    filterset_class = RowFilter
    queryset = RunRow.objects.none()

    def get_queryset(self) -> QuerySet[RunRow]:
        if getattr(self, "swagger_fake_view", False):
            return RunRow.objects.none()
        run = visible_run(self.request, self.kwargs["run_id"])
        return run.rows.defer("cells").order_by("action", "row", "pk")


class RunErrors(APIView):
    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY, 403: ErrorOut, 404: ErrorOut},
        summary="Refused rows as CSV, to be corrected and sent again",
    )
    def get(self, request: Request, run_id: UUID, **kwargs: Any) -> HttpResponseBase:
        refuse_unknown(request, ())
        run = visible_run(request, run_id)
        return csv_response(
            f"{run.file_name.rpartition('.')[0] or run.file_name}-errors.csv", ingest_report.error_rows(run)
        )
