"""From the words of a need to what listings are held against: weights, candidates, meaning."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from marketplace.core.text import normalise
from matching.models import Need
from tech_listings.search import meaning
from tech_listings.search.documents import quoted
from tech_listings.search.language import STOP_WORDS, understand
from tech_listings.search.language import Question as Understood
from tech_listings.search.statistics import rarities
from tech_listings.search.synonyms import groups_for
from tech_listings.search.terms import ANALYSER, ANY_RUN, stem, term_id, terms_in
from tech_listings.search.weights import weights_literal

COMPILER = 2
"""Raise it when this module makes something else of the same words."""

VERSION = (ANALYSER * 100 + meaning.MODEL) * 10 + COMPILER
"""Stands on the need as `analyser`: open needs of an older one are compiled and matched anew in the background."""

MOST_TERMS = 32
CANDIDATE_TERMS = 12
TITLE_TIMES = 3
FULL_SHARE = 0.4

# Words of every need that tell nothing about it. Beside English words among Korean texts, idf would say the opposite.
_ALSO_SILENT = "about all also any both each made make more most must need new no not off one other some two we"
SILENT = frozenset(stem(word) for word in (*STOP_WORDS, *_ALSO_SILENT.split()))


@dataclass(frozen=True)
class Question:
    """`weights` by term, the heaviest first; `full_score` is what a text that says it all would get."""

    weights: Mapping[str, float]
    full_score: float

    @property
    def candidates(self) -> str:
        """As tsquery: a listing has to have one of the heaviest terms."""
        return " | ".join(quoted(term) for term in list(self.weights)[:CANDIDATE_TERMS])


@transaction.atomic
def compile_need(*, need_id: int, at: datetime) -> bool:
    """Write the question of an open need whose words or whose compiler changed, and make it due; whether it did.

    A transaction of its own, before the listings are asked: a listing committed later meets the new question when it
    is percolated, one committed earlier is seen by `match_need`. None falls between.
    """
    need = Need.objects.select_for_update(of=["self"], no_key=True).get(pk=need_id)
    if need.analyser == VERSION or not need.is_open:
        return False
    asked = question(need.title, need.problem)
    need.weights = weights_literal(asked.weights) if asked.weights else None
    need.candidates = asked.candidates or None
    need.full_score = asked.full_score
    words = readable(need.title, need.problem)
    need.words = [(term_id(term), words[term]) for term in asked.weights if term in words]
    need.vector = meaning.encode([f"{need.title} {need.problem}"])[0]
    need.analyser, need.due_at = VERSION, need.due_at or at
    need.save(update_fields=["weights", "candidates", "full_score", "words", "vector", "analyser", "due_at"])
    return True


def question(title: str, problem: str) -> Question:
    """The terms that tell most, title counted `TITLE_TIMES` more.

    Morphemes, Latin words and pairs of Han; pairs of Hangul are left out, because over a page of text some always meet.
    `full_score` is `FULL_SHARE` of the sum of all weights for a page, more for a sentence, where every word counts.

    Looked at with 59 Korean calls for proposals of one page each and 2,829 patents of universities and of semiconductor
    and AI firms: from score 40 a call has 1 match in the median, 4 in the ninth decile, 9 at most; with pairs of Hangul
    it had 4, 11 and 18, most of them long abstracts about something else. The 190 English topics of defence research,
    whose subjects are hardly there, have none. Of the demo's needs each finds its technology first, at 77 to 90.
    """
    counts = Counter(terms_in(problem))
    for term in terms_in(title):
        counts[term] += TITLE_TIMES
    asked = understood(title, problem)
    known = rarities({*counts, *asked.all_terms})
    weights = {term: known[term].idf * (1 + math.log(many)) for term, many in counts.items()}
    weights = asked.weights_of_synonyms(known) | weights
    weights = {term: weight for term, weight in weights.items() if _tells(term)}
    heaviest = dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TERMS])
    share = FULL_SHARE * math.sqrt(MOST_TERMS / max(1, len(heaviest)))
    return Question(heaviest, round(share * sum(heaviest.values()), 4))


def _tells(term: str) -> bool:
    if term[0] == "=":
        return len(term) == 3 and "\u3400" <= term[1] <= "\u9fff"
    return len(term) > 1 and not term.isdigit() and term not in SILENT


def understood(title: str, problem: str) -> Understood:
    """The need as the search would understand it, were it pasted there: words only, no signs of its language."""
    return understand(f"{title}\n{problem}")


def readable(title: str, problem: str) -> dict[str, str]:
    """For each term of a need the word as people write it: nouns, whole Latin words, pairs of Han, synonyms."""
    words: dict[str, str] = {}
    text = normalise(f"{title}\n{problem}")
    for run in dict.fromkeys(ANY_RUN.findall(text)):
        for term in terms_in(run):
            if not _tells(term):
                continue
            word = term.removeprefix("=")
            # A stem is no word: what it was cut from is.
            words.setdefault(term, word if word in run and not run.isascii() else run)
    # Few needs have words with synonyms, and to understand a page takes longer than to look.
    for unit in understood(title, problem).units if groups_for(text) else ():
        for word in unit.also:
            for term in terms_in(word):
                words.setdefault(term, word)
    return words
