"""One row of a file as a checked record."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from tech_listings.ingest import values, words
from tech_listings.ingest.known_fields import TARGETS
from tech_listings.ingest.mapping import ColumnMapping
from tech_listings.ingest.patent_numbers import application_number, publication_number, registration_number
from tech_listings.ingest.problems import BadValue, RowProblem, problem
from tech_listings.ingest.tables import Column, Row

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
BLANKS = re.compile(r"[^\S\n]+")
HANGUL = re.compile("[가-힣]")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
LIMITS = {"title": 500, "short": 300, "summary": 10_000, "long": 5_000, "word": 60}
FORMULA_STARTS = frozenset("=+-@＝＋－＠")


@dataclass(frozen=True, slots=True)
class ListingRecord:
    """What one row says, checked. Empty text, an empty tuple or None is an empty cell or a missing column: it changes
    nothing on a listing. Dates are days."""

    row: int
    key: str
    raw_hash: str
    title: str = ""
    title_en: str = ""
    title_zh: str = ""
    application_number: str = ""
    application_date: datetime.date | None = None
    publication_number: str = ""
    publication_date: datetime.date | None = None
    registration_number: str = ""
    registration_date: datetime.date | None = None
    expiry_date: datetime.date | None = None
    right_status: str = ""
    invention_title: str = ""
    applicant: str = ""
    ipc: tuple[str, ...] = ()
    value_sentence: str = ""
    abstract: str = ""
    overview: str = ""
    problem: str = ""
    effect: str = ""
    keywords: tuple[str, ...] = ()
    field_of_use: str = ""
    conditions_of_use: str = ""
    licenses: tuple[str, ...] = ()
    deal_kinds: tuple[str, ...] = ()
    price: values.Price = values.NO_PRICE
    trl: int | None = None
    industry_codes: str = ""
    science_class: str = ""


def clean_text(text: str) -> str:
    """As `core.text.tidy` stores text, without its walk over every character."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():  # then a space is the only blank in it
        return " ".join(text.split()) if "  " in text else text.strip()
    text = CONTROLS.sub("", text)
    if "\n" in text:
        return "\n".join(BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip()
    return " ".join(text.split())


def language_of(text: str) -> str:
    """`ko` as soon as there is Hangul, `zh` where Han stands without it, else `en`."""
    if text.isascii() or not HANGUL.search(text):
        return "zh" if HAN.search(text) else "en"
    return "ko"


def _text(limit: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        cleaned = clean_text(text)
        if len(cleaned) > limit:
            raise BadValue("too_long", cleaned, have=len(cleaned), want=limit)
        return "" if len(cleaned) < 8 and cleaned.lower() in values.EMPTY_WORDS else cleaned

    return parse


def _words(text: str) -> tuple[str, ...]:
    cleaned = clean_text(text)
    if len(cleaned) > LIMITS["long"]:
        raise BadValue("too_long", cleaned, have=len(cleaned), want=LIMITS["long"])
    return values.words(cleaned)


def _keywords(text: str) -> tuple[str, ...]:
    found = _words(text)
    for word in found:
        if len(word) > LIMITS["word"]:
            raise BadValue("too_long", word, have=len(word), want=LIMITS["word"])
    return found


@lru_cache(maxsize=65_536)
def _applicant(text: str) -> str:
    found = "|".join(values.names(clean_text(text)))
    if len(found) > LIMITS["title"]:
        raise BadValue("too_long", found, have=len(found), want=LIMITS["title"])
    return found


def _security(text: str) -> bool:
    if values.yes_no(text):
        raise BadValue("security_project", text)
    return False


def _code(pattern: str, length: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        bare = text.strip()
        return bare if re.fullmatch(pattern, bare) and len(bare) <= length else ""

    return parse


PARSERS: dict[str, Callable[[str], Any]] = {
    "title": _text(LIMITS["title"]),
    "title_en": _text(LIMITS["title"]),
    "title_zh": _text(LIMITS["title"]),
    "application_number": application_number,
    "application_date": values.date,
    "publication_number": publication_number,
    "publication_date": values.date,
    "registration_number": registration_number,
    "registration_date": values.date,
    "expiry_date": values.date,
    "right_status": words.right_status,
    "invention_title": _text(LIMITS["title"]),
    "applicant": _applicant,
    "ipc": values.ipc_codes,
    "value_sentence": _text(LIMITS["short"]),
    "abstract": _text(LIMITS["summary"]),
    "overview": _text(LIMITS["summary"]),
    "problem": _text(LIMITS["long"]),
    "effect": _text(LIMITS["long"]),
    "keywords": _keywords,
    "field_of_use": _text(LIMITS["long"]),
    "conditions_of_use": _text(LIMITS["long"]),
    "licenses": _words,
    "deal_kinds": words.deal_kinds,
    "price": values.price,
    "trl": values.trl,
    # Names instead of codes stand in these columns in many files; only a code can be kept.
    "industry_codes": _code(r"[0-9]{2,5}", 5),
    "science_class": _code(r"[A-Z]{2}[0-9]{0,4}", 6),
    "security": _security,
}
assert set(PARSERS) | {"external_id"} == set(TARGETS)


class CellReader:
    """Parses the mapped cells of one table's rows. Made once per file; `raw_hash` recognises a row without that."""

    parsers: Mapping[str, Callable[[str], Any]] = {}

    def __init__(self, mapping: ColumnMapping, columns: Sequence[Column], *, lossy: bool = False) -> None:
        mapping.check(columns)
        index = {c.name: c.index for c in columns}
        self.indexes = {target: index[name] for target, name in mapping.columns.items()}
        self.names = dict(mapping.columns)
        ordered = sorted(self.indexes.items())
        # At least two are mapped (a name and a number), so that this always gives a tuple.
        self.mapped_cells = itemgetter(*(index for _target, index in ordered))
        self.of_targets = blake2b("\x1f".join(target for target, _index in ordered).encode(), digest_size=16)
        self.parsed = [(t, i, self.parsers[t]) for t, i in self.indexes.items() if t in self.parsers]
        self.lossy = lossy
        self.last_key = ""

    def raw_hash(self, row: Row) -> str:
        """32 hex digits over the mapped cells. Column order, unmapped columns, encoding and line ends do not matter."""
        joined = "\x1f".join(self.mapped_cells(row.cells))
        if "\r" in joined:
            joined = joined.replace("\r\n", "\n").replace("\r", "\n")
        if not unicodedata.is_normalized("NFC", joined):
            joined = unicodedata.normalize("NFC", joined)
        digest = self.of_targets.copy()
        digest.update(joined.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def values_of(self, row: Row) -> tuple[dict[str, Any], list[RowProblem]]:
        """What the filled cells say, by target, and what is wrong with the others."""
        found: dict[str, Any] = {}
        problems: list[RowProblem] = []
        cells = row.cells
        for target, index, parse in self.parsed:
            if cell := cells[index]:
                if cell[0] == "'" and cell[1:2] in FORMULA_STARTS:
                    cell = cell[1:]  # put there by our own file of errors, so that no spreadsheet runs the cell
                try:
                    found[target] = parse(cell)
                except BadValue as bad:
                    detail: dict[str, Any] = dict(bad.detail)
                    problems.append(problem(row.number, bad.code, self.names[target], bad.part or cell, **detail))
        return found, problems


class RecordReader(CellReader):
    """Turns rows of one table into records of listings."""

    parsers = PARSERS

    def read(self, row: Row, raw_hash: str = "") -> tuple[ListingRecord | None, list[RowProblem]]:
        """The record, or None with every problem of the row. Warnings come with a record.

        `last_key` is then the row's key, empty where it could not be read.
        """
        self.last_key = ""
        if row.problem is not None:
            return None, [row.problem]
        found, problems = self.values_of(row)
        found.pop("security", None)
        key = self.last_key = self._key(row, found, problems)
        self._check(row, found, problems)
        if any(not p.warning for p in problems):
            return None, problems
        if self.lossy:
            problems += self._lost(row)
        return ListingRecord(row.number, key, raw_hash or self.raw_hash(row), **found), problems

    def _key(self, row: Row, found: dict[str, Any], problems: list[RowProblem]) -> str:
        """An identifier of the holder's own, else the application number, else the registration number."""
        if (index := self.indexes.get("external_id")) is not None and (text := clean_text(row.cells[index])):
            if len(text) > 100:
                problems.append(
                    problem(row.number, "too_long", self.names["external_id"], text, have=len(text), want=100)
                )
            if not values.is_empty(text):
                return f"id:{text[:100]}"
        if number := found.get("application_number"):
            return f"a:{number}"
        if number := found.get("registration_number"):
            return f"r:{number}"
        if not problems:
            name = next(
                self.names[t] for t in ("external_id", "application_number", "registration_number") if t in self.names
            )
            problems.append(problem(row.number, "no_key", name))
        return ""

    def _check(self, row: Row, found: dict[str, Any], problems: list[RowProblem]) -> None:
        if not (found.get("title") or found.get("invention_title") or found.get("title_en") or found.get("title_zh")):
            target = next(t for t in ("title", "invention_title", "title_en", "title_zh") if t in self.names)
            if not any(p.field == self.names[target] for p in problems):
                problems.append(problem(row.number, "required", self.names[target]))
        applied, registered = found.get("application_date"), found.get("registration_date")
        if applied and registered and registered < applied:
            name = self.names["registration_date"]
            problems.append(problem(row.number, "registered_before_applied", name, registered.isoformat()))

    def _lost(self, row: Row) -> list[RowProblem]:
        """Where an encoding could not hold a character, its writer leaves `?`: seen inside or before a word."""
        return [
            problem(row.number, "possibly_lost_character", self.names[target], cells_text, warning=True)
            for target, i in self.indexes.items()
            if "?" in (cells_text := row.cells[i]) and LOST.search(cells_text)
        ]


MOST_MARKS_FOR_NOTHING = 50
LOST = re.compile(r"\S\?(?=[^\s\"'”’)\]?!.,])|(?:^|\s)\?(?=\S)")


def is_same_but_for_encoding(new: str, old: str, encoding: str) -> str:
    """The characters of `old` that `encoding` cannot hold, if they are all that makes `new` differ; else empty.

    A writer that cannot hold a character puts `?` there. What cleaning removed from `old` (odd blanks, control
    characters) stands as `?` in `new` too; it is named as a blank.
    """
    if "?" not in new or new == old:
        return ""
    behind = _behind_the_marks(new.split("?"), old)
    if behind is None:
        return ""
    lost = [c or " " for c in behind if c != "?"]
    return "".join(dict.fromkeys(lost)) if all(c == " " or not _holds(encoding, c) for c in lost) else ""


def _behind_the_marks(pieces: Sequence[str], old: str) -> list[str] | None:
    """What stands in `old` between each two of `pieces`, one character or nothing; None where they do not fit.

    A regular expression would try 2ⁿ ways for n marks; here each place that can be reached is looked at once.
    """
    none = len(pieces) - 1 - (len(old) - sum(map(len, pieces)))  # so many marks stand for nothing
    if not 0 <= none < len(pieces) or none > MOST_MARKS_FOR_NOTHING or not old.startswith(pieces[0]):
        return None
    reached = [{len(pieces[0]): ""}]
    whole = len(pieces[0])
    for count, piece in enumerate(pieces[1:], start=1):
        whole += len(piece)
        ends: dict[int, str] = {}
        for end in reached[-1]:
            for behind in ("", old[end : end + 1]):
                start = end + len(behind)
                if start + len(piece) >= whole + count - none and old.startswith(piece, start):
                    ends[start + len(piece)] = behind
        reached.append(ends)
    end, found = len(old), []
    if end not in reached[-1]:
        return None
    for piece, ends in zip(pieces[:0:-1], reached[:0:-1], strict=True):
        found.append(ends[end])
        end -= len(piece) + len(ends[end])
    return found[::-1]


def _holds(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
