"""Usual royalty rates by industry: survey bands with their sources, as data (domain-facts.md §4.2).

Which patent classes belong to an industry is our own reading of the classes, to begin with and nothing more.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data" / "royalty_rates.json"


@dataclass(frozen=True)
class Band:
    """What is usual in an industry, in basis points of net sales. `late_stage`: 10 % and more close to the market."""

    key: str
    name_ko: str
    name_en: str
    name_zh: str
    low_bp: int
    high_bp: int
    ipc: tuple[str, ...]
    is_higher_late: bool

    def name_in(self, language: str) -> str:
        return str(getattr(self, f"name_{language[:2]}", "") or self.name_en)

    @property
    def middle_bp(self) -> int:
        return (self.low_bp + self.high_bp) // 2


@dataclass(frozen=True)
class Source:
    text_ko: str
    text_en: str
    text_zh: str

    def text_in(self, language: str) -> str:
        return str(getattr(self, f"text_{language[:2]}", "") or self.text_en)


@cache
def bands() -> tuple[Band, ...]:
    return tuple(
        Band(
            key=row["key"],
            name_ko=row["name_ko"],
            name_en=row["name_en"],
            name_zh=row["name_zh"],
            low_bp=row["low_bp"],
            high_bp=row["high_bp"],
            ipc=tuple(row["ipc"]),
            is_higher_late=row["note"] == "late_stage",
        )
        for row in _data()["industries"]
    )


@cache
def sources() -> tuple[Source, ...]:
    return tuple(Source(row["text_ko"], row["text_en"], row["text_zh"]) for row in _data()["sources"])


@cache
def _data() -> dict[str, list[dict[str, Any]]]:
    return json.loads(DATA.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def band_of(ipc_codes: Iterable[str]) -> Band | None:
    """The band of the first code that has one, by its longest class that is named; None where none has."""
    for code in ipc_codes:
        named = [(len(each), band) for band in bands() for each in band.ipc if code.upper().startswith(each)]
        if named:
            return max(named, key=lambda each: each[0])[1]
    return None
