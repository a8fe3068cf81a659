"""Figures and their rows for CSV and XLSX: whole numbers in the figure's unit, days as in ISO 8601."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from marketplace.core.money import in_percent
from policy.enums.figures import Unit
from policy.models import Snapshot
from policy.models.figures import Valued
from policy.results.board import Tile
from policy.results.rows import RowsOf


def row_cells(asked: RowsOf) -> Iterator[list[Any]]:
    """The rows as shown: the same columns, order and filter."""
    yield [
        _("Number"), _("Institute"), pgettext("figure", "Day"), str(Unit(asked.part.unit).label),
        pgettext("figure", "Part"), _("Figure"), _("Version of the definition"), _("As of"),
    ]  # fmt: skip
    snapshot = asked.snapshot
    as_of = f"{snapshot.month:%Y-%m} v{snapshot.version}" if snapshot else asked.scope.day.isoformat()
    version = snapshot.definition if snapshot else asked.figure.version
    for row in asked.all():
        yield [
            row.label, row.institute_name, row.day.isoformat(), row.amount, str(asked.part.name),
            str(asked.figure.name), version, as_of,
        ]  # fmt: skip


def board_cells(tiles: Iterable[Tile]) -> Iterator[list[Any]]:
    """One line per figure, as the board shows it. Percentages in percent; empty where nothing can be told."""
    yield [
        _("Code"), _("Figure"), _("Year"), _("Unit"), _("Value"), _("Computed"), _("Frozen value"), _("Frozen month"),
        _("Corrected since"), _("Target"), _("Institutes that answered"), _("Institutes asked"),
        _("Version of the definition"),
    ]  # fmt: skip
    for tile in tiles:
        live, frozen = tile.live, tile.frozen
        yield [
            tile.figure.code, str(tile.figure.name), tile.year or "", str(tile.figure.unit.label),
            number(tile.figure.unit, tile.shown.value), computed(live),
            number(tile.figure.unit, tile.shown_frozen.value if tile.shown_frozen else None),
            f"{frozen.month:%Y-%m}" if frozen else "", _("Yes") if live and live.is_corrected else "",
            number(tile.figure.unit, tile.target.value if tile.target else None),
            tile.answers.answered if tile.answers else "", tile.answers.expected if tile.answers else "",
            tile.figure.version,
        ]  # fmt: skip


def computed(valued: Valued | None) -> str:
    """When it was computed, or frozen."""
    if valued is None:
        return ""
    at = valued.frozen_at if isinstance(valued, Snapshot) else valued.computed_at  # type: ignore[attr-defined]
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M} KST"


def number(unit: str, value: int | None) -> Any:
    """A whole number, or a percentage with two decimals; empty for None."""
    if value is None:
        return ""
    return in_percent(value) if unit == Unit.BASIS_POINTS else value
