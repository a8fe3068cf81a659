"""How many listings each box of a filter would leave."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connections
from django.db.models import CharField, F, Func, IntegerField, QuerySet, Value
from django.utils import timezone

from marketplace.core.pagination import CEILING
from tech_listings.filters import ConfirmedWithin, ListedWithin, ListingFilter, chosen_values
from tech_listings.models import Listing
from tech_listings.querysets import price_band_sql
from tech_listings.search.narrowing import among


@dataclass(frozen=True)
class Option:
    """A box of a filter: how many it would leave, and whether it is ticked."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    options: list[Option]
    one_of: bool = False

    @property
    def chosen(self) -> int:
        return sum(option.chosen for option in self.options)


BETWEEN = ","
"""Stands between values that the database gives in one text; none of them has it."""

# Written as the functions of SQL they are: a Case of Q takes Django as long to put together as the counting takes.
FACETS: dict[str, Any] = {
    "st": Func(F("st_class"), Value(2), function="left", output_field=CharField()),
    "trl": F("trl"),
    "holder_kind": Func(
        F("holder__institute_kind"), F("holder__kind"),
        template="coalesce(nullif(%(expressions)s)", arg_joiner=", ''), ", output_field=CharField(),
    ),
    "deal": Func(F("deal_kinds"), Value(BETWEEN), function="array_to_string", output_field=CharField()),
    "right": F("right_summary"),
    "state": F("state"),
    "price": Func(F("price_won"), template=price_band_sql("%(expressions)s"), output_field=CharField()),
}  # fmt: skip


def _listed_within() -> Func:
    """How many of the periods hold the moment a listing was registered."""
    now = timezone.now()
    return _periods_with("registered_at", [now - timedelta(days=int(days)) for days in ListedWithin.values])


def _confirmed_within() -> Func:
    """How many of the periods hold the day on which a listing was confirmed."""
    today = timezone.localdate()
    return _periods_with("confirmed_on", [today - timedelta(days=int(days)) for days in ConfirmedWithin.values])


def _periods_with(field: str, starts: Sequence[date]) -> Func:
    return Func(F(field), Value(sorted(starts)), function="width_bucket", output_field=IntegerField())


PERIODS: dict[str, tuple[list[str], Callable[[], Func]]] = {
    "listed": (ListedWithin.values, _listed_within),
    "confirmed": (ConfirmedWithin.values, _confirmed_within),
}
"""Facets of which one box is chosen: their values, the shortest first, and what says how many hold a listing."""

PUBLIC_FACETS = ("st", "trl", "holder_kind", "deal", "right", "price", "listed", "confirmed")


def facets(
    filterset: ListingFilter, names: Iterable[str] = PUBLIC_FACETS, *, within: Sequence[int] | None = None
) -> list[Facet]:
    """For each filter the count per box, all other filters applied.

    Counted are the listings with the ids `within` (the best hits of a question); without it the newest that are left,
    at most `CEILING`. One query for all filters that are not set, and one for each that is.
    """
    cleaned = chosen_values(filterset)
    wanted = list(names)
    free = [name for name in wanted if not cleaned.get(name)]
    counted = _counted(filterset, free, but="", within=within)
    for name in wanted:
        if name not in free:
            counted |= _counted(filterset, [name], but=name, within=within)
    return [_facet(filterset, name, cleaned.get(name), counted[name]) for name in wanted]


def _facet(filterset: ListingFilter, name: str, given: Any, counted: Counter[str]) -> Facet:
    chosen = {str(v) for v in given} if isinstance(given, list) else {str(given)}
    field = filterset.form.fields[name]
    options = [
        Option(value, str(label), counted[value], value in chosen)
        for value, label in ((str(value), label) for value, label in field.choices)  # type: ignore[attr-defined]
        if value and (counted[value] or value in chosen)
    ]
    return Facet(name, str(field.label), options, name in PERIODS)


def _counted(
    filterset: ListingFilter, names: Sequence[str], *, but: str, within: Sequence[int] | None
) -> dict[str, Counter[str]]:
    if not names:
        return {}
    rows = filterset.narrowed(but=but)
    if within is not None:
        rows = among(rows, within)
    else:
        if words := chosen_values(filterset).get("q"):
            rows = filterset.filters["q"].filter(rows, words)
        newest = rows.order_by("-registered_at", "-pk").values("pk")[:CEILING]
        rows = Listing.objects.using(rows.db).filter(pk__in=newest)
    return _grouped(rows, names)


def _grouped(rows: QuerySet[Listing], names: Sequence[str]) -> dict[str, Counter[str]]:
    """How many of `rows` have each value of each facet, in one reading of the rows.

    The values of a facet come as one text: to group by each of eight takes the database as long as to read the rows.
    """
    values = {f"facet_{name}": PERIODS[name][1]() if name in PERIODS else FACETS[name] for name in names}
    sql, params = rows.annotate(**values).order_by().values_list(*values).query.sql_with_params()
    lists = ", ".join(f"string_agg({column}::text, '{BETWEEN}')" for column in values)
    with connections[rows.db].cursor() as cursor:
        cursor.execute(f"SELECT {lists} FROM ({sql}) facets", params)
        found = cursor.fetchone()
    return {
        name: _of_periods(name, texts) if name in PERIODS else Counter(texts.split(BETWEEN))
        for name, texts in zip(names, (each or "" for each in found), strict=True)
    }


def _of_periods(name: str, texts: str) -> Counter[str]:
    """How many are in each period: a longer one holds what the shorter ones hold."""
    periods, held_by = PERIODS[name][0], Counter(texts.split(BETWEEN))
    found: Counter[str] = Counter()
    for n, days in enumerate(periods):
        found[days] = sum(held_by[str(many)] for many in range(len(periods) - n, len(periods) + 1))
    return found
