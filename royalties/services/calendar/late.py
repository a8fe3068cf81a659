"""Interest on what was paid late. Called with the contract's row locked, by whatever puts a receipt against a due."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from royalties.enums.calendar import DUE_STATES, DueKind, DueState
from royalties.models import Due, LateCharge, LateRule
from royalties.services.calendar.acting import locked_contract
from royalties.services.calendar.spread import spread
from royalties.sharing.late import Interest, interest

PREFIX, AGAIN = "late:", "+"
"""Keys of interest: `late:instalment:2`, and `late:instalment:2+2` for a further line of it."""


def accrued(due: Due, day: date) -> Interest:
    """What has grown on the unpaid part of `due` up to `day`; not charged before it is paid."""
    rates = [rule.plan for rule in LateRule.objects.in_order()]
    return interest(due.open_won, due_on=due.last_day, paid_on=day, rates=rates)


@transaction.atomic
def charge_late(*, due: Due, won: int, paid_on: date, source: UUID, at: datetime) -> LateCharge | None:
    """Note that `won` of `due` were paid on `paid_on`: what came after its day bears interest, which is due at once.

    None where it was in time, bears less than a won, or is interest itself (there is none on interest). The same
    `source` again changes nothing. Raises `ValueError` for less than nothing.
    """
    if won < 0:
        raise ValueError("an amount that was paid is not less than 0")
    held = locked_contract(due.contract_id)
    due_on = due.last_day
    if due.kind == DueKind.LATE_INTEREST or paid_on <= due_on:
        return None
    if earlier := LateCharge.objects.filter(due=due, source=source, won__gt=0).first():
        return earlier
    rates = [rule.plan for rule in LateRule.objects.in_order()]
    found = interest(won, due_on=due_on, paid_on=paid_on, rates=rates)
    if not found.won:
        return None
    charge = LateCharge.objects.create(
        due=due, source=source, won=won, paid_on=paid_on, days=found.days, interest_won=found.won,
        rates=[part.to_json() for part in found.parts], charged_at=at,
    )  # fmt: skip
    due.contract = held
    _settle(due, paid_on, at)
    return charge


@transaction.atomic
def take_charge_back(*, due: Due, source: UUID, at: datetime) -> LateCharge | None:
    """The payment of `source` was reversed: its interest is not owed. The same again changes nothing."""
    held = locked_contract(due.contract_id)
    charges = LateCharge.objects.filter(due=due, source=source)
    charge = charges.filter(won__gt=0).first()
    if charge is None or charges.filter(won__lt=0).exists():
        return None
    back = LateCharge.objects.create(
        due=due, source=source, won=-charge.won, paid_on=charge.paid_on, days=charge.days,
        interest_won=-charge.interest_won, rates=charge.rates, charged_at=at,
    )  # fmt: skip
    due.contract = held
    _settle(due, charge.paid_on, at)
    return back


def settle_interest(line: Due, at: datetime) -> None:
    """The invoice of `line`, which is interest, was cancelled or what is left of it waived: bring it up to what is owed
    by now. The contract's row is locked.
    """
    key = line.key.removeprefix(PREFIX).partition(AGAIN)[0]
    due = Due.objects.select_related("contract").filter(contract=line.contract_id, key=key).first()
    if due is not None:
        _settle(due, line.due_on, at)


def _lines_of_interest(due: Due) -> list[Due]:
    """What was or is asked for as interest on `due`, in order."""
    key = f"{PREFIX}{due.key}"
    rows = Due.objects.filter(contract=due.contract_id, kind=DueKind.LATE_INTEREST).order_by("pk")
    return [row for row in rows if row.key == key or row.key.startswith(f"{key}{AGAIN}")]


def _settle(due: Due, paid_on: date, at: datetime) -> None:
    """One line of interest while it is free; what was asked for or paid stays: more is a line of its own, less is noted
    as too much.
    """
    owed = max(due.late_charges.aggregate(won=Sum("interest_won"))["won"] or 0, 0)
    rows = _lines_of_interest(due)
    found = spread(rows, owed)
    for row, excess_won in found.kept:
        if row.excess_won != excess_won:
            row.excess_won = excess_won
            row.save(update_fields=["excess_won", "updated_at"])
    for row, won in found.free:
        row.amount_won, row.excess_won = won, 0
        row.save(update_fields=["amount_won", "excess_won", "updated_at"])
        if not won:
            DUE_STATES.move(row, DueState.DONE, done_at=at)
    if found.rest_won:
        key = f"{PREFIX}{due.key}"
        Due.objects.create(
            contract=due.contract, version_id=due.version_id, kind=DueKind.LATE_INTEREST, year=due.year,
            key=f"{key}{AGAIN}{len(rows) + 1}" if rows else key, due_on=paid_on, amount_won=found.rest_won,
        )  # fmt: skip
