"""Terms as numbers: what a document counts is one array, sorted and counted without touching a word.

A number says all that a document needs of a term. Its high half is the term's place in the sparse vectors, so that
sorting gives the order those want; its low half tells which term of the vocabulary it is, and whether it is a pair.
"""

import re
import threading
from array import array
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.core.text import normalise
from tech_listings.search.terms import ANY_RUN, HANGUL, MAX_TEXT, is_pair, term_id, terms_of_run

Numbers = NDArray[np.int64]
NUMBER_BYTES = 8
MOST_WORDS, MOST_TERMS = 300_000, 500_000
LONGEST_REMEMBERED = 40
"""Characters. A Chinese sentence has no spaces and does not come again."""

ONLY_HANGUL = re.compile("[가-힣]+")
_HALF, _LOW = 32, (1 << 32) - 1


class _Numbers(dict[str, int]):
    """The number of each term. `lexemes` are the terms in the order in which they were met."""

    def __init__(self) -> None:
        super().__init__()
        self.lexemes: list[bytes] = []
        self._lock = threading.Lock()

    def __missing__(self, term: str) -> int:
        with self._lock:  # two threads must not give one number to two terms, or two to one
            if (number := self.get(term)) is None:
                number = self[term] = term_id(term) << _HALF | len(self.lexemes) << 1 | is_pair(term)
                self.lexemes.append(term.encode())
        return number


class Vocabulary(dict[str, bytes]):
    """By what stands between spaces, the numbers of its terms with repetition, as the bytes of an array.

    Normalising, cutting and looking up what was met before is then one step. No step looks across a space.
    """

    def __init__(self) -> None:
        super().__init__()
        self._numbers = _Numbers()

    def __missing__(self, word: str) -> bytes:
        if ONLY_HANGUL.fullmatch(word):
            made = self._of_run(word)
        else:
            runs = ANY_RUN.findall(normalise(word))
            made = b"".join([self[run] if HANGUL.match(run) else self._of_run(run) for run in runs])
        if len(word) <= LONGEST_REMEMBERED:
            self[word] = made
        return made

    def _of_run(self, run: str) -> bytes:
        words, pairs = terms_of_run(run)
        return array("q", map(self._numbers.__getitem__, chain(words, pairs))).tobytes()

    @property
    def is_full(self) -> bool:
        return len(self) >= MOST_WORDS or len(self._numbers) >= MOST_TERMS

    def numbers_in(self, text: str) -> bytes:
        """Every term of a text with repetition, as bytes. Takes any text, normalises it itself."""
        return b"".join(map(self.__getitem__, text[:MAX_TEXT].split()))

    def lexemes_of(self, numbers: Numbers) -> list[bytes]:
        return list(map(self._numbers.lexemes.__getitem__, ((numbers & _LOW) >> 1).tolist()))


def counted(numbers: bytes) -> tuple[Numbers, NDArray[Any]]:
    """Each number once, ascending, and how often it occurs: what `numpy.unique` gives, in half its time."""
    ordered = np.frombuffer(numbers, np.int64).copy()
    ordered.sort()
    edges = np.ones(len(ordered) + 1, bool)  # before the first, wherever the number changes, behind the last
    np.not_equal(ordered[1:], ordered[:-1], out=edges[1:-1])
    starts = edges.nonzero()[0]
    return ordered[starts[:-1]], starts[1:] - starts[:-1]


def places(numbers: Numbers) -> Numbers:
    return numbers >> _HALF


def pairs(numbers: Numbers) -> Numbers:
    """1 where the term is a pair of syllables, else 0."""
    return numbers & 1


_now = Vocabulary()


def vocabulary() -> Vocabulary:
    """The one of now. A full one is left to the documents that are being made with it, and a new one begun."""
    global _now
    if _now.is_full:
        _now = Vocabulary()
    return _now
