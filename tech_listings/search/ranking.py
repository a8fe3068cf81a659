"""Which listings a question finds, and in which order (design.md §4).

Three signals are fused: BM25 of words, BM25 of pairs of syllables, and meaning. The first two are inner products of
the sparse weights in `ListingDocument` with those of the question; which documents are looked at at all comes from the
GIN index over the same terms. `docs/search.md` tells how candidates are bounded.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQueryField
from django.db import connections
from django.db.models import BigIntegerField, BooleanField, F, FloatField, Func, Max, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from pgvector import HalfVector
from pgvector.django import CosineDistance

from marketplace.core.pagination import CEILING
from marketplace.core.replica import on_replica
from marketplace.core.text import normalise
from tech_listings.models import Listing, ListingDocument, ListingMeaning
from tech_listings.models.search import TERM_IDS, WeightsField
from tech_listings.search import meaning
from tech_listings.search.documents import BLOCK, block, quoted
from tech_listings.search.hits import bounded
from tech_listings.search.language import ALL, Question, run_query, understand
from tech_listings.search.statistics import Rarity, rarities
from tech_listings.search.terms import ANY_RUN, HANGUL, is_pair, term_id

WEIGHT_OF_PAIRS, WEIGHT_OF_MEANING = 0.5, 0.4
REPEATED = 8.0
"""BM25's k3: how much a word counts that stands in a long question several times."""

SYNONYM_FACTOR = 0.8
FUSED = 500
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
RARE_ENOUGH = 4_000
"""Documents the rarest terms of a question may lead to, together."""

MOST_LEADS = 40
ENOUGH = 200
NEWEST = 5_000
"""Of words so common that no rare one leads to candidates, about this many of the newest listings are looked at."""

READ = 2_500
"""The same of quoted words: to read a text takes ten times as long as to add up weights."""

QUOTED = re.compile(r"'((?:[^']|'')+)'")


@dataclass(frozen=True)
class Hit:
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
    """`ids` of listings in their order, at most `CEILING`; `more` says that there are more.

    `scores` has those that were compared by all signals; a hit far behind has none.
    """

    ids: list[int] = field(default_factory=list)
    more: bool = False
    scores: Mapping[int, Hit] = field(default_factory=dict)


