"""Cells of project and result files to values. Each raises `BadValue` rather than guess."""

import datetime
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from accounts.numbers import digits
from marketplace.core.text import normalise
from obligations.enums import ResultKind
from obligations.numbers import project_key
from tech_listings.ingest import values
from tech_listings.ingest.problems import BadValue

KINDS = {
    ResultKind.PATENT: "특허 국내특허 특허출원 특허등록 실용신안 지식재산권 지재권 patent ip",
    ResultKind.KNOW_HOW: "노하우 기술노하우 knowhow",
    ResultKind.SOFTWARE: "소프트웨어 프로그램 sw software program",
    ResultKind.PROTOTYPE: "시제품 시작품 제품 prototype product",
    ResultKind.TECHNOLOGY_SUMMARY: "기술요약정보 기술요약 technologysummary summary",
    ResultKind.NEW_VARIETY: "신품종 품종 newvariety variety",
    ResultKind.STANDARD: "표준 표준화 standard",
    ResultKind.OTHER: "기타 생명자원 화합물 시설장비 연구시설장비 other",
}
SECURITY = {"보안": True, "보안과제": True, "security": True, "일반": False, "일반과제": False, "ordinary": False}
PERIOD = re.compile(r"\s*(?:~|∼|〜|–|—|부터)\s*|\s+-\s+|(?<=\d)-(?=\d{4}[-./년])")
UNIT_IN_HEADER = re.compile(r"[(\[]\s*(?:단위\s*[:：]?\s*)?(천|만|십만|백만|천만|억)\s*원?\s*[)\]]")
BARE_NUMBER = re.compile(r"[\d,.\s]+")


def _key(text: str) -> str:
    return re.sub(r"[\s_\-·()\[\]/]+", "", unicodedata.normalize("NFKC", text).casefold())


_KIND_OF = {_key(word): str(kind) for kind, words in KINDS.items() for word in words.split()}
_KIND_OF |= {_key(kind): str(kind) for kind in ResultKind.values}


def result_kind(text: str) -> str:
    if values.is_empty(text):
        return ""
    found = _KIND_OF.get(_key(text)) or _KIND_OF.get(_key(re.sub(r"\(.*\)$", "", text)))
    if found is None:
        raise BadValue("bad_result_kind", text)
    return found


def project_number(text: str) -> str:
    """As it is written. Raises `BadValue` where it has no digit or a spreadsheet shortened it."""
    if values.is_empty(text):
        return ""
    bare = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+", bare):
        raise BadValue("spreadsheet_number", text)
    if len(bare) > 60 or not any(c.isdigit() for c in project_key(bare)):
        raise BadValue("bad_project_number", text)
    return bare


def security(text: str) -> bool | None:
    """`보안`, `일반`, `Y`, `N`; None for an empty cell, which changes nothing."""
    if values.is_empty(text):
        return None
    key = _key(text)
    return SECURITY[key] if key in SECURITY else values.yes_no(text)


def yes_no(text: str) -> bool | None:
    return None if values.is_empty(text) else values.yes_no(text)


def period(text: str) -> tuple[datetime.date, datetime.date] | None:
    """`2023-01-01 ~ 2025-12-31`, `20230101~20251231`, `2023.1.1 - 2025.12.31`."""
    if values.is_empty(text):
        return None
    parts = [part for part in PERIOD.split(unicodedata.normalize("NFKC", text).strip().removesuffix("까지")) if part]
    if len(parts) != 2:
        raise BadValue("bad_period", text)
    try:
        first, last = (values.date(part) for part in parts)
    except BadValue:
        raise BadValue("bad_period", text) from None
    if first is None or last is None:
        raise BadValue("bad_period", text)
    return first, last


def won(text: str, header: str = "") -> int | None:
    """Whole won. A bare number is counted in the unit that the header names, like `정부연구비(천원)`."""
    found = values.price(text).won
    unit = UNIT_IN_HEADER.search(unicodedata.normalize("NFKC", header))
    if found is not None and unit and BARE_NUMBER.fullmatch(text):
        found *= values.UNITS[unit[1]]
    if found is not None and found > values.HIGHEST_WON:
        raise BadValue("bad_amount", text)
    return found


def share(text: str) -> int | None:
    """`60`, `60.5 %` as basis points."""
    if values.is_empty(text):
        return None
    bare = unicodedata.normalize("NFKC", text).replace(" ", "").removesuffix("%")
    try:
        points = Decimal(bare) * 100
    except InvalidOperation:
        raise BadValue("bad_share", text) from None
    if not points.is_finite() or points != int(points) or not 1 <= points <= 10_000:
        raise BadValue("bad_share", text)
    return int(points)


def email(text: str) -> str:
    bare = text.strip().lower()
    if values.is_empty(bare):
        return ""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", bare) or len(bare) > 254:
        raise BadValue("bad_email", text)
    return bare


def people(text: str) -> tuple[str, ...]:
    """Inventors: separated by | ; , or a line break."""
    return tuple(dict.fromkeys(name for name in values.words(text) if name))[:50]


def organization_key(text: str) -> str:
    """What makes two names of an organization the same: letters, without blanks and case."""
    return normalise(text).replace(" ", "")


def business_number(text: str) -> str:
    """Ten digits, empty where the cell holds no such number."""
    bare = digits(text)
    return bare if re.fullmatch(r"[0-9]{10}", bare) else ""
