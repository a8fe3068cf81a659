"""Remind of what is due, by steps of days; each step is told once, and after a missed run the latest one only.

Before the day the firm hears; after it both sides; later the managers of both. What depends on a milestone is asked
about, not called overdue. One message for what a contract has due on one day.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest
from django.utils import timezone

from brokers.clocks import step_reached
from deals.models import Contract
from marketplace.core.rounds import each_alone
from royalties.models import Due
from royalties.notices import calendar as notices

STEPS = (-14, -3, 1, 14, 30, 60)
"""Days from the last day in time (`Due.last_day`) on which people are told: an assumption."""
ESCALATED_FROM = 30
"""From this step on managers are told."""


def to_remind(day: date) -> list[int]:
    """Contracts that have something open whose latest step was not told."""
    soon = day - timedelta(days=STEPS[0])
    passed = Q(told_of__isnull=True)
    for step in STEPS:
        passed |= Q(told_of__lt=step, last__lte=day - timedelta(days=step))
    # Read by `due_on`, which is never later than the last day, from the index; what has no invoice has one day.
    rows = Due.objects.open().filter(due_on__lte=soon).alias(last=Greatest("due_on", "pay_by"))
    rows = rows.filter(passed, last__lte=soon)
    return list(rows.order_by("contract").values_list("contract", flat=True).distinct())


@transaction.atomic
def remind(*, contract_id: int, at: datetime) -> int:
    """Tell what has come to a new step; how many messages. Safe to run twice, and two at once."""
    today = timezone.localdate(at)
    rows = Contract.objects.select_related("firm", "holder", "listing")
    contract = rows.select_for_update(of=["self"], skip_locked=True).filter(pk=contract_id).first()
    if contract is None:
        return 0
    steps: dict[tuple[bool, date, int], list[Due]] = defaultdict(list)
    for due in Due.objects.open().filter(contract=contract).order_by("due_on", "pk"):
        step = step_reached(due.last_day, today, STEPS)
        if step is not None and (due.told_of is None or step > due.told_of):
            steps[due.is_owed, due.last_day, step].append(due)
    for (is_owed, day, step), dues in steps.items():
        _tell(contract, is_owed, day, step, at)
        _note(dues, step, at)
    return len(steps)


def _tell(contract: Contract, is_owed: bool, day: date, step: int, at: datetime) -> None:
    if not is_owed:
        if step == 1:  # asked once: nothing is owed before it is reached
            notices.expected(contract, day, step, at)
    elif step < 0:
        notices.soon(contract, day, step, at)
    elif step < ESCALATED_FROM:
        notices.overdue(contract, day, step, at)
    else:
        notices.escalated(contract, day, step, at)


def _note(dues: Iterable[Due], step: int, at: datetime) -> None:
    Due.objects.filter(pk__in=[due.pk for due in dues]).update(told_of=step, updated_at=at)


def remind_all(*, at: datetime) -> int:
    """Every contract in a transaction of its own; how many messages."""
    due = to_remind(timezone.localdate(at))
    return each_alone("dues", due, lambda pk: remind(contract_id=pk, at=at))
