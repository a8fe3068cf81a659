"""Why a hit is there: which words of the question stand in which of its fields, or that it means the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tech_listings.models import Listing
from tech_listings.search.language import Question
from tech_listings.search.ranking import Hit
from tech_listings.search.terms import HANGUL, morphemes, stem

AROUND = 60
"""Characters shown before and after what was found."""

Part = tuple[str, bool]
"""A piece of text, and whether it is marked."""

FIELDS: tuple[tuple[str, "str | Promise"], ...] = (
    ("title", pgettext_lazy("technology", "Title")),
    ("value", _("Value in one sentence")),
    ("summary", _("Summary")),
    ("problem", _("Problem it solves")),
    ("effect", _("Better than what, by how much")),
    ("field_of_use", _("Field of use")),
)


@dataclass(frozen=True)
class Reason:
    """`field` is where it was found; `parts` is the text there. `similarity` in percent where meaning decided."""

    field: "str | Promise"
    parts: tuple[Part, ...] = ()
    similarity: int | None = None
    is_title: bool = False


class Marker:
    """Marks the words of a question, and those that mean the same, in texts."""

    def __init__(self, question: Question) -> None:
        self.question = question

    @cached_property
    def pattern(self) -> "re.Pattern[str] | None":
        texts = [text for unit in self.question.units for text in unit.spellings]
        texts += [*self.question.phrases, *self.question.titles]
        wanted = {piece for text in texts for piece in _pieces(text)}
        if not wanted:
            return None
        return re.compile("|".join(sorted(wanted, key=lambda piece: (-len(piece), piece))), re.IGNORECASE)

    def parts(self, text: str) -> tuple[Part, ...]:
        """The whole text in pieces, what was asked for marked."""
        if self.pattern is None:
            return ((text, False),)
        made: list[Part] = []
        end = 0
        for found in self.pattern.finditer(text):
            if found.start() > end:
                made.append((text[end : found.start()], False))
            made.append((found.group(), True))
            end = found.end()
        return (*made, (text[end:], False)) if end < len(text) else tuple(made)

    def snippet(self, text: str) -> tuple[Part, ...] | None:
        """What stands around the place with most of the words; None where none of them stands in `text`."""
        if self.pattern is None:
            return None
        places = [found.span() for found in self.pattern.finditer(text)]
        if not places:
            return None
        start, _end = max(places, key=lambda place: len({text[a:b] for a, b in places if 0 <= a - place[0] < AROUND}))
        begin, stop = max(0, start - AROUND), min(len(text), start + 2 * AROUND)
        shown = text[begin:stop]
        if begin:
            shown = "…" + (shown.partition(" ")[2] if " " in shown[: start - begin] else shown)
        return self.parts(" ".join(shown.split()) + ("…" if stop < len(text) else ""))

    def why(self, listing: Listing, hit: Hit, language: str) -> Reason:
        """The first field that has a word of the question; else what else tells why it was found."""
        for name, label, text in _texts(listing, language):
            if parts := self.snippet(text):
                return Reason(label, parts, is_title=name == "title")
        if hit.by_meaning and hit.meaning is not None:
            return Reason(_("Similar meaning"), similarity=round(100 * hit.meaning))
        return Reason(_("Rights, holder or classes") if not self.question.number else _("Listing number"))


def _texts(listing: Listing, language: str) -> Iterator[tuple[str, "str | Promise", str]]:
    for name, label in FIELDS[:3]:
        texts = [listing.text_in(name, language), *(getattr(listing, f"{name}_{code}") for code in ("ko", "en", "zh"))]
        for text in dict.fromkeys(filter(None, texts)):
            yield name, label, text
    yield "keywords", _("Keywords"), ", ".join(listing.keywords)
    for name, label in FIELDS[3:]:
        yield name, label, getattr(listing, name)


def _pieces(text: str) -> Iterator[str]:
    """Regular expressions for the forms in which a word of the question may stand in a text."""
    for run in re.findall(r"[가-힣]+|[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W_가-힣\u3400-\u4dbf\u4e00-\u9fff]+", text):
        if HANGUL.match(run):
            yield re.escape(run)
            yield from (re.escape(word) for word in morphemes(run) if len(word) > 1)
        elif run.isascii():
            if len(run) > 1:
                yield rf"\b{re.escape(_beginning(run))}\w*" if len(run) > 2 else rf"\b{re.escape(run)}\b"
        else:
            yield re.escape(run)
            if len(run) > 2:
                yield from (re.escape(run[i : i + 2]) for i in range(len(run) - 1))


def _beginning(word: str) -> str:
    """What a word and its stem have in common: `batter` of `battery`, whose stem is `batteri`."""
    stemmed = stem(word.lower())
    same = (a == b for a, b in zip(word.lower(), stemmed, strict=False))
    return word[: sum(takewhile(bool, same))]
