"""One cell to one value. Every function takes text, returns an empty value for an empty cell, and raises `BadValue`
with the code of `problems.ROW_WORDINGS` rather than guess."""

import datetime
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from tech_listings.ingest.patent_numbers import EMPTY_WORDS
from tech_listings.ingest.problems import BadValue

DATE = re.compile(
    r"^(\d{4})(?:(?P<mark>[-./])\s*(\d{1,2})(?P=mark)\s*(\d{1,2})\.?|(\d{2})(\d{2})|\s*년\s*(\d{1,2})\s*월\s*(\d{1,2})\s*일)"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)
NO_DATE = frozenset({"00000000", "0000-00-00", "0000.00.00", "0"})
DAY_NUMBER = re.compile(r"^[1-6]\d{4}(?:\.\d+)?$")
FIRST_YEAR, LAST_YEAR = 1900, 2100
LONGEST_CODES = 5_000

LIST_MARKS = re.compile(r"[|;\n]+|,(?![^()]*\))")
WORD_MARKS = re.compile(r"[|;,\n/·ㆍ、]+")
IPC = re.compile(r"^([A-H])\s*(\d{2})\s*([A-Z])\s*-?\s*(\d{1,4})\s*/\s*(\d{2,6})$", re.ASCII)
IPC_CLASS = re.compile(r"^([A-H])(\d{2})([A-Z])$", re.ASCII)
IPC_VERSION = re.compile(r"\s*[\(\[]\d{4}\.\d{2}[\)\]]$|\s*\(\d{4}(?:\.\d{2})?\)$")

TRL = re.compile(r"^(?:TRL\s*)?[-:]?\s*([1-9])\s*(?:단계|\.0)?$", re.IGNORECASE)
AMOUNT_PART = re.compile(r"(\d+(?:\.\d+)?)(조|천억|백억|십억|억|천만|백만|십만|만|천|백)?")
UNITS = {
    "조": 10**12, "천억": 10**11, "백억": 10**10, "십억": 10**9, "억": 10**8, "천만": 10**7, "백만": 10**6,
    "십만": 10**5, "만": 10**4, "천": 10**3, "백": 10**2, "": 1,
}  # fmt: skip
NEGOTIABLE = frozenset({"협의", "별도협의", "상호협의", "추후협의", "협의후결정", "negotiable", "tobenegotiated"})
FREE = frozenset({"무상", "무료", "나눔", "무상이전", "free", "0", "0원"})
HIGHEST_WON = 10**15


class Price(NamedTuple):
    """A price wish. `won` None with `negotiable` says that it is to be agreed."""

    won: int | None
    negotiable: bool = False


NO_PRICE = Price(None)


def is_empty(text: str) -> bool:
    return not text or text.strip().lower() in EMPTY_WORDS


@lru_cache(maxsize=65_536)
def date(text: str) -> datetime.date | None:
    """20230110, 2023-01-10, 2023.01.10 (also `2023. 1. 10.`), 2023/01/10, 2023년 1월 10일.

    A time behind it is dropped.
    """
    bare = unicodedata.normalize("NFKC", text).strip()
    if bare.lower() in EMPTY_WORDS or bare in NO_DATE:
        return None
    found = DATE.match(bare)
    if not found:
        raise BadValue("excel_day_number" if DAY_NUMBER.match(bare) else "bad_date", text)
    year, _mark, *parts = found.groups()
    month, day = (int(p) for p in parts if p is not None)
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise BadValue("bad_date", text)
    try:
        return datetime.date(int(year), month, day)
    except ValueError:
        raise BadValue("bad_date", text) from None


@lru_cache(maxsize=65_536)
def ipc_codes(text: str) -> tuple[str, ...]:
    """`G06Q50/18; H01M 10/0525` to (`G06Q 50/18`, `H01M 10/0525`), each once, the main one first."""
    if len(text) > LONGEST_CODES:
        raise BadValue("too_long", text, have=len(text), want=LONGEST_CODES)
    codes: dict[str, None] = {}
    for part in LIST_MARKS.split(text):
        bare = IPC_VERSION.sub("", " ".join(unicodedata.normalize("NFKC", part).split()).upper())
        if bare.lower() in EMPTY_WORDS:
            continue
        codes[_ipc(bare, part)] = None
    return tuple(codes)


@lru_cache(maxsize=65_536)
def _ipc(bare: str, original: str) -> str:
    if found := IPC.match(bare):
        section, number, subclass, group, subgroup = found.groups()
        if int(group) > 0:
            return f"{section}{number}{subclass} {int(group)}/{subgroup}"
    if found := IPC_CLASS.match(bare):
        return bare
    raise BadValue("bad_ipc", original.strip())


@lru_cache(maxsize=4096)
def trl(text: str) -> int | None:
    """`4`, `TRL 4`, `4단계`. A range is refused: which end is meant is not ours to choose."""
    bare = unicodedata.normalize("NFKC", text).strip()
    if bare.lower() in EMPTY_WORDS:
        return None
    if found := TRL.match(bare):
        return int(found[1])
    raise BadValue("bad_trl", text)


@lru_cache(maxsize=8192)
def price(text: str) -> Price:
    """`50,000,000`, `5천만원`, `1억 5천만원`, `1.5억`, `50백만원`, `무상`, `협의`."""
    bare = re.sub(r"[\s,₩￦]", "", unicodedata.normalize("NFKC", text)).lower()
    if bare in EMPTY_WORDS:
        return Price(None)
    if bare in NEGOTIABLE:
        return Price(None, negotiable=True)
    if bare in FREE:
        return Price(0)
    if re.match(r"^\d+(\.\d+)?e\+?\d+$", bare):
        raise BadValue("spreadsheet_number", text)
    return Price(_won(re.sub(r"^(?:krw|금)|(?:원정?|krw)$", "", bare), text))


def _won(bare: str, original: str) -> int:
    total, end, last_unit = Decimal(0), 0, None
    for found in AMOUNT_PART.finditer(bare):
        unit = UNITS[found[2] or ""]
        if found.start() != end or (last_unit is not None and unit >= last_unit):
            raise BadValue("bad_amount", original)
        total += Decimal(found[1]) * unit
        end, last_unit = found.end(), unit
    if not bare or end != len(bare) or total != int(total) or total > HIGHEST_WON:
        raise BadValue("bad_amount", original)
    return int(total)


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """Keywords and names; `., , ,` (real exports hold such) gives none, and each word comes once."""
    found: dict[str, None] = {}
    for part in WORD_MARKS.split(text):
        word = part.strip(" .\t\r\"'")
        if word and word.lower() not in EMPTY_WORDS:
            found[word] = None
    return tuple(found)


def names(text: str) -> tuple[str, ...]:
    """Applicants, inventors: separated by | ; or a line break, not by a comma or slash, which names may hold."""
    return tuple(dict.fromkeys(p for part in re.split(r"[|;\n]+", text) if (p := part.strip()) and not is_empty(p)))


@lru_cache(maxsize=256)
def yes_no(text: str) -> bool:
    """`Y`, `예`, `1`, `true`, `O`, `여`, `보안` … ; an empty cell means no."""
    bare = unicodedata.normalize("NFKC", text).strip().lower()
    if bare in EMPTY_WORDS or bare in {
        "n",
        "no",
        "아니오",
        "아니요",
        "0",
        "false",
        "x",
        "부",
        "일반",
        "비보안",
        "f",
        "비대상",
    }:
        return False
    if bare in {"y", "yes", "예", "네", "1", "true", "o", "여", "보안", "보안과제", "t", "대상"}:
        return True
    raise BadValue("bad_yes_no", text)
