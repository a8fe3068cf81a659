"""The columns of a list of technologies: one table for the list's table view, CSV and XLSX.

What is on the screen comes first in a file, under the same words and in the same order; then what a file has besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tech_listings.models import Listing

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Cell = str | int | date | None
Value = Cell | list[str]


@dataclass(frozen=True)
class Column:
    """`value` gives what a listing has here, in a language; a list where there may be several. `width` in characters.

    `shape` says how a screen shows it: `won` with its unit, `day` in the reader's notation.
    """

    key: str
    label: StrPromise
    value: Callable[[Listing, str], Value]
    shape: Literal["text", "number", "won", "day"] = "text"
    on_screen: bool = True
    width: int = 20

    @property
    def css(self) -> str:
        return {"number": "number", "won": "number", "day": "nowrap"}.get(self.shape, "")

    def cell(self, listing: Listing, language: str) -> Cell:
        """The value as one cell of a file."""
        value = self.value(listing, language)
        return " | ".join(value) if isinstance(value, list) else value


def _registered_on(listing: Listing, language: str) -> date | None:
    return timezone.localdate(listing.registered_at) if listing.registered_at else None


COLUMNS: tuple[Column, ...] = (
    Column("number", _("Listing number"), lambda listing, language: listing.number, width=14),
    Column("title", _("Technology title"), lambda listing, language: listing.text_in("title", language), width=60),
    Column("holder", _("Holder"), lambda listing, language: listing.holder.name_in(language), width=28),
    Column("trl", _("TRL"), lambda listing, language: listing.trl, "number", width=6),
    Column("deal", _("Desired deal type"), lambda listing, language: listing.deal_kind_labels, width=28),
    Column("rights", _("Rights"), lambda listing, language: listing.get_right_summary_display(), width=18),
    Column("registered", _("Registered"), _registered_on, "day", width=12),
    Column(
        "price", _("Price wish (won)"), lambda listing, language: listing.price_won, "won", on_screen=False, width=16
    ),
    Column(
        "value", _("Value in one sentence"), lambda listing, language: listing.text_in("value", language),
        on_screen=False, width=60,
    ),
    Column("ipc", _("IPC"), lambda listing, language: listing.ipc_codes, on_screen=False, width=24),
    Column("keywords", _("Keywords"), lambda listing, language: listing.keywords, on_screen=False, width=30),
    Column(
        "confirmed", _("Confirmed available on"), lambda listing, language: listing.confirmed_on, "day",
        on_screen=False, width=12,
    ),
    Column(
        "address", _("Address"),
        lambda listing, language: f"{settings.SITE_URL}{reverse('tech_listings:detail', args=[listing.reference])}",
        on_screen=False, width=44,
    ),
)  # fmt: skip

ON_SCREEN = tuple(column for column in COLUMNS if column.on_screen)
