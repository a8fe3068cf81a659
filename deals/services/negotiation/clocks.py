"""The clock of answers: remind, say that it is late, call the managers; and brokers whose mandate is over leave."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from deals.enums.negotiation import ESCALATED, LATE, REMIND, EntryKind
from deals.models import Negotiation, NegotiationBroker
from deals.notices import negotiation as notices
from deals.services.negotiation.brokers import leave_with_mandate
from deals.services.negotiation.thread import add_entry


def due_for_telling(day: date) -> list[int]:
    """Keys of running negotiations whose clock has reached a step that was not told."""
    due = Q()
    for step in (REMIND, LATE, ESCALATED):
        due |= Q(answer_due_on__lte=day + timedelta(days=step)) & (Q(told_of=None) | Q(told_of__gt=step))
    rows = Negotiation.objects.running().filter(due, answer_due_on__isnull=False)
    return list(rows.order_by("answer_due_on", "pk").values_list("pk", flat=True))


def step_on(negotiation: Negotiation, day: date) -> int | None:
    """The step to be told that day, None for nothing. A missed one is passed over for the later one."""
    if negotiation.answer_due_on is None or not negotiation.is_running:
        return None
    left = (negotiation.answer_due_on - day).days
    reached = [step for step in (REMIND, LATE, ESCALATED) if left <= step]
    if not reached or (negotiation.told_of is not None and negotiation.told_of <= min(reached)):
        return None
    return min(reached)


@transaction.atomic
def tell(*, negotiation_id: int, at: datetime) -> bool:
    """In a transaction of its own. What somebody else holds is left to the next round. Whether anybody was told."""
    rows = Negotiation.objects.for_page().select_for_update(of=["self"], skip_locked=True)
    locked = rows.filter(pk=negotiation_id).first()
    step = step_on(locked, timezone.localdate(at)) if locked else None
    if locked is None or step is None:
        return False
    told_before = locked.told_of
    locked.told_of = step
    locked.save(update_fields=["told_of", "updated_at"])
    if step == REMIND:
        notices.due_soon(locked, at)
        return True
    if told_before is None or told_before > LATE:
        add_entry(negotiation=locked, kind=EntryKind.LATE, seat=None, by=None, at=at)
        notices.late(locked, at)
    if step == ESCALATED:
        notices.escalated(locked, at)
    return True


def due_to_leave(day: date) -> list[int]:
    """Keys of negotiations in which a broker still stands whose mandate is over."""
    acting = NegotiationBroker.objects.acting_on(day).values("pk")
    rows = NegotiationBroker.objects.filter(left_at__isnull=True).exclude(pk__in=acting)
    return sorted(set(rows.values_list("negotiation", flat=True)))


@transaction.atomic
def leave(*, negotiation_id: int, at: datetime) -> int:
    """Write down who left with the mandate. They see nothing since its last day passed, written or not."""
    rows = Negotiation.objects.for_page().select_for_update(of=["self"], skip_locked=True)
    locked = rows.filter(pk=negotiation_id).first()
    if locked is None:
        return 0
    acting = NegotiationBroker.objects.acting_on(timezone.localdate(at)).values("pk")
    rest = locked.brokers.filter(left_at__isnull=True).exclude(pk__in=acting).select_related("organization")
    parts = list(rest.order_by("pk").select_for_update(of=["self"]))
    for part in parts:
        leave_with_mandate(part=part, negotiation=locked, at=at)
    return len(parts)
