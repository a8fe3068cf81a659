"""Which groups of synonyms the words of a question belong to. Asked at every search, so it answers from memory.

A word and a text are compared as runs of letters (`terms.ANY_RUN`): English ones by their stem and whole, Hangul and
Han without the spaces between them and from the start of a run, so that `이차전지용` holds `이차전지`, `고체 전해질`
is `고체전해질`, and `batteries` is `battery`.
"""

import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Max

from marketplace.core.text import MIDDLE_DOTS
from tech_listings.models import SynonymGroup
from tech_listings.search.terms import ANY_RUN, MAX_TEXT, stem

VERSION_KEY = "tech_listings:synonyms"
VERSION_SECONDS = 60
"""How long a change may stay unseen that was made while the cache was away: otherwise it is seen at once."""

CONJOINING = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")
_stem = lru_cache(maxsize=50_000)(stem)


@dataclass(frozen=True)
class Group:
    """A group one of whose words stands in a text: `text[start:end]` is that word, `others` the rest of the group.

    `word` and `others` are written as the officer wrote them.
    """

    public_id: UUID
    word: str
    start: int
    end: int
    others: tuple[str, ...]


@dataclass(frozen=True)
class _Word:
    key: str
    position: int
    words: tuple[str, ...]
    public_id: UUID


class _Squeezed:
    """A text as it is compared: its runs one after the other, a space only between two of English.

    Run `n` begins at `starts[n]` of `text` and was `spans[n]` of the folded text; `ends` tells which run ends where.
    """

    def __init__(self, text: str) -> None:
        folded, self.places = _folded(text[:MAX_TEXT])
        parts: list[str] = []
        self.runs: list[str] = []
        self.starts: list[int] = []
        self.spans: list[tuple[int, int]] = []
        self.ends: dict[int, int] = {}
        length, was_english = 0, False
        for found in ANY_RUN.finditer(folded):
            run = found.group()
            if _is_cjk(run[0]):
                was_english = False
            else:
                run = _stem(run)
                if was_english:
                    parts.append(" ")
                    length += 1
                was_english = True
            self.starts.append(length)
            length += len(run)
            self.ends[length] = len(self.runs)
            self.runs.append(run)
            self.spans.append(found.span())
            parts.append(run)
        self.text = "".join(parts)

    def candidates(self, run: int, index: "Index") -> Iterable[_Word]:
        """The words of the index that may begin with this run (`_bucket`)."""
        text = self.runs[run]
        if not _is_cjk(text[0]):
            return index.get(text, ())
        start = self.starts[run]
        pair = self.text[start : start + 2]
        words = index.get(pair, ())
        return (*words, *index.get(text, ())) if len(text) == 1 and pair != text else words

    def last_run(self, first: int, end: int) -> int | None:
        """In which run a word ends that begins with run `first` and ends at `end` of `text`.

        None where it would end within an English word, or take a single syllable out of a later word.
        """
        if (last := self.ends.get(end)) is not None:
            return last
        last = first
        while last + 1 < len(self.starts) and self.starts[last + 1] < end:
            last += 1
        torn = last > first and end - self.starts[last] < 2
        return last if _is_cjk(self.text[end - 1]) and not torn else None

    def given(self, first: int, last: int, end: int) -> tuple[int, int]:
        """Where in the text as it was given the part from run `first` to `end` in run `last` stands."""
        start, upto = self.spans[first][0], self.spans[last][1]
        if end not in self.ends:
            upto = self.spans[last][0] + end - self.starts[last]
        if self.places is None:
            return start, upto
        while self.places[upto] == self.places[upto - 1]:  # within what one letter became (㎜ → mm)
            upto += 1
        return self.places[start], self.places[upto]


def _is_cjk(letter: str) -> bool:
    return "가" <= letter <= "힣" or "\u4e00" <= letter <= "\u9fff" or "\u3400" <= letter <= "\u4dbf"


