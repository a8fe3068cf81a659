"""How rare terms are: BM25's half that depends on all documents, refreshed by a task (`services.refresh_terms`)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connections

from tech_listings.models import SearchState, SearchTerm
from tech_listings.search.terms import term_id


@dataclass(frozen=True)
class Rarity:
    """In how many of `total` published documents a term occurs, as last counted. 0 for one that is new or absent."""

    documents: int
    total: int

    @property
    def idf(self) -> float:
        # Terms of a single document are not counted (half of all are), so none is as rare as one.
        documents = max(self.documents, 1)
        return math.log(1 + (max(self.total, documents) - documents + 0.5) / (documents + 0.5))


def rarities(terms: Iterable[str], *, using: str = "default") -> dict[str, Rarity]:
    """The rarity of each term. One query."""
    places = {term: term_id(term) for term in terms}
    table, state = SearchTerm._meta.db_table, SearchState._meta.db_table
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT id, documents FROM {table} WHERE id = ANY(%s) UNION ALL SELECT 0, documents FROM {state}",
            [list(places.values())],
        )
        known: dict[int, int] = dict(cursor.fetchall())
    total = known.get(0, 0)
    return {term: Rarity(known.get(place, 0), total) for term, place in places.items()}
