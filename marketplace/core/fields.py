"""Fields of forms that read what people type."""

import re
import unicodedata
from abc import ABC, abstractmethod
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.core.money import BASIS_POINTS, in_percent

MOST_FIGURES = 24
MOST_WON = 10**15 - 1
GROUPED = re.compile(r"\d{1,3}(,\d{3})+|\d+")
PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%?")


def basis_points(text: str) -> int | None:
    """`33.33` or `33.33 %` as 3333; None where it is no such percentage."""
    found = PERCENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    bp = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    return bp if bp <= BASIS_POINTS else None


class TypedField(forms.Field, ABC):
    """What is typed as text and becomes something else; `read` does that to text that is not empty."""

    def to_python(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", str(value or "")).replace("\x00", "").strip()
        return self.read(text) if text else None

    @abstractmethod
    def read(self, text: str) -> Any: ...


class WonField(TypedField):
    """Whole won, with or without commas between thousands: `12,000,000`. `123.6` is refused, never rounded (F14)."""

    def __init__(self, *, least: int = 0, most: int = MOST_WON, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        text = text.removesuffix("원").strip()
        if len(text) > MOST_FIGURES or not text.isascii() or not GROUPED.fullmatch(text):
            raise forms.ValidationError(_("Write whole won in figures, like 12,000,000."))
        amount_won = int(text.replace(",", ""))
        if not self.least <= amount_won <= self.most:
            bounds = {"least": f"{self.least:,}", "most": f"{self.most:,}"}
            raise forms.ValidationError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds)
        return amount_won

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class PercentField(TypedField):
    """A percentage as basis points: `2.5` is 250."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def read(self, text: str) -> int:
        bp = basis_points(text)
        if bp is None:
            raise forms.ValidationError(_("Write a percentage from 0 to 100 with at most two decimals, like 2.5."))
        return bp

    def prepare_value(self, value: Any) -> Any:
        return in_percent(value).rstrip("0").rstrip(".") if isinstance(value, int) else value
