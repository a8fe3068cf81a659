"""Pages over large tables without counting them: a count stops at a ceiling and is then shown as “10,000+”.

A sequence may know that there are more than it holds: then it has a true attribute `more`, and `many` where these are
more than the ceiling.
"""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

CEILING = 10_000


def bounded_count(rows: QuerySet[Any] | Sequence[Any]) -> int:
    """How many there are at least, counted no further than one past `CEILING`."""
    if isinstance(rows, QuerySet):
        return rows.order_by()[: CEILING + 1].count()
    return CEILING + 1 if getattr(rows, "many", False) else len(rows)


def has_more(rows: QuerySet[Any] | Sequence[Any], counted: int) -> bool:
    """Whether there are more than `counted`, which `bounded_count` gave, or than can be leafed through."""
    return counted > CEILING or bool(getattr(rows, "more", False))


def count_text(counted: int, *, more: bool) -> str:
    """`5,830`, or `5,800+` where there are more."""
    if not more:
        return f"{counted:,}"
    return f"{counted // 100 * 100 if counted >= 100 else counted:,}+"


class BoundedPaginator(Paginator):
    """Django's paginator that counts to `CEILING` and no further. Pages beyond the ceiling cannot be asked for."""

    @cached_property
    def bounded(self) -> int:
        return bounded_count(self.object_list)  # type: ignore[arg-type]

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        """How many can be leafed through."""
        held = CEILING if isinstance(self.object_list, QuerySet) else len(self.object_list)
        return min(self.bounded, CEILING, held)

    @property
    def more_than_counted(self) -> bool:
        return has_more(self.object_list, self.bounded)  # type: ignore[arg-type]

    @property
    def count_text(self) -> str:
        return count_text(min(self.bounded, CEILING), more=self.more_than_counted)


class BoundedPagination(LimitOffsetPagination):
    """`limit` (1–100) and `offset` (up to 10,000). `count` stops at 10,000; `count_is_exact` says whether it did."""

    default_limit = 20
    max_limit = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        for name in (self.limit_query_param, self.offset_query_param):
            given = request.query_params.get(name)
            if given is not None and not (given.isascii() and given.isdigit() and len(given) < 9):
                message = _("“%(value)s” is not a whole number of 0 or more.") % {"value": given[:40]}
                raise ValidationError({name: [message]})
        if int(request.query_params.get(self.offset_query_param) or 0) > CEILING:
            message = _("At most %(most)s. Narrow the search instead.") % {"most": CEILING}
            raise ValidationError({self.offset_query_param: [message]})
        return super().paginate_queryset(queryset, request, view)

    def get_count(self, queryset: Any) -> int:
        bounded = bounded_count(queryset)
        self.is_exact = not has_more(queryset, bounded)
        return min(bounded, CEILING)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "count": self.count,
                "count_is_exact": self.is_exact,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["properties"]["count_is_exact"] = {"type": "boolean"}
        described["required"] = ["count", "count_is_exact", "next", "previous", "results"]
        return described
