"""What a company that holds a result of national R&D owes the government of it (facts §4.3).

The regime is told by the day of the R&D agreement, the rate by the company's size. What was collected from others
counts whole; own sales count with the contribution of the technology that the agreement fixed. A broken won is
dropped, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.days import add_months
from marketplace.core.errors import DomainError
from marketplace.core.money import BASIS_POINTS, share_rounded_down
from royalties.enums.rules import FirmSize, IncomeKind


class Limit(models.TextChoices):
    """Why less is owed than the rate gives."""

    NONE = "", gettext_lazy("Nothing lowered it")
    CAP = "cap", gettext_lazy("Lowered to the cap")
    PAID = "paid", gettext_lazy("The cap is paid: nothing more is owed")
    OVER = "over", gettext_lazy("The years in which it is owed are over")


@dataclass(frozen=True)
class Regime:
    """A version of the rule. Rates in basis points by `FirmSize`.

    `once_bp`: of the government's money, owed once whatever is collected, instead of a share of the licence royalty.
    `by_contribution`: own sales count with the technology's contribution. `cap_bp`: of the government's money, all
    payments together. Years without a number do not end it.
    """

    label: str
    effective_from: date | None
    once_bp: Mapping[str, int] | None
    licence_bp: Mapping[str, int] | None
    direct_bp: Mapping[str, int]
    by_contribution: bool
    cap_bp: Mapping[str, int]
    years_from_first: int | None
    years_from_end: int | None
    pay_days: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Regime":
        """From a row of `data/government_rules.json`, or of the table, as a mapping."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    def __post_init__(self) -> None:
        if (self.once_bp is None) == (self.licence_bp is None):
            raise ValueError("a regime takes of licences either once or a share")

    @property
    def lets_pay_ahead(self) -> bool:
        """Whether the whole cap may be paid at once (decree art. 39(3) of the Innovation Act). What is owed once
        anyway is older than that act.
        """
        return self.once_bp is None

    def cap_won(self, size: str, government_won: int) -> int:
        return share_rounded_down(government_won, self.cap_bp[size])

    def ends_on(self, *, first_income_on: date, task_ended_on: date) -> date | None:
        """The last day whose income counts: of the years from the one after the first income on, or of those from the
        end of the task, whichever is earlier. None where nothing ends it.
        """
        ends = []
        if self.years_from_first is not None:
            ends.append(date(first_income_on.year + self.years_from_first, 12, 31))
        if self.years_from_end is not None:
            ends.append(add_months(task_ended_on, 12 * self.years_from_end))
        return min(ends, default=None)


@dataclass(frozen=True)
class Task:
    """The national R&D task of a company, as its agreement says it. `contribution_bp` is that of the technology."""

    size: str
    government_won: int
    ended_on: date
    contribution_bp: int = BASIS_POINTS

    def __post_init__(self) -> None:
        if self.size not in FirmSize.values or self.government_won < 0:
            raise ValueError("size is not known, or the government's money is negative")
        if not 0 <= self.contribution_bp <= BASIS_POINTS:
            raise DomainError(
                _("The contribution of the technology lies between 0 and 100 %."), field="contribution_bp"
            )


@dataclass(frozen=True)
class Owed:
    """What one income makes owed. `raw_won` is by the rate alone, `left_won` what may still be owed after it."""

    raw_won: int
    cap_won: int
    owed_won: int
    left_won: int
    rate_bp: int
    ends_on: date | None
    limit: str


def owed(
    regime: Regime, task: Task, *, kind: str, base_won: int, on: date, first_income_on: date, paid_won: int = 0,
    is_closed: bool = False,
) -> Owed:  # fmt: skip
    """Owed of `base_won` (royalty collected, or own sales, without VAT) of the day `on`.

    `first_income_on` is the day of the first income with this result (`on` itself, if it is the first), `paid_won`
    what was owed before, of this task. `is_closed`: the whole cap is paid ahead (decree art. 39(3)), so nothing more
    is owed, though the company has grown into a higher cap since. Raises `ValueError` for negative won.
    """
    if base_won < 0 or paid_won < 0:
        raise ValueError("won must not be negative")
    cap_won = regime.cap_won(task.size, task.government_won)
    left_won = 0 if is_closed else max(0, cap_won - paid_won)
    rate_bp, raw_won = _by_rate(regime, task, kind, base_won, paid_won)
    ends_on = regime.ends_on(first_income_on=first_income_on, task_ended_on=task.ended_on)
    if ends_on is not None and on > ends_on:
        return Owed(raw_won, cap_won, 0, 0, rate_bp, ends_on, Limit.OVER)
    owed_won = min(raw_won, left_won)
    limit = Limit.NONE if owed_won == raw_won else Limit.CAP if owed_won else Limit.PAID
    return Owed(raw_won, cap_won, owed_won, left_won - owed_won, rate_bp, ends_on, limit)


def pay_by(regime: Regime, told_on: date) -> date:
    """The last day to pay after the notice of `told_on`."""
    return told_on + timedelta(days=regime.pay_days)


def _by_rate(regime: Regime, task: Task, kind: str, base_won: int, paid_won: int) -> tuple[int, int]:
    """The rate, and what it gives. What is owed once is owed with the first income, less what was paid of it."""
    if kind == IncomeKind.DIRECT:
        rate_bp = regime.direct_bp[task.size]
        contribution_bp = task.contribution_bp if regime.by_contribution else BASIS_POINTS
        return rate_bp, base_won * contribution_bp * rate_bp // BASIS_POINTS**2
    if regime.once_bp is not None:
        rate_bp = regime.once_bp[task.size]
        whole_won = share_rounded_down(task.government_won, rate_bp) if base_won else 0
        return rate_bp, max(0, whole_won - paid_won)
    assert regime.licence_bp is not None
    rate_bp = regime.licence_bp[task.size]
    return rate_bp, share_rounded_down(base_won, rate_bp)
