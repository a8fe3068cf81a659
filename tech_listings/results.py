"""What a search finds, in its order: the same for the page, its exports and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

from django.db.models import F, QuerySet

from marketplace.core.replica import on_replica
from tech_listings.facets import Facet, facets
from tech_listings.filters import ListingFilter, Sort, chosen_values
from tech_listings.models import Listing
from tech_listings.search.language import Question, understand
from tech_listings.search.narrowing import among
from tech_listings.search.ranking import Found, Hit, find

COUNTED = 1_000
"""Best hits of a question that are counted beside the filters."""


class Ranked(Sequence[Listing]):
    """Hits in their order; the rows of a part are read when the part is asked for."""

    def __init__(self, rows: QuerySet[Listing], found: Found, ids: list[int]) -> None:
        self.rows, self.ids, self.more, self.many = rows, ids, found.more, found.many

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, part: int) -> Listing: ...
    @overload
    def __getitem__(self, part: slice) -> list[Listing]: ...
    def __getitem__(self, part: int | slice) -> Listing | list[Listing]:
        wanted = self.ids[part] if isinstance(part, slice) else [self.ids[part]]
        there = {listing.pk: listing for listing in among(self.rows, wanted)}
        # What was withdrawn since it was found is left out.
        found = [there[pk] for pk in wanted if pk in there]
        return found if isinstance(part, slice) else found[0]


@dataclass(frozen=True)
class Results:
    """The answer to the parameters of a search: `rows` for a paginator, and what the page says about them.

    `unfiltered` are the ids of the hits of the words alone, best first.
    """

    filterset: ListingFilter
    question: Question
    found: Found
    rows: QuerySet[Listing] | Ranked
    sort: str
    unfiltered: Sequence[int] = ()

    @property
    def asks(self) -> bool:
        """Whether words were asked for, so that there is something to rank and to explain."""
        return bool(self.question.text.strip())

    def hit(self, listing: Listing) -> Hit:
        return self.found.scores.get(listing.pk, Hit(words=1.0))

    @cached_property
    def facets(self) -> list[Facet]:
        """The filters with their counts: of the best hits of the words, whatever filters are set."""
        return facets(self.filterset, within=self.unfiltered[:COUNTED] if self.asks else None)


UNNARROWING = frozenset({"q", "match", "sort", "without_synonyms"})


def search(data: Mapping[str, Any], listings: QuerySet[Listing] | None = None) -> Results:
    """Ask the published technologies (or `listings`) with the parameters of the search page.

    A parameter that cannot be read is left out; the form of `filterset` says so.
    """
    queryset = on_replica(Listing.objects.published()) if listings is None else listings
    filterset = ListingFilter(data, queryset)
    cleaned = chosen_values(filterset)
    words = cleaned.get("q") or ""
    question = understand(
        words,
        match=cleaned.get("match") or "",
        without_groups=[key for key in (cleaned.get("without_synonyms") or "").split(",") if key],
    )
    rows = filterset.narrowed()
    sort = cleaned.get("sort") or (Sort.RELEVANCE if words.strip() else Sort.NEWEST)
    if not words.strip():
        return Results(filterset, question, Found(), ordered(rows.for_list(), sort), sort)  # type: ignore[attr-defined]
    everything = find(listings, question)
    found = everything
    if any(value for name, value in cleaned.items() if name not in UNNARROWING):
        # Where the words found all there is, the filters choose among that; else they have to lead the search.
        found = find(rows, question) if everything.more else _chosen(everything, rows)
    ids = found.ids
    if sort != Sort.RELEVANCE:
        ids = list(ordered(among(Listing.objects.using(rows.db), ids), sort).values_list("pk", flat=True))
    shown = queryset.select_related("holder").defer("confidential_text").order_by()
    return Results(filterset, question, found, Ranked(shown, found, ids), sort, everything.ids)


def _chosen(found: Found, rows: QuerySet[Listing]) -> Found:
    """The hits that are among `rows`, in their order."""
    kept = set(among(rows, found.ids).order_by().values_list("pk", flat=True))
    return Found([pk for pk in found.ids if pk in kept], found.more, found.many, found.scores)


def ordered(rows: QuerySet[Listing], sort: str) -> QuerySet[Listing]:
    """`rows` by date or by readiness, newest first among equals."""
    if sort == Sort.TRL:
        return rows.order_by(F("trl").desc(nulls_last=True), "-registered_at", "-pk")
    return rows.order_by("-registered_at", "-pk")
