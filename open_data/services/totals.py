"""How many vouchers each call has, counted by night, so that nobody learns what one firm has, nor by taking one day's
number from the next one's. Won of vouchers are told by the figures alone (docs/adr/0050): two series of the same won,
one by calls and one by months, could be taken from each other.
"""

from collections import Counter, defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Coalesce

from accounts.models import Organization
from marketplace.core.few import FEW
from open_data.models import CallTotal
from vouchers.models import Voucher

NUMBERS = ("vouchers",)
"""Each is said, and said anew, when at least `FEW` firms have changed it since and as many, or none, are in it; until
then the old one stays."""
OfFirms = dict[str, int]


@transaction.atomic
def count_totals(*, at: datetime) -> int:
    """Of how many calls something new is said."""
    new, merged = 0, _merged()
    for call, numbers in _of_firms().items():
        total = CallTotal.objects.select_for_update(of=["self"]).filter(call=call).first()
        total = total or CallTotal(call_id=call)
        before = dict(total.said)
        for name in NUMBERS:
            _say(total, name, numbers[name], merged)
        if total.pk is None or total.said != before:
            total.counted_at = at
            total.save()
            new += 1
    return new


def _of_firms() -> dict[int, dict[str, OfFirms]]:
    """By call and number, what each firm that stands has; nothing where it has none."""
    rows = (
        Voucher.objects.filter(issued_at__isnull=False)
        .annotate(firm=Coalesce("holder__merged_into", "holder"))
        .values_list("line__call", "firm")
        .annotate(Count("pk"))
        .order_by("line__call", "firm")
    )
    found: dict[int, dict[str, OfFirms]] = defaultdict(lambda: {name: {} for name in NUMBERS})
    for call, firm, *values in rows:
        for name, value in zip(NUMBERS, values, strict=True):
            if value:
                found[call][name][str(firm)] = value
    return found


def _merged() -> dict[str, str]:
    """Of each firm that was merged, which one stands for it."""
    gone = Organization.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into")
    return {str(firm): str(into) for firm, into in gone}


def _say(total: CallTotal, name: str, now: OfFirms, merged: dict[str, str]) -> None:
    """The sum of `now`, if it tells nothing of fewer than `FEW` firms. A merger by itself changes nothing."""
    then: Counter[str] = Counter()
    for firm, value in total.firms.get(name, {}).items():
        then[merged.get(firm, firm)] += value
    changed = sum(1 for firm in {*then, *now} if then[firm] != now.get(firm, 0))
    total.said.setdefault(name, None)
    if changed >= FEW and (not now or len(now) >= FEW):
        total.said[name], total.firms[name] = sum(now.values()), now
