"""How many listings each box of a filter would leave."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connections
from django.db.models import Case, CharField, F, Func, Q, QuerySet, Value, When
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


FACETS: dict[str, Any] = {
    "st": Func(F("st_class"), Value(2), function="left", output_field=CharField()),
    "trl": F("trl"),
    "holder_kind": Case(
        When(~Q(holder__institute_kind=""), then=F("holder__institute_kind")),
        default=F("holder__kind"), output_field=CharField(),
    ),
    "deal": F("deal_kinds"),
    "right": F("right_summary"),
    "state": F("state"),
    "price": Func(F("price_won"), template=price_band_sql("%(expressions)s"), output_field=CharField()),
}  # fmt: skip


def _listed_within() -> Case:
    """The shortest period in which a listing was registered."""
    now = timezone.now()
    periods = [(days, now - timedelta(days=int(days))) for days in ListedWithin.values]
    return Case(
        *(When(registered_at__gte=start, then=Value(days)) for days, start in periods), output_field=CharField()
    )


def _confirmed_within() -> Case:
    """The shortest period in which a listing was confirmed."""
    today = timezone.localdate()
    periods = [(days, today - timedelta(days=int(days))) for days in ConfirmedWithin.values]
    return Case(*(When(confirmed_on__gte=start, then=Value(days)) for days, start in periods), output_field=CharField())


PERIODS: dict[str, tuple[list[str], Callable[[], Case]]] = {
    "listed": (ListedWithin.values, _listed_within),
    "confirmed": (ConfirmedWithin.values, _confirmed_within),
}
"""Facets of which one box is chosen: their values, the shortest first, and what says which is a listing's."""

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
        Option(str(value), str(label), counted[str(value)], str(value) in chosen)
        for value, label in field.choices  # type: ignore[attr-defined]
        if value
    ]
    return Facet(name, str(field.label), [o for o in options if o.count or o.chosen], name in PERIODS)


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
    """How many of `rows` have each value of each facet: counted by the database in one reading of the rows."""
    annotated = rows.annotate(**{f"facet_{name}": _facet_of(name) for name in names}).order_by()
    sql, params = annotated.values_list(*(f"facet_{name}" for name in names)).query.sql_with_params()
    columns = [f"facet_{name}" for name in names]
    sets = ", ".join(f"({column})" for column in columns)
    counted: dict[str, Counter[str]] = {name: Counter() for name in names}
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), GROUPING({', '.join(columns)}), {', '.join(columns)} FROM ({sql}) facets "
            f"GROUP BY GROUPING SETS ({sets})",
            params,
        )
        for many, others, *values in cursor.fetchall():
            place = next(n for n in range(len(names)) if not others >> (len(names) - 1 - n) & 1)
            for value in _boxes(names[place], values[place]):
                counted[names[place]][value] += many
    return counted


def _facet_of(name: str) -> Any:
    return PERIODS[name][1]() if name in PERIODS else FACETS[name]


def _boxes(name: str, value: Any) -> list[str]:
    """The boxes a row with this value is in: of every kind of deal it offers, of every period that holds it."""
    if name == "deal":
        return list(value)
    if name in PERIODS:
        periods = PERIODS[name][0]
        return periods[periods.index(value) :] if value else []
    return [str(value)]
