"""Which listings a question finds, and in which order (design.md §4).

Three signals are fused: BM25 of words, BM25 of pairs of syllables, and meaning. The first two are inner products of
the sparse weights in `ListingDocument` with those of the question; which documents are looked at at all comes from the
GIN index over the same terms (`candidates`). Their sum orders the candidates, and only the best are looked at closely.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from django.db import connections
from django.db.models import F, QuerySet
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.django import CosineDistance

from marketplace.core.pagination import CEILING
from marketplace.core.replica import on_replica
from tech_listings.models import Listing, ListingDocument, ListingMeaning
from tech_listings.search import meaning
from tech_listings.search.candidates import Candidates
from tech_listings.search.hits import bounded
from tech_listings.search.language import Question
from tech_listings.search.narrowing import Matches, ids_literal, narrow
from tech_listings.search.statistics import rarities
from tech_listings.search.terms import is_pair
from tech_listings.search.weights import Product, weigh, weights_literal

WEIGHT_OF_PAIRS, WEIGHT_OF_MEANING = 0.5, 0.4
FUSED = 300
"""Best candidates by words whose meaning is compared too; those behind keep the order of their words."""

NEAREST = 100
"""Listings nearest in meaning that are looked at beside those that have the words."""

MEANS_THE_SAME, MEANS_ALMOST = 0.28, 0.2
"""Similarity (cosine) from which a listing without any of the words is a hit; and where no listing has any of them.

Of 2,825 real patents the best ten for a question lie between .25 and .45, and the best for one that none answers
(cooking, say) reaches .24 now and then.
"""

FAINT = 0.3
"""A hit has at least this share of the best hit's score by words, unless it is among the first ones (`at_least`)."""

ALWAYS = 10
ENOUGH = 200


class Hit(NamedTuple):
    """`words` and `pairs` are BM25 scores, `meaning` the cosine where it was compared, `score` the fused order."""

    score: float = 0.0
    words: float = 0.0
    pairs: float = 0.0
    meaning: float | None = None

    @property
    def by_meaning(self) -> bool:
        """Found by what it means alone."""
        return not (self.words or self.pairs)


@dataclass(frozen=True)
class Found:
    """`ids` of listings in their order, at most `CEILING`; `more` says that there are more, `many` that these are more
    than are ever counted.

    `scores` has those that were compared by all signals; a hit far behind has none.
    """

    ids: list[int] = field(default_factory=list)
    more: bool = False
    many: bool = False
    scores: Mapping[int, Hit] = field(default_factory=dict)


def find(
    listings: QuerySet[Listing] | None, question: Question, *, by_meaning: bool = True, at_least: int = ALWAYS
) -> Found:
    """The hits of `question` among `listings`, best first, at most `CEILING`; None: among all that are published.

    With `by_meaning`, listings that have none of the words but mean the same are hits too. The first `at_least` are
    hits however far behind the best they are.
    """
    if not question.asks:
        return Found()
    published = on_replica(Listing.objects.published())
    rows = narrow(published if listings is None else listings, question)
    if not question.terms:
        ids = list(rows.order_by("-registered_at", "-pk").values_list("pk", flat=True)[: CEILING + 1])
        return Found(ids[:CEILING], len(ids) > CEILING, len(ids) > CEILING)
    with bounded(using=rows.db, **BY_INDEX):
        search = _Search(rows, question, all_published=listings is None and rows is published)
        return search.found(by_meaning=by_meaning, at_least=at_least)


def nearest(listings: QuerySet[Listing], vector: Sequence[float], *, most: int = NEAREST) -> dict[int, float]:
    """The listings nearest in meaning, nearest first, with their similarity (cosine)."""
    rows = (
        listings.filter(meaning__vector__isnull=False)
        .annotate(distance=CosineDistance("meaning__vector", vector))
        .order_by("distance")
    )
    return {pk: 1 - distance for pk, distance in _plain(rows.values_list("pk", "distance")[:most])}


def _plain(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """The rows of a `values_list` as the driver gives them: converting tens of thousands of numbers takes longer than
    finding them."""
    sql, params = rows.query.sql_with_params()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


BY_INDEX = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"}
"""From a bounded number of documents to their listings one by one. The planner takes every rare term to be in a quarter
of a percent of the documents, and would read all listings first: 100 ms of 130 at 500,000."""

SIGNALS = f"""
    SELECT document.listing_id, -(weights <#> %s::sparsevec), -(weights <#> %s::sparsevec), 1 - (vector <=> %s)
    FROM {ListingDocument._meta.db_table} document
    LEFT JOIN {ListingMeaning._meta.db_table} meaning ON meaning.listing_id = document.listing_id
    WHERE document.listing_id = ANY(%s::bigint[])
"""


AS_ARRAYS = "SELECT string_agg(int8send(id), ''), string_agg(float8send(score), '') FROM ({}) AS found (id, score)"
"""Ten thousand candidates as two arrays: as rows, reading them takes as long as finding them."""

Ids: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]
_NO_IDS, _NO_SCORES = np.empty(0, np.int64), np.empty(0, np.float64)


@dataclass(frozen=True)
class _Scored:
    """Candidates, the best by words first; `more`: there are some that were not looked at, `many`: see `Found`."""

    ids: Ids
    scores: Scores
    more: bool
    many: bool

    @property
    def is_close(self) -> NDArray[np.bool_]:
        """Which are not far behind the best."""
        return self.scores >= FAINT * self.scores[:1].sum()


