"""Figures for programs: the same figures, values and rows as the pages, by the same rules of who sees what."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organization
from marketplace.core.api import ErrorOut, refuse_unknown
from policy.api.figure_serializers import (
    FigureOut,
    FigureRowsOut,
    FigureTargetOut,
    FigureValuesOut,
    FrozenValueOut,
)
from policy.models import LiveValue, NationalValue, Snapshot, Target
from policy.models.figures import Valued
from policy.queries.figures.access import Told, figures_for, find, is_hash_told, rows_for, sees_all_rows, told
from policy.queries.figures.figure import Figure, Part, Scope, in_order

MOST, USUAL = 500, 100
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Pair:
    """A stored value and what the reader is told of it."""

    row: Valued
    shown: Told
    has_hash: bool = True


def visible(request: Request, code: str) -> Figure:
    figure = find(request.user, code)
    if figure is None:
        raise Http404
    return figure


class FigureList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="figures_list", responses={200: FigureOut(many=True)}, summary="Figures of the plan: what each is"
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        return Response(FigureOut(figures_for(request.user), many=True).data)


class FigureDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses={200: FigureOut, 404: ErrorOut}, summary="One figure: what it is")
    def get(self, request: Request, code: str) -> Response:
        refuse_unknown(request, ())
        return Response(FigureOut(visible(request, code)).data)


class FigureValues(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        responses={200: FigureValuesOut, 404: ErrorOut},
        summary="Live values of a figure, and what was published for the nation with its gaps",
    )
    def get(self, request: Request, code: str) -> Response:
        refuse_unknown(request, ())
        figure = visible(request, code)
        live = LiveValue.objects.visible_to(request.user, [code]).order_by("-year")
        national = NationalValue.objects.visible_to(request.user).filter(figure=code).order_by("-year")
        content = {
            "code": figure.code,
            "unit": figure.unit,
            "live": [Pair(row, told(request.user, figure, row)) for row in live],
            "national": national,
        }
        return Response(FigureValuesOut(content).data)


@extend_schema_view(
    get=extend_schema(summary="Frozen months of a figure in all their versions, newest first", filters=False)
)
class FigureFrozen(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = FrozenValueOut
    queryset = Snapshot.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Snapshot]:
        if getattr(self, "swagger_fake_view", False):
            return Snapshot.objects.none()
        refuse_unknown(self.request, (), paged=True)
        self.figure = visible(self.request, self.kwargs["code"])
        return Snapshot.objects.visible_to(self.request.user, [self.figure.code]).with_corrections().newest_first()

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        user, figure = self.request.user, self.figure
        has_hash = is_hash_told(user, figure)
        return None if rows is None else [Pair(row, told(user, figure, row), has_hash) for row in rows]


@extend_schema_view(
    get=extend_schema(summary="Targets of a figure that are in force, newest year first", filters=False)
)
class FigureTargets(generics.ListAPIView):
    permission_classes = [AllowAny]
    serializer_class = FigureTargetOut
    queryset = Target.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Target]:
        if getattr(self, "swagger_fake_view", False):
            return Target.objects.none()
        refuse_unknown(self.request, (), paged=True)
        figure = visible(self.request, self.kwargs["code"])
        return Target.objects.visible_to(self.request.user, [figure.code]).current().order_by("-year")


ROWS = [
    OpenApiParameter("part", str, description="Key of a part of the figure; the first one where it is not given."),
    OpenApiParameter("year", int, description="Calendar year, of figures that are told by years; else this year."),
    OpenApiParameter("cursor", str, description="`next_cursor` of the portion before."),
    OpenApiParameter("limit", int, description=f"1 to {MOST}, usually {USUAL}."),
]


class FigureRows(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        parameters=ROWS,
        responses={200: FigureRowsOut, 404: ErrorOut},
        summary="Rows behind a figure, as far as you may see them, in portions",
    )
    def get(self, request: Request, code: str) -> Response:
        refuse_unknown(request, ("part", "year", "cursor", "limit"))
        figure = visible(request, code)
        part, scope, limit = _part(request, figure), _scope(request, figure), _limit(request)
        rows = in_order(rows_for(request.user, part, scope))
        if (after := _after(request)) is not None:
            rows = rows.filter(public_id__lt=after)
        found = list(rows[: limit + 1])
        page = found[:limit]
        content = {
            "part": part.key,
            "unit": part.unit,
            "year": scope.year or None,
            "as_of": scope.day,
            "is_partial": not sees_all_rows(request.user, part),
            "next_cursor": _cursor(page[-1]["public_id"]) if len(found) > limit else None,
            "results": _results(page),
        }
        return Response(FigureRowsOut(content).data)


def _results(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = {row["row_institute"] for row in page} - {None}
    institutes = {each.pk: each for each in Organization.objects.filter(pk__in=keys)}
    return [
        {
            "id": row["public_id"],
            "label": row["row_label"] or "",
            "institute": _institute(institutes.get(row["row_institute"])),
            "day": row["row_day"],
            "amount": row["row_amount"],
        }
        for row in page
    ]


def _institute(organization: Organization | None) -> dict[str, Any] | None:
    return {"id": organization.public_id, "name": organization.display_name} if organization else None


def _part(request: Request, figure: Figure) -> Part:
    key = request.query_params.get("part") or figure.parts[0].key
    part = figure.part(key)
    if part is None:
        known = ", ".join(each.key for each in figure.parts)
        raise ValidationError({"part": [_("There is no such part. Known are: %(names)s.") % {"names": known}]})
    return part


def _scope(request: Request, figure: Figure) -> Scope:
    today, given = timezone.localdate(), request.query_params.get("year")
    if not figure.is_yearly:
        if given is not None:
            raise ValidationError({"year": [_("This figure is not told by years.")]})
        return Scope(today)
    year = today.year if given is None else _whole(given, "year", FIRST_YEAR, LAST_YEAR)
    return Scope(today, year)


def _limit(request: Request) -> int:
    given = request.query_params.get("limit")
    return USUAL if given is None else _whole(given, "limit", 1, MOST)


def _whole(given: str, name: str, least: int, most: int) -> int:
    if given.isascii() and given.isdigit() and len(given) < 6 and least <= int(given) <= most:
        return int(given)
    raise ValidationError(
        {name: [_("Give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}]}
    )


def _cursor(public_id: UUID) -> str:
    return base64.urlsafe_b64encode(public_id.bytes).decode().rstrip("=")


def _after(request: Request) -> UUID | None:
    """Where the portion before ended. Rows are never given out again under another id, so it stays good for good."""
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        return UUID(bytes=base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise ValidationError({"cursor": [_("This cursor was not given out here. Begin without one.")]}) from None