class Matches(Func):
    """`terms @@ query`. Cast, not to_tsquery(): its parser would drop the mark of the pairs."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, terms: Any, literal: str) -> None:
        super().__init__(terms, Cast(Value(literal), SearchQueryField()))


# --- which listings -------------------------------------------------------------------------------------------------


def matching(listings: QuerySet[Listing], text: str) -> QuerySet[Listing]:
    """`listings` that hold every word of `text`, in no order. Nothing askable finds nothing."""
    if not text.strip():
        return listings
    question = understand(text, match=ALL)
    if not question.asks:
        return listings.none()
    narrowed = narrow(listings, question)
    return narrowed.filter(Matches(F("document__terms"), question.required)) if question.required else narrowed


def narrow(listings: QuerySet[Listing], question: Question) -> QuerySet[Listing]:
    """What the fields, numbers and phrases of a question leave of `listings`; its words are not looked at."""
    if question.number:
        return listings.filter(number=question.number)
    if question.levels:
        listings = listings.filter(trl__in=question.levels)
    for symbol in question.ipc:
        listings = with_ipc(listings, symbol)
    for name in question.holders:
        listings = listings.filter(
            Q(holder__name__icontains=name) | Q(holder__name_en__icontains=name) | Q(holder__name_zh__icontains=name)
        )
    for phrase in question.phrases:
        listings = listings.alias(all_text=_text(TEXT_FIELDS)).filter(all_text__iregex=spelled(phrase))
    for phrase in question.without_phrases:
        listings = listings.alias(all_text=_text(TEXT_FIELDS)).exclude(all_text__iregex=spelled(phrase))
    for title in question.titles:
        listings = listings.alias(titles=_text(TEXT_FIELDS[:3])).filter(titles__iregex=spelled(title))
    return listings


class AnyStartsWith(Func):
    """Whether one element of a text array begins with a text."""

    template = "EXISTS (SELECT 1 FROM unnest(%(expressions)s))"
    arg_joiner = ") AS element WHERE starts_with(element, "
    output_field = BooleanField()


def with_ipc(listings: QuerySet[Listing], symbol: str) -> QuerySet[Listing]:
    """Those classified under an IPC symbol or the beginning of one (`H`, `H01M`, `H01M 10/0562`)."""
    if len(symbol) <= 4:
        return listings.filter(ipc_prefixes__contains=[symbol])
    beginning = symbol if "/" in symbol else f"{symbol}/"
    return listings.filter(AnyStartsWith(F("ipc_codes"), Value(beginning)), ipc_prefixes__contains=[symbol[:4]])


TEXT_FIELDS = (
    "title_ko", "title_en", "title_zh", "value_ko", "value_en", "value_zh", "summary_ko", "summary_en", "summary_zh",
    "problem", "effect", "field_of_use",
)  # fmt: skip


class Normalised(Func):
    """A text in NFKC. Nearly every one is already: to look is four times quicker than to normalise it again."""

    output_field = TextField()
    # OFFSET keeps the text in one place; pulled up it would be put together three times.
    template = (
        "(SELECT CASE WHEN t IS NFKC NORMALIZED THEN t ELSE normalize(t, NFKC) END "
        "FROM (SELECT %(expressions)s AS t OFFSET 0) whole)"
    )


def _text(names: Sequence[str]) -> Func:
    parts = [part for name in names for part in (F(name), Value(" "))]
    keywords = Func(F("keywords"), Value(" "), function="array_to_string", output_field=TextField())
    both = Concat(*parts, keywords, output_field=TextField()) if "problem" in names else Concat(*parts)
    return Normalised(both)


def spelled(phrase: str) -> str:
    """A regular expression for a phrase: spaces as written or not at all between Hangul and Han, whole Latin words."""
    words = re.findall(r"[\w]+", phrase)
    pattern = ""
    for before, word in zip(["", *words], words, strict=False):
        if before:
            latin = before[-1].isascii() or word[0].isascii()
            pattern += r"[\s\-·‧・ㆍ/]+" if latin else r"[\s\-·‧・ㆍ/]*"
        pattern += (r"\m" if word[0].isascii() and not before else "") + re.escape(word)
    return pattern


# --- in which order -------------------------------------------------------------------------------------------------


ALIKE = (
    f"SELECT listing_id, 1 - (vector <=> %s) FROM {ListingMeaning._meta.db_table} "
    "WHERE listing_id = ANY(%s) AND vector IS NOT NULL"
)


class Product(Func):
    """The inner product of a document's weights with those of a question: its BM25 score."""

    template = "-(%(expressions)s)"
    arg_joiner = " <#> "
    output_field = FloatField()

    def __init__(self, weights: Any, literal: str) -> None:
        super().__init__(weights, Cast(Value(literal), WeightsField()))


def weights_literal(terms: Mapping[str, float]) -> str:
    """Weights by term as a sparsevec literal."""
    places = {term_id(term): weight for term, weight in terms.items() if weight}
    return "{" + ",".join(f"{place}:{weight:.4f}" for place, weight in places.items()) + f"}}/{TERM_IDS}"


def weigh(counts: Mapping[str, int], known: Mapping[str, Rarity]) -> dict[str, float]:
    """The question's half of BM25: each term's rarity, a little more where it is repeated."""
    return {term: known[term].idf * many * (REPEATED + 1) / (many + REPEATED) for term, many in counts.items()}


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
        return Found(ids[:CEILING], len(ids) > CEILING)
    is_all = listings is None and rows is published
    return _Search(rows, question, all_published=is_all).found(by_meaning=by_meaning, at_least=at_least)


