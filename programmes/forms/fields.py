"""Money, percents and words as they are typed."""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.core.money import BASIS_POINTS

GROUPED = re.compile(r"\d{1,3}(,\d{3})+|\d+")
PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%?")
MOST_WON = 10**13


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value if value is not None else "")).replace("\x00", "").strip()


class WonField(forms.Field):
    """Whole won, with or without commas between thousands; `123.6` is refused, never rounded (F14)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        text = _plain(value).removesuffix("원").strip()
        if not text:
            return None
        if len(text) > 24 or not text.isascii() or not GROUPED.fullmatch(text):
            raise forms.ValidationError(_("Write whole won in figures, like 12,000,000."))
        amount_won = int(text.replace(",", ""))
        if amount_won > MOST_WON:
            bounds = {"least": 0, "most": f"{MOST_WON:,}"}
            raise forms.ValidationError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds)
        return amount_won

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class PercentField(forms.Field):
    """A percentage as basis points: `2.5` is 250."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        text = _plain(value)
        if not text:
            return None
        found = PERCENT.fullmatch(text)
        bp = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else BASIS_POINTS + 1
        if bp > BASIS_POINTS:
            raise forms.ValidationError(_("Write a percentage from 0 to 100 with at most two decimals, like 2.5."))
        return bp

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 100:g}" if isinstance(value, int) else value
