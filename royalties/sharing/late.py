"""Interest on what is paid late: whole won and days in, whole won out. No database, no clock.

Each day of delay bears the rate that holds on it (facts §0: this rule's clock is the day of delay itself). The first
day of delay is the one after the due day, the last one that of the payment. Fractions of a won are dropped once.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from marketplace.core.money import BASIS_POINTS


@dataclass(frozen=True)
class Rate:
    """A version: `rate_bp` a year of `year_days` days from `effective_from` on (None: from ever)."""

    version: int
    effective_from: date | None
    rate_bp: int
    year_days: int = 365


@dataclass(frozen=True)
class Part:
    """So many `days` under one version."""

    version: int
    rate_bp: int
    year_days: int
    first_on: date
    last_on: date
    days: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"first_on": self.first_on.isoformat(), "last_on": self.last_on.isoformat()}


@dataclass(frozen=True)
class Interest:
    """`won` is what is owed for `days` of delay, of which `parts` says how they are counted."""

    won: int
    days: int
    parts: tuple[Part, ...]


def interest(amount_won: int, *, due_on: date, paid_on: date, rates: Iterable[Rate]) -> Interest:
    """On `amount_won` that were due on `due_on` and paid on `paid_on`; nothing where that was in time.

    Raises `ValueError` for a negative amount. Days before the first version bear nothing.
    """
    if amount_won < 0:
        raise ValueError("amount must not be negative")
    parts = tuple(_parts(due_on + timedelta(days=1), paid_on, sorted(rates, key=_begins)))
    exact = sum(
        (Fraction(amount_won * each.rate_bp * each.days, BASIS_POINTS * each.year_days) for each in parts), Fraction(0)
    )
    return Interest(won=int(exact), days=max((paid_on - due_on).days, 0), parts=parts)


def _begins(rate: Rate) -> tuple[date, int]:
    return rate.effective_from or date.min, rate.version


def _parts(first: date, last: date, rates: list[Rate]) -> Iterable[Part]:
    for place, rate in enumerate(rates):
        begins = max(first, rate.effective_from or date.min)
        following = rates[place + 1 :]
        ends = min(
            [
                last,
                *((each.effective_from or date.min) - timedelta(days=1) for each in following if each.effective_from),
            ]
        )
        if begins <= ends:
            yield Part(rate.version, rate.rate_bp, rate.year_days, begins, ends, (ends - begins).days + 1)
