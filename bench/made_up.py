"""Made-up technologies in a real distribution of words.

Each takes a real one as its base: its classes, the length of its abstract, and sentences from it and from its
neighbours in the classification, so that words that belong together stand together and common words are as common as
in patents. A share of the words is replaced by invented ones, drawn by Zipf's law from an endless vocabulary: then
500,000 texts have about as many different words as real ones would (bench/rows.py), half of them in one text only.

Without the real records (`../shared/data`, or the folder BENCH_DATA names) the demo's technologies are the bases.
"""

import json
import math
import os
import random
import re
from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from bench.rows import FRESH_WORDS, SYLLABLES

HERE = Path(__file__).resolve()
DATA = Path(os.environ.get("BENCH_DATA") or HERE.parents[2] / "shared" / "data")
DEMO = HERE.parents[1] / "tech_listings" / "demo"
ENDS = re.compile(r"(?<=[.;!?])\s+|(?<=[。！？；])")
LANGUAGES = {"ko": 0.82, "ko en": 0.12, "en": 0.03, "ko zh": 0.02, "en zh": 0.01}
"""Which languages a listing is written in, and the share of such listings: a Korean register with some of the world."""

NEIGHBOURS = 30
FROM_BASE = 0.5
FIRST_RANK, LAST_RANK = 2_000, 10_000_000
"""Ranks of invented words: what is more frequent than the first are the real ones."""

SPREAD = 4_000_037
"""A prime, by which words of neighbouring ranks get different syllables and every rank another word."""


@dataclass(frozen=True)
class Base:
    title: str
    sentences: tuple[str, ...]
    classes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True)
class MadeUp:
    """`content` are fields of a listing; `language` and `base` tell which base it was made from."""

    content: dict[str, Any]
    language: str
    base: int


@cache
def bases() -> dict[str, list[Base]]:
    """Per language the texts to make others from, neighbours side by side."""
    found = _real() if (DATA / "patents").is_dir() else {"ko": [], "en": [], "zh": []}
    demo = [record for path in sorted(DEMO.glob("*.json")) for record in json.loads(path.read_text("utf-8"))]
    for language, known in found.items():
        if not known:
            known += filter(None, (_of_demo(record, language) for record in demo))
        known.sort(key=lambda base: (base.classes, base.title))
    return found


def _real() -> dict[str, list[Base]]:
    korean = []
    with (DATA / "patents" / "university_patents.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in DictReader(file):
            classes = row["InternationalpatentclassificationNumber"]
            korean.append(_base(row["InventionName"], row["Abstract"], classes))
    for row in _lines(DATA / "patents" / "semiconductor_ai_1500.jsonl"):
        korean.append(_base(row["title"], row["abstract"], str(row.get("ipc") or row.get("ipc_codes") or "")))
    english = [_base(row["title"], row["abstract"]) for row in _lines(DATA / "listings" / "nasa_software.jsonl")]
    chinese = [_base(row["title"], row["abstract"]) for row in _lines(DATA / "zh" / "papers_2000.jsonl")]
    return {"ko": korean, "en": english, "zh": chinese}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, filter(str.strip, file))


def _base(title: str, text: str, classes: str = "") -> Base:
    codes = re.findall(r"[A-H]\d{2}[A-Z] ?\d{1,4}/\d{2,6}", classes)
    return Base(
        " ".join(title.split())[:300],
        tuple(filter(None, (sentence.strip() for sentence in ENDS.split(text.strip())))) or (title,),
        tuple(dict.fromkeys(re.sub(r"^(....) ?", r"\1 ", code) for code in codes))[:4],
    )


def _of_demo(record: dict[str, Any], language: str) -> Base | None:
    if record["state"] != "published" or not record.get(f"title_{language}"):
        return None
    names = [f"{part}_{language}" for part in ("value", "summary", "problem", "effect", "field_of_use")]
    text = " ".join(record.get(name) or "" for name in names)
    return _base(record[f"title_{language}"], text, " ".join(record["ipc"]))


