"""What helps while typing: how a word goes on, which titles and classes have it, and “did you mean”.

Every question to the database is bounded, whatever is typed and however many listings there are: words by the index of
their letters, listings by primary key (those a word was seen in), documents by GIN and only the first few hundred.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from django.db.models import F, QuerySet

from marketplace.core.replica import on_replica
from marketplace.core.text import normalise, tidy
from taxonomy.enums import Level, System
from taxonomy.queries import choices
from tech_listings.models import Listing, SearchWord
from tech_listings.search.hits import normalised_titles, published_hits, seen_in, stands_in
from tech_listings.search.language import all_words
from tech_listings.search.letters import keys, letters, only_consonants
from tech_listings.search.spelling import did_you_mean
from tech_listings.search.terms import HAN

__all__ = ["Suggestion", "did_you_mean", "suggest"]

MOST_SUGGESTIONS, MOST_TITLES, MOST_CLASSES = 8, 3, 2
MOST_TYPED = 100
"""Characters. Who pastes more has finished the question."""

LONGEST_TAIL = 3
CANDIDATES, CONTAINING = 16, 8

MARKS = re.compile(r"[-+\"'“”‘’(]*")
QUOTES = "\"'“”‘’()+,"
OPERATORS = frozenset({"and", "or", "not"})
IPC_BEGINNING = re.compile(r"[A-H]\d{1,2}[A-Z]?")

Kind = Literal["word", "title", "class"]


@dataclass(frozen=True)
class Suggestion:
    """`query` is the whole question once this is chosen. A class sets the filter `parameter` to `code`; a title leads
    to the listing `code`."""

    kind: Kind
    text: str
    query: str = ""
    parameter: str = ""
    code: str = ""


@dataclass(frozen=True)
class Tail:
    """The last words of what is typed, which are being completed, and what stands before them."""

    head: str
    letters: str

    def with_end(self, word: str) -> str:
        return f"{self.head}{word}"


@dataclass(frozen=True)
class Typed:
    whole: tuple[str, ...]
    last: str
    head: str
    tails: tuple[Tail, ...]


def typed(text: str) -> Typed | None:
    """What is being typed; None where it is too little or too much to go on."""
    line = " ".join(tidy(text[: MOST_TYPED * 4]).split())
    if not line or len(line) > MOST_TYPED:
        return None
    words = line.split(" ")
    mark = MARKS.match(words[-1])
    marks = mark.group() if mark else ""
    last = words[-1][len(marks) :]
    if len(letters(last)) < 2 and not HAN.match(last):
        return None
    head = "".join(f"{word} " for word in words[:-1])
    tails = [Tail(head + marks, letters(last))]
    if not marks and ":" not in last:
        for length in range(2, min(LONGEST_TAIL, len(words)) + 1):
            before = "".join(f"{word} " for word in words[:-length])
            tails.append(Tail(before, letters(" ".join(words[-length:]))))
    asked = (word for word in words[:-1] if ":" not in word and word[0] != "-" and word.lower() not in OPERATORS)
    whole = tuple(filter(None, (normalise(word.strip(QUOTES)) for word in asked)))
    return Typed(whole, last, head, tuple(reversed(tails)))


def suggest(text: str, *, language: str) -> list[Suggestion]:
    """At most eight: words that go on from the last one typed, titles with all that is typed, and classes."""
    asked = typed(text)
    if asked is None:
        return []
    field, colon, value = asked.last.partition(":")
    if colon:
        return classes(value, asked.head, language) if field.lower() in {"ipc", "st"} else []
    candidates = _beginning(asked)
    if sum(len(found) for _tail, found in candidates) < MOST_SUGGESTIONS:
        candidates.append((asked.tails[-1], _containing(asked.tails[-1])))
    listings = seen_in(chain.from_iterable(found for _tail, found in candidates))
    words = _still_there(candidates, listings, asked)
    titles = _titles(asked, listings.values(), words, language)
    in_classes = classes(asked.last, asked.head, language)
    # Whoever types a symbol wants classes: they take what words and titles leave.
    most = MOST_CLASSES
    if _is_symbol(asked.last):
        most = max(most, MOST_SUGGESTIONS - len(titles) - len(words))
    in_classes = in_classes[:most]
    return [*words[: MOST_SUGGESTIONS - len(titles) - len(in_classes)], *titles, *in_classes]


# --- words ------------------------------------------------------------------------------------------------------------


def _beginning(asked: Typed) -> list[tuple[Tail, list[SearchWord]]]:
    """Words that begin with the last one, two or three words, in one question; those with more in common first."""
    parts: list[QuerySet[SearchWord]] = []
    for tail in asked.tails:
        parts.append(_most_first(SearchWord.objects.filter(letters__startswith=tail.letters)))
    if only_consonants(asked.tails[-1].letters):
        parts.append(_most_first(SearchWord.objects.filter(initials__startswith=asked.tails[-1].letters)))
    found = list(on_replica(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]))
    found.sort(key=lambda word: (-word.documents, word.word))
    taken: set[int] = set()
    groups = []
    for tail in asked.tails:
        fits = [w for w in found if w.pk not in taken and _goes_on(w, tail)]
        taken.update(word.pk for word in fits)
        groups.append((tail, list(dict.fromkeys(fits))))
    return groups


def _goes_on(word: SearchWord, tail: Tail) -> bool:
    by_initials = only_consonants(tail.letters) and word.initials.startswith(tail.letters)
    return word.letters.startswith(tail.letters) or by_initials


def _most_first(words: QuerySet[SearchWord]) -> QuerySet[SearchWord]:
    return words.order_by("-documents", "word")[:CANDIDATES]


def _containing(tail: Tail) -> list[SearchWord]:
    """Words with what is typed inside: `전지` → `연료전지`. By trigrams of the keys, so not below four of them."""
    pressed = keys(tail.letters)
    if len(pressed) < 4:
        return []
    found = SearchWord.objects.filter(keys__contains=pressed, letters__contains=tail.letters)
    # Ordered by an expression that no index has: walking down the most frequent words could pass all of them.
    found = found.exclude(letters__startswith=tail.letters).order_by(0 - F("documents"), "word")
    return list(on_replica(found[:CONTAINING]))


def _still_there(
    candidates: Sequence[tuple[Tail, list[SearchWord]]], listings: dict[int, Listing], asked: Typed
) -> list[Suggestion]:
    found: dict[str, Suggestion] = {}
    already = {*asked.whole, asked.last.casefold()}
    for tail, words in candidates:
        for word in words:
            query = tail.with_end(word.word)
            if normalise(word.word) in already or normalise(query) in found or not stands_in(word, listings):
                continue
            found[normalise(query)] = Suggestion("word", query, query)
            if len(found) == MOST_SUGGESTIONS:
                return list(found.values())
    return list(found.values())


# --- titles and classes -----------------------------------------------------------------------------------------------


def _titles(asked: Typed, seen: Iterable[Listing], words: Sequence[Suggestion], language: str) -> list[Suggestion]:
    """The newest listings whose title has all that is typed.

    One word: among the listings the words that complete it were seen in, which are their newest. More words: also among
    the first that have them all, the last one completed by those words.
    """
    found = {listing.pk: listing for listing in seen if _has_all(listing, asked)}
    if asked.whole and len(found) < MOST_TITLES:
        ends = [asked.last, *(s.query.removeprefix(asked.head) for s in words if s.query.startswith(asked.head))]
        last = " | ".join(f"({terms})" for terms in dict.fromkeys(map(all_words, ends)) if terms)
        before = all_words(" ".join(asked.whole))
        hits = published_hits(f"{before} & ({last})" if before and last else before or last)
        found |= {listing.pk: listing for listing in hits if _has_all(listing, asked)}
    newest = sorted(found.values(), key=lambda listing: (listing.registered_at, listing.pk), reverse=True)
    return [
        Suggestion("title", listing.text_in("title", language), code=listing.reference)
        for listing in newest[:MOST_TITLES]
    ]


def _has_all(listing: Listing, asked: Typed) -> bool:
    titles = normalised_titles(listing)
    return all(word in titles for word in asked.whole) and letters(asked.last) in letters(titles)


def classes(word: str, head: str, language: str) -> list[Suggestion]:
    """IPC classes and subclasses and S&T majors whose code begins with `word`, or whose title has a word that does."""
    symbol = normalise(word).upper()
    by_code = _is_symbol(word)
    wanted = letters(word)
    found: list[tuple[int, int, str, str, str]] = []
    for system, level in ((System.ST, Level.MAJOR), (System.IPC, Level.CLASS), (System.IPC, Level.SUBCLASS)):
        for code, title in choices(system, level, language):
            if by_code and system == System.IPC and code.startswith(symbol):
                found.append((0, len(code), code, title, system.value))
            elif len(wanted) > 2 and (place := f" {letters(title)}".find(f" {wanted}")) >= 0:
                found.append((1 + (place > 0), len(code), code, title, system.value))
    query = head.strip()
    return [
        Suggestion("class", f"{code} {title}", query, parameter=system, code=code)
        for _rank, _length, code, title, system in sorted(found)[:MOST_SUGGESTIONS]
    ]


def _is_symbol(word: str) -> bool:
    return IPC_BEGINNING.fullmatch(normalise(word).upper()) is not None
