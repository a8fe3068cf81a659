"""How many listings each box of a filter would leave."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from django.db import connections
from django.db.models import Case, CharField, F, Func, Q, QuerySet, Value, When
from django.utils import timezone

from marketplace.core.pagination import CEILING
from tech_listings.enums import PRICE_BOUNDS, PriceBand
from tech_listings.filters import ListedWithin, ListingFilter, chosen_values
from tech_listings.models import Listing
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


def _price_band() -> Case:
    bands = [When(price_won__isnull=True, then=Value(PriceBand.NEGOTIABLE.value))]
    for band, (low, high) in PRICE_BOUNDS.items():
        upper = {"price_won__lt": high} if high is not None else {}
        bands.append(When(price_won__gte=low, then=Value(str(band)), **upper))
    return Case(*bands, output_field=CharField())


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
    "price": _price_band(),
    "listed": F("registered_at"),
}  # fmt: skip


PUBLIC_FACETS = ("st", "trl", "holder_kind", "deal", "right", "price", "listed")


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
    return Facet(name, str(field.label), [o for o in options if o.count or o.chosen], name == "listed")


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
    columns = zip(*_values(rows, names), strict=True)
    found = dict(zip(names, columns, strict=False))
    return {name: _count(name, found.get(name, ())) for name in names}


def _values(rows: QuerySet[Listing], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """As the driver gives them: ten thousand rows are many to convert."""
    annotated = rows.annotate(**{f"facet_{name}": FACETS[name] for name in names}).order_by()
    sql, params = annotated.values_list(*(f"facet_{name}" for name in names)).query.sql_with_params()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _count(name: str, values: Iterable[Any]) -> Counter[str]:
    if name == "deal":
        return Counter(chain.from_iterable(values))
    if name != "listed":
        return Counter(map(str, values))
    now = timezone.now()
    moments = sorted(moment for moment in values if moment is not None)
    starts = {days: now - timedelta(days=int(days)) for days in ListedWithin.values}
    return Counter({days: len(moments) - bisect_left(moments, start) for days, start in starts.items()})
