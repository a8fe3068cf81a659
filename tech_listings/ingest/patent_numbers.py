"""Numbers of rights, in every notation of domain-facts §6.4, to the 13 digits of the patent office's data."""

import re
import unicodedata
from functools import lru_cache

from tech_listings.ingest.problems import BadValue

EMPTY_WORDS = frozenset(
    {
        "",
        "-",
        "--",
        "‐",
        "–",
        "—",
        "n/a",
        "na",
        "none",
        "null",
        "nan",
        "없음",
        "해당없음",
        "해당 없음",
        "미정",
        "미상",
        "(없음)",
    }
)
SCIENTIFIC = re.compile(r"^[+]?\d+(?:[.,]\d+)?[eE][+]?\d+$")
DASHES = re.compile("[‐‑‒–—―−﹣－ー]")
WRAPPING = re.compile(
    r"^(?:대한민국|한국)?(?:특허|실용신안|디자인|상표)?(?:출원|등록|공개|공고)?(?:번호)?[:：]?제?|호$"
)
APPLICATION = re.compile(r"^(?:KR)?(10|20|30)-?((?:19|20)\d{2})-?(\d{7})(?:\.0)?(?:[A-Z]\d?)?$", re.ASCII)
REGISTRATION = re.compile(r"^(?:KR)?(10|20|30)-?(\d{7})(?:-?(\d{4}))?(?:\.0)?(?:B\d?|Y\d?)?$", re.ASCII)
PCT = re.compile(r"^PCT/?([A-Z]{2})/?((?:19|20)?\d{2})/?(\d{5,6})$", re.ASCII)
FOREIGN = re.compile(r"^(?!KR|PC)([A-Z]{2})[-/ ]?([0-9][0-9A-Z/.,-]{3,24})$")
EARLIEST_YEAR = 1946


def plain(text: str) -> str:
    """NFKC (full-width digits and letters become plain), one kind of dash, no spaces, upper case."""
    if not text.isascii():
        text = DASHES.sub("-", unicodedata.normalize("NFKC", text)).replace("\u200b", "")
    return text.replace(" ", "").strip().upper()


def refuse_shortened(text: str) -> None:
    """`1.02E+12` and `1.02012E12` lost digits in a spreadsheet: nobody may guess them."""
    if SCIENTIFIC.match(text.replace(" ", "")):
        raise BadValue("spreadsheet_number", text)


@lru_cache(maxsize=65_536)
def application_number(text: str) -> str:
    """`1020120086766`, `PCT/KR2020/000001` or a foreign number with its country; empty for an empty cell.

    Raises:
        BadValue: `spreadsheet_number` or `bad_application_number`.
    """
    if text.isascii() and APPLICATION.match(text):
        bare = text
    else:
        bare = plain(text)
        if bare.lower() in EMPTY_WORDS:
            return ""
        refuse_shortened(bare)
        bare = WRAPPING.sub("", bare)
    if found := APPLICATION.match(bare):
        kind, year, serial = found.groups()
        if int(serial) == 0:
            # 1020000000000 is what is left of 1.02E+12 once a spreadsheet wrote it out again.
            raise BadValue("spreadsheet_number", text)
        if int(year) >= EARLIEST_YEAR:
            return kind + year + serial
    if found := PCT.match(bare):
        country, year, serial = found.groups()
        full_year = year if len(year) == 4 else ("19" if int(year) > 77 else "20") + year
        return f"PCT/{country}{full_year}/{int(serial):06d}"
    if found := FOREIGN.match(bare):
        return f"{found[1]}{found[2]}"
    raise BadValue("bad_application_number", text)


@lru_cache(maxsize=65_536)
def registration_number(text: str) -> str:
    """`1011708010000` or a foreign number with its country; empty for an empty cell.

    Raises:
        BadValue: `spreadsheet_number` or `bad_registration_number`.
    """
    if text.isascii() and REGISTRATION.match(text):
        bare = text
    else:
        bare = plain(text)
        if bare.lower() in EMPTY_WORDS:
            return ""
        refuse_shortened(bare)
        bare = WRAPPING.sub("", bare)
    if found := REGISTRATION.match(bare):
        kind, serial, division = found.groups()
        if int(serial) == 0:
            raise BadValue("spreadsheet_number", text)
        if division in {None, "0000"} or kind == "30":
            return f"{kind}{serial}{division or '0000'}"
    if found := FOREIGN.match(bare):
        return f"{found[1]}{found[2]}"
    raise BadValue("bad_registration_number", text)


def publication_number(text: str) -> str:
    """Numbers of published applications have the notation of application numbers. Raises `BadValue`."""
    return application_number(text)
