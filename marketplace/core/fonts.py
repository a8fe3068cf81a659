"""Which font draws which letter of a PDF, or of a mark: the design system's, and Noto Sans for what that one lacks,
which is most Chinese characters and the rarer syllables of names. (Both are fetched at set-up, under the SIL Open Font
License.)

Noto comes in slices of letters that stand together in texts. A slice is unpacked, at its usual weight, when one of its
letters is asked for: some hundredths of a second, once per process.
"""

import io
import json
import re
from functools import cache
from itertools import groupby
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont as WebFont
from fontTools.varLib.instancer import instantiateVariableFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "Ieum"
FONT_FILE = "static/vendor/krds/fonts/PretendardGOV-Regular.subset.woff2"
FOLDER = "static/vendor/noto"
FAMILIES = ("noto-sans-kr", "noto-sans-sc")
"""The one that is asked first draws the characters both have."""
WEIGHT = 400
NUMBERED = re.compile(r"\[(\d+)\]")


def runs(text: str) -> list[tuple[str, str]]:
    """`text` cut into (name of the font, letters). What no font has is drawn as a box by the first one."""
    return [(font, "".join(letters)) for font, letters in groupby(text, key=font_of)]


@cache
def font_of(letter: str) -> str:
    usual, code = drawing_font(), ord(letter)
    if code < 0x80 or code in drawn_letters():
        return usual
    found = next((place for first, last, *place in _ranges() if first <= code <= last), None)
    return _registered(*found) if found else usual


@cache
def _ranges() -> list[tuple[int, int, str, str]]:
    """(first code point, last one, family, number of the slice)."""
    found = []
    for family in FAMILIES:
        slices: dict[str, str] = json.loads((_folder() / family / "unicode.json").read_text(encoding="ascii"))
        for name, ranges in slices.items():
            if number := NUMBERED.fullmatch(name):
                for each in ranges.lower().split(","):
                    first, _dash, last = each.removeprefix("u+").partition("-")
                    found.append((int(first, 16), int(last or first, 16), family, number[1]))
    return found


def font_file(name: str) -> bytes:
    """The font of that name, as `runs` gives it, without the packing of the web."""
    if name == FONT:
        return _font_data()
    family, number = name.rsplit("-", 1)
    return _slice(family, number)


@cache
def _font_data() -> bytes:
    """The design system's font without the packing of the web: a second of work, once per process."""
    font = WebFont(settings.BASE_DIR / FONT_FILE, recalcTimestamp=False)  # the same bytes whenever it is unpacked
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    return plain.getvalue()


@cache
def drawn_letters() -> frozenset[int]:
    """The code points that the design system's font has."""
    return frozenset(WebFont(io.BytesIO(_font_data())).getBestCmap())


@cache
def drawing_font() -> str:
    """The name by which reportlab draws in that font."""
    pdfmetrics.registerFont(TTFont(FONT, io.BytesIO(_font_data())))
    return FONT


@cache
def _registered(family: str, number: str) -> str:
    name = f"{family}-{number}"
    pdfmetrics.registerFont(TTFont(name, io.BytesIO(_slice(family, number))))
    return name


@cache
def _slice(family: str, number: str) -> bytes:
    name = f"{family}-{number}"
    path = _folder() / family / "files" / f"{name}-wght-normal.woff2"
    font = instantiateVariableFont(WebFont(path, recalcTimestamp=False), {"wght": WEIGHT})
    # All slices have one name; a PDF that uses several would take one of them for all.
    font["name"].setName(name, 6, 3, 1, 0x409)
    font["name"].setName(name, 6, 1, 0, 0)
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    return plain.getvalue()


def _folder() -> Path:
    return Path(settings.BASE_DIR) / FOLDER
