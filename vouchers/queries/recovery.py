"""What a recovery's page says: what is left on a day, and how the plan is kept."""

from dataclasses import dataclass
from datetime import date

from vouchers.enums.recovery import RecoveryState
from vouchers.models import Recovery
from vouchers.recovery import Paid, Parts, owed_on

NOTHING = Parts(0, 0, 0)
OVER = (RecoveryState.DROPPED, RecoveryState.PAID_BACK)


def received_of(recovery: Recovery) -> list[Paid]:
    """From the receipts that were fetched with it, as they were entered."""
    return [
        Paid(each.received_on, Parts(each.interest_won, each.principal_won, each.surcharge_won, each.late_won))
        for each in sorted(recovery.receipts.all(), key=lambda receipt: receipt.pk)
    ]


def received_since_plan(recovery: Recovery) -> list[Paid]:
    """Without what had come in before the plan was made: the plan is for what was left then."""
    return received_of(recovery)[recovery.plan_after :]


def left_of(recovery: Recovery, day: date) -> Parts:
    """What is left to pay on a day; nothing where it is over."""
    return NOTHING if recovery.state in OVER else owed_on(recovery.debt, received_of(recovery), day)


@dataclass(frozen=True)
class PlannedPart:
    """An instalment as the page shows it; `came_won` of it has come in, the oldest part first."""

    serial: int
    due_on: date
    amount_won: int
    came_won: int
    is_overdue: bool

    @property
    def left_won(self) -> int:
        return self.amount_won - self.came_won


def plan_of(recovery: Recovery, day: date) -> list[PlannedPart]:
    """Receipts from the plan's making on, put to its parts from the first on."""
    rows = sorted(recovery.instalments.all(), key=lambda each: each.serial)
    came = sum(each.parts.total_won for each in received_since_plan(recovery)) if rows else 0
    made = []
    for row in rows:
        taken = min(came, row.amount_won)
        came -= taken
        made.append(
            PlannedPart(row.serial, row.due_on, row.amount_won, taken, taken < row.amount_won and row.due_on < day)
        )
    return made


def next_due_on(recovery: Recovery, day: date) -> date | None:
    """When the debtor has to pay next: the first part of the plan that has not come in whole, else all of it. None
    before it is confirmed."""
    if recovery.pay_by is None:
        return None
    return min((part.due_on for part in plan_of(recovery, day) if part.left_won), default=recovery.pay_by)
