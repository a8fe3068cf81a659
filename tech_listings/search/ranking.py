"""Which listings hold the words of a question."""

import re

from django.contrib.postgres.search import SearchQueryField
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.functions import Cast

from marketplace.core.text import normalise
from tech_listings.models import Listing
from tech_listings.numbers import LISTING_NUMBER
from tech_listings.search.documents import quoted
from tech_listings.search.terms import MAX_TERM, MAX_TEXT, bigrams, morphemes, stem

MAX_QUERY_WORDS = 32
RUNS = re.compile(
    r"(?P<hangul>[가-힣]+)|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff]+)|(?P<word>[^\W_가-힣\u3400-\u4dbf\u4e00-\u9fff]+)"
)


def _run_query(kind: str, run: str) -> str:
    if kind == "word":
        word = quoted(stem(run[:MAX_TERM]))
        return f"{word}:*" if len(run) >= 3 else word
    if len(run) == 1:
        return f"{quoted('=' + run)}:*"
    pairs = " & ".join(quoted(p) for p in bigrams(run)[:-1])
    words = [m for m in morphemes(run) if m != run] if kind == "hangul" else []
    covered = sum(map(len, words))
    if words and covered >= 2:
        return f"(({pairs}) | ({' & '.join(quoted(w) for w in dict.fromkeys(words))}))"
    return f"({pairs})"


def tsquery(text: str) -> str:
    """The tsquery literal that asks for all words of `text`; empty where there is nothing to ask for."""
    runs = list(RUNS.finditer(normalise(text[:MAX_TEXT])))[:MAX_QUERY_WORDS]
    return " & ".join(dict.fromkeys(_run_query(r.lastgroup or "word", r.group()) for r in runs))


def matching(listings: QuerySet[Listing], text: str) -> QuerySet[Listing]:
    """`listings` that hold every word of `text`. A listing number finds that listing; nothing askable finds nothing."""
    wanted = text.strip()
    if not wanted:
        return listings
    if LISTING_NUMBER.fullmatch(wanted.upper()):
        return listings.filter(number=wanted.upper())
    literal = tsquery(re.sub(r"\b(10|20|30)-(\d{4})-(\d{7})\b", r"\1\2\3", wanted))
    if not literal:
        return listings.none()
    # Cast, not to_tsquery(): its parser would drop the mark of the bigrams.
    query = Cast(Value(literal), SearchQueryField())
    return listings.filter(
        Func(F("document__terms"), query, template="%(expressions)s", arg_joiner=" @@ ", output_field=BooleanField())
    )