class IsOneOf(Func):
    """`pk = ANY(ids)`: one parameter, however many ids."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def among(listings: QuerySet[Listing], ids: Sequence[int]) -> QuerySet[Listing]:
    """Those of `listings` that have one of these ids."""
    return listings.filter(IsOneOf(F("pk"), Value(list(ids), ArrayField(BigIntegerField()))))


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


class _Search:
    """`all_published`: `rows` are all that are published, which the documents know by themselves."""

    def __init__(self, rows: QuerySet[Listing], question: Question, *, all_published: bool = False) -> None:
        self.rows, self.question, self.db, self.all_published = rows, question, rows.db, all_published
        self.known = rarities(question.all_terms, using=rows.db)
        weights = weigh(question.terms, self.known) | question.weights_of_synonyms(self.known, SYNONYM_FACTOR)
        words = {term: weight for term, weight in weights.items() if not is_pair(term)}
        pairs = {term: weight for term, weight in weights.items() if is_pair(term)}
        self.weights = [weights_literal(words) if words else "", weights_literal(pairs) if pairs else ""]
        self.total = next(iter(self.known.values())).total

    def found(self, *, by_meaning: bool, at_least: int) -> Found:
        scored, more = self.by_words()
        by_word = sorted(scored, key=lambda pk: -scored[pk][0])
        top = scored[by_word[0]][0] if by_word else 0.0
        faint = {pk for pk in by_word if scored[pk][0] < FAINT * top}
        if not by_meaning:
            kept = [pk for n, pk in enumerate(by_word) if n < at_least or pk not in faint]
            return Found(kept[:CEILING], more, {pk: Hit(*scored[pk]) for pk in kept[:FUSED]})
        hits = self.fused(scored, by_word[:FUSED])
        kept = [pk for n, pk in enumerate(hits) if n < at_least or pk not in faint]
        kept += [pk for pk in by_word[FUSED:] if pk not in faint]
        return Found(kept[:CEILING], more, hits)

    def by_words(self) -> tuple[dict[int, tuple[float, float, float]], bool]:
        """(score, words, pairs) of each candidate, in no order; whether there are more than were looked at."""
        found: dict[int, tuple[float, float, float]] = {}
        more = False
        for literal, is_all in self.stages():
            found |= self.scores(literal)
            more = more or not is_all or len(found) > CEILING
            if len(found) >= ENOUGH:
                break
        return found, more

    def scores(self, literal: str, ids: Sequence[int] | None = None) -> dict[int, tuple[float, float, float]]:
        """(score, words, pairs) of those that match the tsquery `literal`, or of those with these ids."""
        rows: QuerySet[Any, Any] = self.rows
        own = ""
        if ids is not None:
            rows = among(Listing.objects.using(self.db), ids)
        elif self.all_published:
            rows = ListingDocument.objects.using(self.db).filter(is_public=True)
        if rows.model is Listing:
            own = "document__"
        if ids is None:
            rows = rows.filter(Matches(F(f"{own}terms"), literal))
        words, pairs = (Product(F(f"{own}weights"), given) if given else Value(0) for given in self.weights)
        scored = rows.annotate(by_words=words, by_pairs=pairs).order_by()
        with bounded(using=self.db, **BY_INDEX):
            plain = _plain(scored.values_list("pk", "by_words", "by_pairs")[: CEILING + 1])
        return {pk: (words + WEIGHT_OF_PAIRS * pairs, words, pairs) for pk, words, pairs in plain}

    def stages(self) -> Iterator[tuple[str, bool]]:
        """tsquery literals that lead to candidates, the most telling first, and whether each leads to all there are."""
        question = self.question
        required = question.required
        if question.match == ALL or not question.units:
            yield self.newest(required, self.documents_required())
            return
        also = f" & {required}" if required else ""
        leads = sorted(self.leads(), key=lambda lead: lead[1])
        rare: list[str] = []
        total = 0
        while leads and len(rare) < MOST_LEADS and total + leads[0][1] <= RARE_ENOUGH:
            literal, documents = leads.pop(0)
            rare.append(literal)
            total += documents
        if rare:
            yield f"({' | '.join(rare)}){also}", not leads
        common = leads[:4]
        if len(common) > 1:
            both = " | ".join(f"({a} & {b})" for (a, _m), (b, _n) in combinations(common, 2))
            together = sum(self.together([a, b]) for (_a, a), (_b, b) in combinations(common, 2))
            yield self.newest(f"({both}){also}", together, most=NEWEST)
        if common:
            literal = " | ".join(literal for literal, _documents in common)
            yield self.newest(f"({literal}){also}", sum(documents for _literal, documents in common))

    def leads(self) -> Iterator[tuple[str, int]]:
        """(tsquery literal, documents it is in) of each word and of each run of Hangul."""
        for term in self.question.all_terms:
            if not is_pair(term):
                yield quoted(term), self.known[term].documents
        for unit in self.question.units:
            for run in ANY_RUN.findall(" ".join(unit.spellings)):
                if HANGUL.match(run) and run not in self.known:
                    literal = run_query(run)
                    yield literal, self.estimate(literal)

    def estimate(self, literal: str) -> int:
        """About how many documents match a literal of `language`: as many as its rarest term, of its best branch."""
        best = 0
        for branch in literal.split(" | "):
            counts = [self.known[t].documents if t in self.known else 0 for t in QUOTED.findall(branch)]
            best = max(best, min(counts, default=0))
        return best

    def documents_required(self) -> int:
        """About how many documents have every word that is a must: of quoted words, whose text is read, see below."""
        question = self.question
        documents = min((self.estimate(unit.query) for unit in question.units), default=0)
        runs = [run for phrase in (*question.phrases, *question.titles) for run in ANY_RUN.findall(normalise(phrase))]
        if not runs:
            return documents
        counts = [self.estimate(run_query(run)) for run in runs] + ([documents] if question.units else [])
        both = self.together(counts)
        return both if both <= READ else max(both, CEILING + 1)

    def together(self, counts: Sequence[int]) -> int:
        """About how many documents have all of several words, by how many have each.

        Words of one question meet more often than by chance and less often than they could: halfway.
        """
        by_chance = math.prod(count / max(self.total, 1) for count in counts) * self.total
        return math.ceil(math.sqrt(min(counts) * by_chance))

    def newest(self, literal: str, documents: int, *, most: int | None = None) -> tuple[str, bool]:
        """`literal` for the newest listings only where it is in too many, by the blocks that are terms as well."""
        if documents <= (CEILING if most is None else most):
            return literal, True
        enough = READ if self.question.phrases or self.question.titles else NEWEST
        blocks = math.ceil(enough * max(self.total, documents) / documents / BLOCK)
        last = ListingDocument.objects.using(self.db).aggregate(last=Max("listing_id"))["last"] or 0
        newest = " | ".join(quoted(block(max(0, last - n * BLOCK))) for n in range(blocks + 1))
        return f"({literal}) & ({newest})", False

    def fused(self, scored: Mapping[int, tuple[float, float, float]], best: list[int]) -> dict[int, Hit]:
        """The best candidates and the nearest in meaning by all three signals, best first."""
        vector = meaning.encode([self.question.meant])[0]
        near = self.near(vector, scored)
        rows = {pk: scored[pk] for pk in best} | near
        if not rows:
            return {}
        alike = self.alike(vector, list(rows))
        table = np.array([(words, pairs, alike.get(pk, np.nan)) for pk, (_score, words, pairs) in rows.items()])
        words, pairs, means = table.T
        score = _z(words) + (WEIGHT_OF_PAIRS if words.any() else 1) * _z(pairs) + WEIGHT_OF_MEANING * _z(means)
        ids = list(rows)
        return {
            ids[n]: Hit(float(score[n]), float(words[n]), float(pairs[n]), alike.get(ids[n]))
            for n in np.argsort(-score, kind="stable")
        }

    def near(
        self, vector: Sequence[float], known: Mapping[int, tuple[float, float, float]]
    ) -> dict[int, tuple[float, float, float]]:
        """Nearest in meaning that no word led to, with the scores of what words they have; where no word is a must."""
        if self.question.required or not self.question.units:
            return {}
        found = nearest(self.rows, vector)
        enough = MEANS_THE_SAME if known else MEANS_ALMOST
        fresh = [pk for pk, alike in found.items() if alike >= enough and pk not in known]
        return self.scores("", fresh) if fresh else {}

    def alike(self, vector: Sequence[float], ids: list[int]) -> dict[int, float]:
        """The similarity of each of these listings that has a vector."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(ALIKE, [HalfVector(list(vector)).to_text(), ids])
            return dict(cursor.fetchall())


def _z(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """How many standard deviations each is above the mean; what is not known stands on it."""
    there = values[~np.isnan(values)]
    spread = there.std() if there.size else 0.0
    if not spread:
        return np.zeros_like(values)
    return np.nan_to_num((values - there.mean()) / spread)
