"""How rows make a value: pure, the same for what SQL adds up, for rows that were kept, and for an export read again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import median_low
from typing import Any

from marketplace.core.money import BASIS_POINTS
from policy.enums.figures import Kind

NUMERATOR, DENOMINATOR, ROWS = "numerator", "denominator", "rows"


@dataclass(frozen=True)
class Tally:
    """What is needed of the rows of one part: how many, the sum of their amounts, the lower of the middle ones, and how
    many organizations stand behind them; None where that was not asked.
    """

    rows: int = 0
    total: int = 0
    median: int | None = None
    organizations: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


Tallies = Mapping[str, Tally]


def tally_of(amounts: Iterable[int]) -> Tally:
    """The same that SQL gives for the same amounts."""
    given = list(amounts)
    return Tally(len(given), sum(given), median_low(given) if given else None)


def tallies_of(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Tally]:
    """What `Valued.parts` holds. Months that were frozen before organizations were counted say nothing of them."""
    return {key: Tally(**part) for key, part in parts.items()}


def ratio_bp(numerator: int, denominator: int) -> int | None:
    """Basis points, rounded down, so that 100 % means all of them; None where there is nothing to divide by."""
    return numerator * BASIS_POINTS // denominator if denominator > 0 else None


def _ratio(tallies: Tallies) -> int | None:
    return ratio_bp(tallies[NUMERATOR].total, tallies[DENOMINATOR].total)


VALUES: Mapping[str, Callable[[Tallies], int | None]] = {
    Kind.COUNT: lambda tallies: tallies[ROWS].rows,
    Kind.SUM: lambda tallies: tallies[ROWS].total,
    Kind.RATIO: _ratio,
    Kind.MEDIAN: lambda tallies: tallies[ROWS].median,
    Kind.SHARES: lambda tallies: sum(tally.total for tally in tallies.values()),
}


def value_of(kind: str, tallies: Tallies, *, could_be: bool = False) -> int | None:
    """The value of a figure of `kind`, in its unit. Ratio: numerator ÷ denominator in basis points. Median: the lower
    of the two in the middle. Shares: the sum of all states. None where there is nothing to tell.

    `could_be` says that there was something to count or add up: then no row at all is 0, else it is no value.
    """
    if not could_be and not any(tally.rows for tally in tallies.values()):
        return None
    return VALUES[kind](tallies)


def share_bp(tallies: Tallies, key: str) -> int | None:
    """What one state is of all of them."""
    return ratio_bp(tallies[key].total, sum(tally.total for tally in tallies.values()))
