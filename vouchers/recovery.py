"""What is owed of money that has to come back: interest by days, and what a receipt pays for. No database, no clock.

Interest is simple: `principal × rate × days ÷ 365`, the days from `interest_from` (which counts) to the day of payment
(which does not), on what is left of the principal, fractions of a won dropped once at the end. What was due by a day
and did not come is more by an addition from the day after on (Subsidy Act art. 33-2: at most 5 percent), once, however
late it comes. A receipt pays interest first, then principal, surcharge and addition. Days to object, rates and what
else an office may set are versions of data (`vouchers/data/recovery_rules.json`), each with its source and what of it
is assumed.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from marketplace.core.days import add_months
from marketplace.core.money import BASIS_POINTS
from programmes.scheme import Words

DAYS_OF_A_YEAR = 365
LATE_MOST_BP = 500  # Subsidy Act art. 33-2
FILE = Path(__file__).parent / "data" / "recovery_rules.json"


@dataclass(frozen=True)
class Rules:
    """`surcharge_times` maps a ground to the most times of the principal, `exclusion_from` to how many confirmed
    recoveries on it exclude (art. 31-2). A ground that is not named has no surcharge, and excludes nobody.
    """

    serial: int
    valid_from: date
    interest_bp: int
    surcharge_times: dict[str, int]
    exclusion_from: dict[str, int]
    object_days: int
    pay_days: int
    most_instalments: int
    late_bp: int
    source: Words
    assumed: tuple[str, ...]

    def most_surcharge_won(self, ground: str, principal_won: int) -> int:
        return self.surcharge_times.get(ground, 0) * principal_won

    def late_won(self, due_won: int) -> int:
        """The addition to `due_won` that did not come by its day; a fraction of a won is dropped."""
        return due_won * self.late_bp // BASIS_POINTS


@cache
def all_rules() -> tuple[Rules, ...]:
    """Oldest first."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    made = (
        Rules(
            **{
                **row,
                "valid_from": date.fromisoformat(row["valid_from"]),
                "source": Words(**row["source"]),
                "assumed": tuple(row["assumed"]),
            }
        )
        for row in rows
    )
    return tuple(sorted(made, key=lambda rules: rules.valid_from))


def rules_on(day: date) -> Rules:
    """The version in force; the oldest one for days before it."""
    valid = [rules for rules in all_rules() if rules.valid_from <= day]
    return valid[-1] if valid else all_rules()[0]


@dataclass(frozen=True)
class Debt:
    """`late_won` is owed from `late_from` on, the day after the one that was missed; None where none was."""

    principal_won: int
    surcharge_won: int
    interest_bp: int
    interest_from: date
    late_won: int = 0
    late_from: date | None = None


@dataclass(frozen=True)
class Parts:
    """Won of interest, principal, surcharge and the addition for what came late."""

    interest_won: int
    principal_won: int
    surcharge_won: int
    late_won: int = 0

    @property
    def total_won(self) -> int:
        return self.interest_won + self.principal_won + self.surcharge_won + self.late_won


@dataclass(frozen=True)
class Paid:
    """What came in on a day, and what it was for."""

    on: date
    parts: Parts


def owed_on(debt: Debt, received: Iterable[Paid], day: date) -> Parts:
    """What is still owed on `day`, after what came in until then. `received` in any order."""
    principal, surcharge, interest_paid = debt.principal_won, debt.surcharge_won, 0
    late = debt.late_won if debt.late_from is not None and day >= debt.late_from else 0
    won_days, since = 0, debt.interest_from
    for each in sorted(received, key=lambda paid: paid.on):
        if each.on > day:
            break
        won_days += principal * max(0, (each.on - since).days)
        since = max(since, each.on)
        principal -= each.parts.principal_won
        surcharge -= each.parts.surcharge_won
        interest_paid += each.parts.interest_won
        late -= each.parts.late_won
    won_days += principal * max(0, (day - since).days)
    interest = won_days * debt.interest_bp // (BASIS_POINTS * DAYS_OF_A_YEAR)
    return Parts(interest - interest_paid, principal, surcharge, late)


def split(owed: Parts, amount_won: int) -> Parts:
    """What `amount_won` pays of `owed`: interest, then principal, surcharge, addition.

    Raises `ValueError` for nothing, and for more than is owed.
    """
    if not 0 < amount_won <= owed.total_won:
        raise ValueError(f"{amount_won} of {owed.total_won} won owed")
    interest = min(amount_won, owed.interest_won)
    principal = min(amount_won - interest, owed.principal_won)
    surcharge = min(amount_won - interest - principal, owed.surcharge_won)
    return Parts(interest, principal, surcharge, amount_won - interest - principal - surcharge)


@dataclass(frozen=True)
class Instalment:
    due_on: date
    amount_won: int


def monthly_plan(debt: Debt, received: Collection[Paid], first_on: date, count: int) -> tuple[Instalment, ...]:
    """`count` monthly parts from `first_on` on. Paid each on its day, they pay all that is owed, to the won.

    All but the last are equal shares of what is owed on `first_on`; the last is what is left with the interest until
    then. Raises `ValueError` when there are more parts than won.
    """
    paid, made = list(received), []
    share = owed_on(debt, paid, first_on).total_won // count
    for number in range(count):
        day = add_months(first_on, number)
        owed = owed_on(debt, paid, day)
        amount = owed.total_won if number == count - 1 else share
        paid.append(Paid(day, split(owed, amount)))
        made.append(Instalment(day, amount))
    return tuple(made)


def behind_on(plan: Sequence[Instalment], received: Iterable[Paid], day: date) -> int:
    """How many won of the parts that are due until `day` have not come in at its end. `received` since the plan."""
    due = sum(each.amount_won for each in plan if each.due_on <= day)
    came = sum(each.parts.total_won for each in received if each.on <= day)
    return max(0, due - came)


@dataclass(frozen=True)
class Missed:
    """The first day by which money should have come and did not, and how much of it was due and had not come."""

    on: date
    due_won: int


def missed_by(
    debt: Debt, plan: Sequence[Instalment], received: Sequence[Paid], *, plan_after: int, pay_by: date, today: date
) -> Missed | None:
    """What was missed before `today`: a part of the plan, or all of it by `pay_by`. None where everything came.

    `received` in the order it came; the first `plan_after` had come when the plan was made.
    """
    since, plain = received[plan_after:], replace(debt, late_won=0)
    for part in plan:
        if part.due_on >= today:
            break
        # Who paid more than a part owes less interest than the plan reckoned with, and in the end nothing.
        due = min(behind_on(plan, since, part.due_on), owed_on(plain, received, part.due_on).total_won)
        if due:
            return Missed(part.due_on, due)
    owed = owed_on(plain, received, pay_by).total_won
    return Missed(pay_by, owed) if pay_by < today and owed else None
