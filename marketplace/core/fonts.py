"""Which font draws which letter of a PDF: the design system's, and Noto Sans for what that one lacks, which is most
Chinese characters and the rarer syllables of names. (Both are fetched at set-up, under the SIL Open Font License.)

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

from marketplace.core.watermark import drawing_font, drawn_letters

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


@cache
def _registered(family: str, number: str) -> str:
    name = f"{family}-{number}"
    path = _folder() / family / "files" / f"{name}-wght-normal.woff2"
    font = instantiateVariableFont(WebFont(path, recalcTimestamp=False), {"wght": WEIGHT})
    # All slices have one name; a PDF that uses several would take one of them for all.
    font["name"].setName(name, 6, 3, 1, 0x409)
    font["name"].setName(name, 6, 1, 0, 0)
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    plain.seek(0)
    pdfmetrics.registerFont(TTFont(name, plain))
    return name


def _folder() -> Path:
    return Path(settings.BASE_DIR) / FOLDER
