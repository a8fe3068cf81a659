"""Which sales statements are drawn for an audit, and what about them is remarkable. Published, so that anybody can draw
the sample again: no database, no clock, no chance.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from marketplace.core.money import BASIS_POINTS

AUDIT_BP = 1_000
"""One statement in ten is drawn, besides every remarkable one: an assumption."""
JUMP_BP = 3_000
"""Sales that differ by more than this from the year before, or from what was expected: an assumption."""
DEDUCTED_BP = 2_000
"""More than this taken off the sales: an assumption."""


class Flag(StrEnum):
    """What about a statement its reader should look at."""

    ROSE = "rose"
    FELL = "fell"
    STOPPED = "stopped"
    DEDUCTED = "deducted"
    LINES_DIFFER = "lines_differ"
    ABOVE_FORECAST = "above_forecast"
    BELOW_FORECAST = "below_forecast"


@dataclass(frozen=True)
class Figures:
    """Of a statement, in won; `lines_won` is what its lines add up to, None without lines."""

    gross_won: int
    deductions_won: int
    net_won: int
    lines_won: int | None = None


def draw_number(contract_number: str, year: int) -> int:
    """0 to 9,999: the first eight hexadecimal figures of the SHA-256 of `number:year`, modulo 10,000."""
    digest = hashlib.sha256(f"{contract_number}:{year}".encode()).hexdigest()
    return int(digest[:8], 16) % BASIS_POINTS


def is_drawn(contract_number: str, year: int, flags: tuple[Flag, ...] = ()) -> bool:
    """Whether the statement of this contract and year is audited: its number is below 1,000, or it has a flag."""
    return draw_number(contract_number, year) < AUDIT_BP or bool(flags)


def flags(figures: Figures, *, before_won: int | None) -> tuple[Flag, ...]:
    """Against the net sales of the year before (None: there were none reported), and in itself."""
    found = []
    if before_won and not figures.net_won:
        found.append(Flag.STOPPED)
    elif before_won and _differs(figures.net_won, before_won):
        found.append(Flag.ROSE if figures.net_won > before_won else Flag.FELL)
    if figures.deductions_won * BASIS_POINTS > figures.gross_won * DEDUCTED_BP:
        found.append(Flag.DEDUCTED)
    if figures.lines_won is not None and figures.lines_won != figures.net_won:
        found.append(Flag.LINES_DIFFER)
    return tuple(found)


def against_forecast(net_won: int, forecast_won: int | None) -> Flag | None:
    """Against what the firm expected: shown to the firm alone, whose forecast nobody else sees."""
    if not forecast_won or not _differs(net_won, forecast_won):
        return None
    return Flag.ABOVE_FORECAST if net_won > forecast_won else Flag.BELOW_FORECAST


def _differs(won: int, other_won: int) -> bool:
    return abs(won - other_won) * BASIS_POINTS > other_won * JUMP_BP
