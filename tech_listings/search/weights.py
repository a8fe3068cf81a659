"""The question's half of BM25, and its product with the half that lies in the documents (`documents`)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import FloatField, Func, Value
from django.db.models.functions import Cast

from tech_listings.models.search import TERM_IDS, WeightsField
from tech_listings.search.statistics import Rarity
from tech_listings.search.terms import term_id

REPEATED = 8.0
"""BM25's k3: how much a word counts that stands in a long question several times."""


class Product(Func):
    """The inner product of a document's weights with those of a question: its BM25 score."""

    template = "-(%(expressions)s)"
    arg_joiner = " <#> "
    output_field = FloatField()

    def __init__(self, weights: Any, literal: str) -> None:
        super().__init__(weights, Cast(Value(literal), WeightsField()))


def weights_literal(terms: Mapping[str, float]) -> str:
    """Weights by term as a sparsevec literal. Of two terms with one place the heavier stands for both."""
    places: dict[int, float] = {}
    for term, weight in terms.items():
        place = term_id(term)
        places[place] = max(weight, places.get(place, 0.0))
    return "{" + ",".join(f"{place}:{weight:.4f}" for place, weight in places.items() if weight) + f"}}/{TERM_IDS}"


def weigh(counts: Mapping[str, int], known: Mapping[str, Rarity]) -> dict[str, float]:
    """The question's half of BM25: each term's rarity, a little more where it is repeated."""
    return {term: known[term].idf * many * (REPEATED + 1) / (many + REPEATED) for term, many in counts.items()}
