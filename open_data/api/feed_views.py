"""The change feed, bulk files and totals: open for everybody, with an allowance of its own for each key."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.api import ErrorOut, refuse_unknown
from open_data.api.access import KeyView
from open_data.api.feed_serializers import BulkOut, ChangesOut, TotalsOut
from open_data.api.ranges import part_of_file
from open_data.enums import Collection, Scope
from open_data.models import BulkFile
from open_data.queries.cursors import position_of
from open_data.queries.feed import MOST, page_after
from open_data.queries.records import chosen_fields
from open_data.queries.totals import totals
from open_data.services.bulk import path_of

USUAL = 100
LICENCE = "KOGL-1"


class Changes(KeyView):
    scope, is_public = Scope.READ, True

    @extend_schema(
        operation_id="changes",
        parameters=[
            OpenApiParameter("collection", str, enum=Collection.values, description="`listings` where it is left out."),
            OpenApiParameter("since", str, description="The cursor of the last answer, or of a bulk file."),
            OpenApiParameter("limit", int, description=f"1 to {MOST}, else {USUAL}."),
            OpenApiParameter("opt_fields", str, description="Which fields a record has, separated by commas."),
        ],
        responses={200: ChangesOut, 410: ErrorOut, 503: ErrorOut},
        summary="What changed since a cursor; without one, everything",
        description="Nothing is skipped and nothing comes twice, whoever writes meanwhile. What is not public any more "
        "comes as `deleted`, without content. Ask until `more` is false, then again later from `cursor`.",
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ("collection", "since", "limit", "opt_fields"))
        asked = request.query_params
        collection = asked.get("collection", Collection.LISTINGS)
        if collection not in Collection.values:
            known = ", ".join(Collection.values)
            raise ValidationError({"collection": [_("There is no such collection. Known are: %(k)s.") % {"k": known}]})
        limit = _limit(asked.get("limit"))
        fields = chosen_fields(collection, asked["opt_fields"]) if "opt_fields" in asked else None
        page = page_after(position_of(asked.get("since", ""), collection=collection), limit=limit, fields=fields)
        cursor = page.end.text
        query = {name: asked[name] for name in ("collection", "limit", "opt_fields") if name in asked}
        body = {
            "collection": collection,
            "changes": [
                {"id": row.object_id, "deleted": row.record is None, "changed_at": row.at, "record": row.record}
                for row in page.moved
            ],
            "cursor": cursor,
            "more": page.more,
            "next": f"{settings.SITE_URL}{reverse('open_data-api:changes')}?{urlencode(query | {'since': cursor})}",
        }
        return Response(ChangesOut(body).data)


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise ValidationError({"limit": [_("A whole number from 1 to %(most)d.") % {"most": MOST}]})
    return int(text)


class Bulk(KeyView):
    scope, is_public = Scope.BULK, True

    @extend_schema(responses=BulkOut, summary="The bulk files, newest first, with checksums")
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        files = BulkFile.objects.order_by("-taken_at", "name")
        return Response(BulkOut({"licence": LICENCE, "files": files}).data)


class BulkDownload(KeyView):
    scope, is_public = Scope.BULK, True

    @extend_schema(
        operation_id="bulk_file",
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="`bytes=1000-` goes on.")],
        responses={
            (200, "application/gzip"): OpenApiTypes.BINARY,
            (206, "application/gzip"): OpenApiTypes.BINARY,
            404: ErrorOut,
            416: None,
        },
        summary="A bulk file, packed with gzip; a part of it where `Range` asks",
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        refuse_unknown(request, ())
        file = get_object_or_404(BulkFile, name=name)
        return part_of_file(request._request, path_of(file.name), name=file.name, checksum=file.sha256)


class Totals(KeyView):
    scope, is_public = Scope.READ, True

    @extend_schema(responses=TotalsOut, summary="Totals of technologies, brokers, vouchers and confirmed deals")
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        body: Any = totals(at=timezone.now())
        return Response(TotalsOut(body).data)