def made_up(first: int, count: int) -> Iterator[MadeUp]:
    """The technologies `first` and following; the same numbers give the same ones."""
    chance = random.Random(f"technologies from {first}")
    for kind in chance.choices(list(LANGUAGES), list(LANGUAGES.values()), k=count):
        languages = kind.split()
        content: dict[str, Any] = {}
        at = {}
        for language in languages:
            known = bases()[language]
            at[language] = chance.randrange(len(known))
            content[f"title_{language}"] = _title(known, at[language], language, chance)
            content[f"summary_{language}"] = _text(known, at[language], language, chance)
        main = languages[0]
        classes = bases()["ko"][at["ko"]].classes if "ko" in at else ()
        words = [w for w in content[f"title_{main}"].split() if len(w) > 2 and len(w) <= 40]
        content |= {
            "ipc_codes": list(classes) or [f"G06F {chance.randrange(1, 22)}/{chance.randrange(0, 80):02d}"],
            "keywords": list(dict.fromkeys(chance.choices(words, k=3))) if words else [],
            "trl": chance.choices((None, 1, 2, 3, 4, 5, 6, 7, 8, 9), (20, 3, 7, 14, 18, 14, 10, 7, 4, 3))[0],
            "price_won": chance.choice((None, None, None, 0, *(n * 1_000_000 for n in (3, 8, 15, 25, 50, 80, 150)))),
        }
        yield MadeUp(content, main, at[main])


def _title(known: list[Base], at: int, language: str, chance: random.Random) -> str:
    own, other = known[at].title, known[_near(known, at, chance)].title
    if language == "zh":
        return own
    head, tail = own.split(), other.split()
    if chance.random() < 0.5 and len(head) > 2 and len(tail) > 2:
        head = head[: math.ceil(len(head) / 2)] + tail[len(tail) // 2 :]
    return _varied(" ".join(head), language, chance)[:500]


def _text(known: list[Base], at: int, language: str, chance: random.Random) -> str:
    """As long as the abstract of the base: its first sentence, then its own and its neighbours' in turn."""
    own = known[at].sentences
    wanted = len(known[at].text)
    parts, length = [own[0]], len(own[0])
    while length < wanted and len(parts) < 60:
        source = own if chance.random() < FROM_BASE else known[_near(known, at, chance)].sentences
        parts.append(chance.choice(source))
        length += len(parts[-1]) + 1
    text = ("" if language == "zh" else " ").join(parts)
    return (text if language == "zh" else _varied(text, language, chance))[:9_000]


def _near(known: list[Base], at: int, chance: random.Random) -> int:
    return (at + chance.randint(-NEIGHBOURS, NEIGHBOURS)) % len(known)


def _varied(text: str, language: str, chance: random.Random) -> str:
    invent = _latin if language == "en" else _hangul
    return " ".join([invent(_rank(chance)) if chance.random() < FRESH_WORDS else word for word in text.split(" ")])


def _rank(chance: random.Random) -> int:
    return int(FIRST_RANK * math.exp(chance.random() * math.log(LAST_RANK / FIRST_RANK)))


def _hangul(rank: int) -> str:
    """The invented word of this rank, up to four syllables: the same rank, the same word."""
    many = len(SYLLABLES)
    return "".join(SYLLABLES[n] for n in _digits(rank * SPREAD % many**4, many))


def _latin(rank: int) -> str:
    return "".join(CONSONANTS[n % 16] + "aeiou"[n // 16] for n in _digits(rank * SPREAD % 80**4, 80))


CONSONANTS = "bcdfghklmnprstvz"


def _digits(number: int, base: int) -> list[int]:
    found = []
    while number:
        number, digit = divmod(number, base)
        found.append(digit)
    return found


def to_encode(most: int) -> list[tuple[str, int, str]]:
    """(language, place among its bases, text) of at most `most` bases, from all languages."""
    found = bases()
    share = {"ko": most * 6 // 10, "en": most * 2 // 10, "zh": most * 2 // 10}
    return list(
        chain.from_iterable(
            [(language, n, f"{known[n].title} {known[n].text}") for n in range(min(len(known), share[language]))]
            for language, known in found.items()
        )
    )
