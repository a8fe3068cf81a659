"""Thin, and safe to run twice or two at once: what is done is marked in the transaction that did it."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from matching.outbox import percolate_after_commit
from matching.services.alerts import forget_what_is_not_wanted, gather_all, people_due
from matching.services.close import attend, due_for_attention
from matching.services.dormant import ask, pause_unanswered, to_be_asked, to_be_paused
from matching.services.match_need import match_due
from matching.services.percolate import percolate
from matching.services.prune import prune
from matching.services.save_search import compile_again, to_be_compiled

OFFICE_HOURS = range(8, 20)  # in Korea: nobody is woken by a reminder
AT_ONE_GO = 500


@shared_task
def match_needs(**kwargs: Any) -> int:
    """Woken after a need was posted or its words changed, and every minute for what was lost."""
    return match_due(at=timezone.now())


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


@shared_task
def send_alerts(**kwargs: Any) -> int:
    """Every minute: one message to each person of whose matches some are due now."""
    now = timezone.now()
    return gather_all(user_ids=people_due(now), at=now)


@shared_task
def look_after_searches(**kwargs: Any) -> int:
    """Every hour: searches that sleep, what silent ones have found, and what nobody will look at again."""
    now = timezone.now()
    done = sum(pause_unanswered(search_id=pk, at=now) for pk in to_be_paused(now))
    done += sum(ask(search_id=pk, at=now) for pk in to_be_asked(now))
    forget_what_is_not_wanted(now)
    prune(at=now)
    return done


@shared_task
def compile_searches(**kwargs: Any) -> int:
    """Every ten minutes: searches made with an older analyser or with other synonyms."""
    return sum(compile_again(search_id=pk) for pk in to_be_compiled())
