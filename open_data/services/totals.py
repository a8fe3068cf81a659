"""Totals of vouchers by call, counted by night, so that nobody learns what one firm has, nor by taking one day's number
from the next one's.
"""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Sum

from open_data.models import CallTotal
from vouchers.models import Voucher

FEW = 3
"""A number is said, and said anew, when at least so many firms have changed it since; until then the old one stays."""
NUMBERS = ("vouchers", "face_won", "bound_won", "paid_won")
OfFirms = dict[str, int]


@transaction.atomic
def count_totals(*, at: datetime) -> int:
    """Of how many calls something new is said."""
    new = 0
    for call, numbers in _of_firms().items():
        total = CallTotal.objects.select_for_update(of=["self"]).filter(call=call).first()
        total = total or CallTotal(call_id=call)
        before = dict(total.said)
        for name in NUMBERS:
            _say(total, name, numbers[name])
        if total.pk is None or total.said != before:
            total.counted_at = at
            total.save()
            new += 1
    return new


def _of_firms() -> dict[int, dict[str, OfFirms]]:
    """By call and number, what each firm has; nothing where it has none."""
    rows = (
        Voucher.objects.filter(issued_at__isnull=False)
        .values_list("line__call", "holder")
        .annotate(Count("pk"), Sum("face_won"), Sum("bound_won"), Sum("paid_won"))
        .order_by("line__call", "holder")
    )
    found: dict[int, dict[str, OfFirms]] = defaultdict(lambda: {name: {} for name in NUMBERS})
    for call, firm, *values in rows:
        for name, value in zip(NUMBERS, values, strict=True):
            if value:
                found[call][name][str(firm)] = value
    return found


def _say(total: CallTotal, name: str, now: OfFirms) -> None:
    """The sum of `now`, if it tells nothing of fewer than `FEW` firms."""
    then: OfFirms = total.firms.get(name, {})
    changed = sum(1 for firm in {*then, *now} if then.get(firm, 0) != now.get(firm, 0))
    total.said.setdefault(name, None)
    if changed >= FEW:
        total.said[name], total.firms[name] = sum(now.values()), now
