"""Thin, and safe to run twice or two at once: what is done is marked in the transaction that did it."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from matching.outbox import percolate_after_commit
from matching.services.close import attend, due_for_attention
from matching.services.match_need import match_need, needs_to_match
from matching.services.percolate import percolate

OFFICE_HOURS = range(8, 20)  # in Korea: nobody is woken by a reminder
AT_ONE_GO = 500


@shared_task
def match_needs(**kwargs: Any) -> int:
    """Woken after a need was posted or its words changed, and every minute for what was lost."""
    return sum(match_need(need_id=pk, at=timezone.now()) for pk in needs_to_match())


@shared_task
def percolate_news(**kwargs: Any) -> int:
    """Woken after listings were written or their meaning was made, and every minute for what was lost."""
    done = percolate(at=timezone.now(), most=AT_ONE_GO)
    if done == AT_ONE_GO:  # others may want this worker in between
        percolate_after_commit()
    return done


@shared_task
def attend_to_needs(**kwargs: Any) -> int:
    """Every half hour: reminders before the day to answer by, and needs whose day has long passed."""
    now = timezone.now()
    if timezone.localtime(now).hour not in OFFICE_HOURS:
        return 0
    due = list(due_for_attention(timezone.localdate(now)).values_list("pk", flat=True))
    return sum(attend(need_id=pk, at=now) for pk in due)
