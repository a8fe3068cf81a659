"""Every night: both sides are told what lapsed, what ends soon, and what is over."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from brokers.enums.mandates import OVER, REMIND_DAYS, MandateState
from brokers.models import Mandate
from brokers.notices import mandates as notices


def tell_of_days(*, at: datetime) -> int:
    """Tell what the day brings, each step of a mandate once. Returns how many were told.

    A missed night heals: what is due is asked, not what is new. A short mandate skips a step that lay before it.
    """
    today = timezone.localdate(at)
    return sum(tell(pk=pk, at=at) for pk in _due(today))


def _due(today: date) -> list[int]:
    lapsed = Q(state=MandateState.OFFERED, offer_until__lt=today, told_of__isnull=True)
    due = lapsed | Q(state=MandateState.ACCEPTED, ends_on__lt=today) & (Q(told_of=None) | Q(told_of__gt=OVER))
    for days in REMIND_DAYS:
        soon = Q(state=MandateState.ACCEPTED, ends_on__gte=today, ends_on__lte=today + timedelta(days=days))
        due |= soon & (Q(told_of=None) | Q(told_of__gt=days))
    return list(Mandate.objects.filter(due).order_by("pk").values_list("pk", flat=True))


def step_on(mandate: Mandate, today: date) -> int | None:
    """Of which step its sides have to be told that day, None for nothing."""
    if mandate.state == MandateState.OFFERED:
        return OVER if mandate.offer_until < today and mandate.told_of is None else None
    if mandate.state != MandateState.ACCEPTED:
        return None
    left = (mandate.ends_on - today).days
    steps = [OVER] if left < 0 else [days for days in sorted(REMIND_DAYS) if left <= days]
    if not steps or (mandate.told_of is not None and mandate.told_of <= steps[0]):
        return None
    return steps[0]


@transaction.atomic
def tell(*, pk: int, at: datetime) -> bool:
    """In a transaction of its own. What another worker holds is left to it."""
    mandate = Mandate.objects.select_for_update(of=["self"], skip_locked=True).filter(pk=pk).first()
    step = step_on(mandate, timezone.localdate(at)) if mandate else None
    if mandate is None or step is None:
        return False
    Mandate.objects.filter(pk=pk).update(told_of=step)
    if mandate.state == MandateState.OFFERED:
        notices.lapsed(mandate, at)
    elif step == OVER:
        notices.over(mandate, at)
    else:
        notices.ending(mandate, step, at)
    return True
