"""Which documents a question is to be held against: from its rarest terms on, and never too many (docs/search.md)."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from django.db.models import Max

from marketplace.core.pagination import CEILING
from marketplace.core.text import normalise
from tech_listings.models import ListingDocument
from tech_listings.search.documents import BLOCK, block, quoted
from tech_listings.search.language import ALL, Question, run_query
from tech_listings.search.statistics import Rarity
from tech_listings.search.terms import ANY_RUN, HANGUL, is_pair

RARE_ENOUGH = 4_000
"""Documents the rarest terms of a question may lead to, together."""

MOST_LEADS = 40
NEWEST = 5_000
"""Of words in more documents than are ever counted, about this many of the newest that have them are looked at."""

READ = 2_500
"""The same of quoted words: to read a text takes ten times as long as to add up weights."""

Lead: TypeAlias = tuple[str, int]
"""A tsquery literal, and about how many documents match it."""

QUOTED = re.compile(r"'((?:[^']|'')+)'")


class Candidates:
    """`known` has the rarity of each term of `question`; `db` is the alias that is asked."""

    def __init__(self, question: Question, known: Mapping[str, Rarity], *, db: str) -> None:
        self.question, self.known, self.db = question, known, db
        self.total = next(iter(known.values())).total

    def stages(self) -> Iterator[tuple[str, bool]]:
        """tsquery literals that lead to candidates, the most telling first, and whether each leads to all there are."""
        question = self.question
        required = question.required
        if question.match == ALL or not question.units:
            yield self.newest(required, self.documents_required())
            return
        also = f" & {required}" if required else ""
        leads: Sequence[Lead] = sorted(self.leads(), key=lambda lead: lead[1])
        rare, leads = _rarest(leads, RARE_ENOUGH)
        if rare:
            yield f"({_any(rare)}){also}", not leads
        common = leads[:4]
        if len(common) > 1:
            both = " | ".join(f"({a} & {b})" for (a, _m), (b, _n) in combinations(common, 2))
            together = sum(self.together([a, b]) for (_a, a), (_b, b) in combinations(common, 2))
            yield self.newest(f"({both}){also}", together, most=NEWEST)
        if common:
            # The rarest of them alone, if it can be looked at as a whole: to ask for many blocks takes longer.
            alone = _rarest(common, NEWEST)[0] or _rarest(common[:1], CEILING)[0]
            is_all = len(alone or common) == len(leads)
            literal, of_all = self.newest(f"({_any(alone or common)}){also}", sum(n for _l, n in alone or common))
            yield literal, of_all and is_all

    def are_many(self) -> bool:
        """Whether a word that is enough for a hit is in more documents than are ever counted."""
        question = self.question
        alone = not question.required or (len(question.units) == 1 and question.required == question.units[0].query)
        return alone and any(documents > CEILING for _literal, documents in self.leads())

    def leads(self) -> Iterator[Lead]:
        """Of each word and of each run of Hangul."""
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


def _rarest(leads: Sequence[Lead], most: int) -> tuple[Sequence[Lead], Sequence[Lead]]:
    """The first of these sorted ones that lead to at most `most` documents together, and the others."""
    taken = total = 0
    for _literal, documents in leads[:MOST_LEADS]:
        total += documents
        if total > most:
            break
        taken += 1
    return leads[:taken], leads[taken:]


def _any(leads: Sequence[Lead]) -> str:
    return " | ".join(literal for literal, _documents in leads)
