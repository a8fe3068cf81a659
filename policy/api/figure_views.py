"""Figures for programs: the same figures, values and rows as the pages, by the same rules of who sees what."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date
from struct import Struct
from struct import error as StructError
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import Throttled, ValidationError
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
from policy.enums.figures import FIRST_YEAR, LAST_YEAR
from policy.forms.figures import WAIT_S, may_unpack
from policy.models import LiveValue, NationalValue, Snapshot, Target
from policy.models.figures import Valued
from policy.queries.figures.access import (
    Told,
    figures_for,
    find,
    frozen_for,
    is_hash_told,
    kept_for,
    rows_for,
    sees_all_rows,
    told,
)
from policy.queries.figures.figure import SHAPE, Figure, Part, Scope, in_order
from policy.services.figures.freeze import last_day_of

MOST, USUAL = 500, 100
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)


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
    OpenApiParameter(
        "month",
        str,
        description="`2026-10`: rows as they were when that month was frozen, in the version that you are told. "
        "The year is then that of the month, where none is given.",
    ),
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
        refuse_unknown(request, ("part", "year", "month", "cursor", "limit"))
        figure, month = visible(request, code), _month(request)
        part, scope, limit = _part(request, figure), _scope(request, figure, month), _limit(request)
        found = _live(request, part, scope, limit) if month is None else _frozen(request, figure, part, scope, limit)
        content = {
            "part": part.key,
            "unit": part.unit,
            "year": scope.year or None,
            "as_of": scope.day,
            "month": found.snapshot and f"{found.snapshot.month:%Y-%m}",
            "version": found.snapshot and found.snapshot.version,
            "is_partial": not sees_all_rows(request.user, part),
            "next_cursor": _text(found.end) if found.end else None,
            "results": _results(found.rows),
        }
        return Response(FigureRowsOut(content).data)


@dataclass(frozen=True)
class Portion:
    """Some rows, and what the cursor after them holds; None on the last portion."""

    rows: list[dict[str, Any]]
    end: bytes | None
    snapshot: Snapshot | None = None


def _live(request: Request, part: Part, scope: Scope, limit: int) -> Portion:
    """Rows are never given out again under another id, so a cursor stays good for good."""
    rows = in_order(rows_for(request.user, part, scope))
    if (after := _after(request)) is not None:
        try:
            rows = rows.filter(public_id__lt=UUID(bytes=after))
        except ValueError:
            raise _bad_cursor() from None
    found = list(rows[: limit + 1])
    page = found[:limit]
    return Portion(page, page[-1]["public_id"].bytes if len(found) > limit else None)


PLACE = Struct(">HQ")
"""In the cursor of a frozen month: its version, so that no correction comes between, and where the last row began."""


def _frozen(request: Request, figure: Figure, part: Part, scope: Scope, limit: int) -> Portion:
    if not may_unpack(request, part):
        raise Throttled(WAIT_S)
    month = scope.day.replace(day=1)
    snapshot, start = frozen_for(request.user, figure, month, scope.year), -1
    if (after := _after(request)) is not None:
        try:
            version, start = PLACE.unpack(after)
        except StructError:
            raise _bad_cursor() from None
        versions = Snapshot.objects.visible_to(request.user, [figure.code])
        snapshot = versions.filter(month=month, year=scope.year, version=version).first()
    if snapshot is None:
        raise ValidationError(
            {"month": [_("Of this year nothing was frozen in that month. Choose another month or year.")]}
        )
    kept = kept_for(request.user, snapshot, part)
    first = kept.after(start)
    last = min(first + limit, len(kept))
    rows = [dict(zip(SHAPE, (None, *row[1:]), strict=True)) for row in kept[first:last]]
    end = PLACE.pack(snapshot.version, kept.start(last - 1)) if last < len(kept) else None
    return Portion(rows, end, snapshot)


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


def _month(request: Request) -> date | None:
    """Its first day."""
    given = request.query_params.get("month")
    if given is None:
        return None
    if not MONTH.fullmatch(given):
        raise ValidationError({"month": [_("Give a month as in 2026-10.")]})
    return date.fromisoformat(f"{given}-01")


def _scope(request: Request, figure: Figure, month: date | None) -> Scope:
    """Up to today, or to the last day of the frozen month."""
    day, given = last_day_of(month) if month else timezone.localdate(), request.query_params.get("year")
    if not figure.is_yearly:
        if given is not None:
            raise ValidationError({"year": [_("This figure is not told by years.")]})
        return Scope(day)
    return Scope(day, day.year if given is None else _whole(given, "year", FIRST_YEAR, LAST_YEAR))


def _limit(request: Request) -> int:
    given = request.query_params.get("limit")
    return USUAL if given is None else _whole(given, "limit", 1, MOST)


def _whole(given: str, name: str, least: int, most: int) -> int:
    if given.isascii() and given.isdigit() and len(given) < 6 and least <= int(given) <= most:
        return int(given)
    raise ValidationError(
        {name: [_("Give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}]}
    )


def _text(end: bytes) -> str:
    return base64.urlsafe_b64encode(end).decode().rstrip("=")


def _after(request: Request) -> bytes | None:
    """Where the portion before ended."""
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise _bad_cursor() from None


def _bad_cursor() -> ValidationError:
    return ValidationError({"cursor": [_("This cursor was not given out here. Begin without one.")]})