def _folded(text: str) -> tuple[str, list[int] | None]:
    """The text as it is compared, and for each of its places the one in `text`; None where they are the same."""
    if unicodedata.is_normalized("NFKC", text):
        folded = text.casefold()
        if len(folded) == len(text):
            return MIDDLE_DOTS.sub(" ", folded), None
    pieces: list[str] = []
    places: list[int] = []
    for start, cluster in _clusters(text):
        piece = unicodedata.normalize("NFKC", cluster).casefold()
        pieces.append(piece)
        places += [start] * len(piece)
    places.append(len(text))
    return MIDDLE_DOTS.sub(" ", "".join(pieces)), places


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """The pieces of a text that are composed each by itself: a letter with its accents, a syllable of jamo."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not (unicodedata.combining(text[place]) or CONJOINING.match(text[place])):
            yield start, text[start:place]
            start = place


def word_key(word: str) -> str:
    """A word as it is compared; two words with one key are the same word. Empty where nothing of it can be asked."""
    return _Squeezed(word).text


def groups_for(text: str) -> list[Group]:
    """The groups whose words stand in `text`, in the order of the text. The longest word first: what it takes is taken.

    Below a millisecond for 2,000 groups and a long text.
    """
    index = _current()
    if not index:
        return []
    squeezed = _Squeezed(text)
    found: list[Group] = []
    run = 0
    while run < len(squeezed.starts):
        if candidates := squeezed.candidates(run, index):
            group, run = _at(squeezed, run, candidates)
            found += [group] if group else []
        else:
            run += 1
    return found


def _at(squeezed: _Squeezed, run: int, candidates: Iterable[_Word]) -> tuple[Group | None, int]:
    """The group of the longest word that begins with this run, and the run to go on with."""
    start, whole = squeezed.starts[run], squeezed.text
    for word in candidates:
        end = start + len(word.key)
        if not whole.startswith(word.key, start) or (last := squeezed.last_run(run, end)) is None:
            continue
        others = tuple(other for place, other in enumerate(word.words) if place != word.position)
        spelled = word.words[word.position]
        return Group(word.public_id, spelled, *squeezed.given(run, last, end), others), last + 1
    return None, run + 1


# --- what is remembered -----------------------------------------------------------------------------------------------

Index = dict[str, list[_Word]]
"""The words by how they begin (`_bucket`), the longest first."""

_lock = threading.Lock()
_remembered: tuple[str, Index] = ("", {})


def _current() -> Index:
    global _remembered
    version, index = _remembered
    now = _version()
    if now == version:
        return index
    with _lock:
        if _remembered[0] != now:
            _remembered = (now, _indexed(SynonymGroup.objects.active().only("public_id", "words")))
        return _remembered[1]


def _version() -> str:
    """Which state of the synonyms counts: from the cache, or from the database where the cache does not know."""
    known: str | None = cache.get(VERSION_KEY)
    if known is not None:
        return known
    found = _version_in_database()
    # Not set(): an officer may have saved a change since, and its version must stay.
    cache.add(VERSION_KEY, found, VERSION_SECONDS)
    return found


def _version_in_database() -> str:
    newest = SynonymGroup.objects.aggregate(many=Count("pk"), last=Max("updated_at"))
    return f"{newest['many']} {newest['last']:%Y%m%d%H%M%S%f}" if newest["many"] else "none"


def state_of_synonyms() -> str:
    """Another text after every change of a group: whoever keeps what was made with synonyms keeps this beside it."""
    return _version_in_database()


def changed_after_commit() -> None:
    """To be called in every transaction that changes a group."""
    # Robust: where the cache is away, readers ask the database anyway.
    transaction.on_commit(_publish_version, robust=True)


def _publish_version() -> None:
    cache.set(VERSION_KEY, _version_in_database(), VERSION_SECONDS)


def _indexed(groups: Iterable[SynonymGroup]) -> Index:
    index: dict[str, list[_Word]] = defaultdict(list)
    for group in groups:
        words = tuple(group.words)
        for position, word in enumerate(words):
            key = word_key(word)
            if key:
                index[_bucket(key)].append(_Word(key, position, words, group.public_id))
    for candidates in index.values():
        candidates.sort(key=lambda word: (-len(word.key), word.key, word.public_id))
    return dict(index)


def _bucket(key: str) -> str:
    """The whole first run of an English word; the first two letters of others, or the only one."""
    if _is_cjk(key[0]):
        return key[:2]
    first = ANY_RUN.match(key)
    return first.group() if first else key