class _Search:
    """`all_published`: `rows` are all that are published, which the documents know by themselves."""

    def __init__(self, rows: QuerySet[Listing], question: Question, *, all_published: bool = False) -> None:
        self.rows, self.question, self.db, self.all_published = rows, question, rows.db, all_published
        self.known = rarities(question.all_terms, using=rows.db)
        weights = weigh(question.terms, self.known) | question.weights_of_synonyms(self.known)
        words = {term: weight for term, weight in weights.items() if not is_pair(term)}
        pairs = {term: weight for term, weight in weights.items() if is_pair(term)}
        both = words | {term: WEIGHT_OF_PAIRS * weight for term, weight in pairs.items()}
        self.words, self.pairs, self.both = map(weights_literal, (words, pairs, both))

    def found(self, *, by_meaning: bool, at_least: int) -> Found:
        scored = self.by_words()
        close = scored.is_close
        if not by_meaning:
            close[:at_least] = True
            kept = scored.ids[close].tolist()
            hits = {
                pk: Hit(score, score) for pk, score in zip(kept, scored.scores[close][:FUSED].tolist(), strict=False)
            }
            return Found(kept[:CEILING], scored.more, scored.many, hits)
        hits = self.fused(scored)
        faint = set(scored.ids[:FUSED][~close[:FUSED]].tolist())
        kept = [pk for n, pk in enumerate(hits) if n < at_least or pk not in faint]
        kept += scored.ids[FUSED:][close[FUSED:]].tolist()
        return Found(kept[:CEILING], scored.more, scored.many, hits)

    def by_words(self) -> _Scored:
        ids, scores = _NO_IDS, _NO_SCORES
        more = False
        candidates = Candidates(self.question, self.known, db=self.db)
        for literal, is_all in candidates.stages():
            found, by_words = self.scores(literal)
            fresh = ~np.isin(found, ids)
            ids, scores = np.append(ids, found[fresh]), np.append(scores, by_words[fresh])
            more = more or not is_all or ids.size > CEILING
            if ids.size >= ENOUGH:
                break
        order = np.argsort(-scores, kind="stable")
        many = ids.size > CEILING or (more and self.all_published and candidates.are_many())
        return _Scored(ids[order], scores[order], more, many)

    def scores(self, literal: str) -> tuple[Ids, Scores]:
        """The ids of those that match the tsquery `literal`, and their scores by words and pairs."""
        rows: QuerySet[Any, Any] = self.rows
        own = "document__"
        if self.all_published:
            rows, own = ListingDocument.objects.using(self.db).filter(is_public=True), ""
        matched = rows.filter(Matches(F(f"{own}terms"), literal)).order_by()
        scored = matched.annotate(by_words=Product(F(f"{own}weights"), self.both)).values_list("pk", "by_words")
        sql, params = scored[: CEILING + 1].query.sql_with_params()
        with connections[self.db].cursor() as cursor:
            cursor.execute(AS_ARRAYS.format(sql), params)
            ids, by_words = cursor.fetchone()
        return np.frombuffer(ids or b"", ">i8").astype(np.int64), np.frombuffer(by_words or b"", ">f8").astype(float)

    def fused(self, scored: _Scored) -> dict[int, Hit]:
        """The best candidates and the nearest in meaning by all three signals, best first."""
        vector = meaning.encode([self.question.meant])[0]
        rows = self.signals([*scored.ids[:FUSED].tolist(), *self.near(vector, scored)], vector)
        if not rows:
            return {}
        words, pairs, means = np.array(list(rows.values()), dtype=np.float64).T
        score = _z(words) + (WEIGHT_OF_PAIRS if words.any() else 1) * _z(pairs) + WEIGHT_OF_MEANING * _z(means)
        order = np.argsort(-score, kind="stable")
        ids = np.fromiter(rows, np.int64, len(rows))[order]
        return {pk: Hit(fused, *rows[pk]) for pk, fused in zip(ids.tolist(), score[order].tolist(), strict=True)}

    def near(self, vector: Sequence[float], scored: _Scored) -> list[int]:
        """Nearest in meaning that no word led to; where no word is a must."""
        if self.question.required or not self.question.units:
            return []
        enough = MEANS_THE_SAME if scored.ids.size else MEANS_ALMOST
        alike = [pk for pk, cosine in nearest(self.rows, vector).items() if cosine >= enough]
        led_to = np.isin(alike, scored.ids)
        return [pk for pk, known in zip(alike, led_to.tolist(), strict=True) if not known]

    def signals(self, ids: list[int], vector: Sequence[float]) -> dict[int, tuple[float, float, float | None]]:
        """(score by words, by pairs, similarity where there is a vector) of each of these listings, in their order."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(SIGNALS, [self.words, self.pairs, HalfVector(list(vector)).to_text(), ids_literal(ids)])
            rows = {pk: (words, pairs, alike) for pk, words, pairs, alike in cursor.fetchall()}
        return {pk: rows[pk] for pk in ids if pk in rows}


def _z(values: Scores) -> Scores:
    """How many standard deviations each is above the mean; what is not known stands on it."""
    there = values[~np.isnan(values)]
    spread = there.std() if there.size else 0.0
    if not spread:
        return np.zeros_like(values)
    return np.nan_to_num((values - there.mean()) / spread)
