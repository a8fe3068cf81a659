"""Thin: rows that are due, each in its own transaction, so that a missed run heals by itself."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from deals.services.contracts.nightly import look_after_contracts as look_after
from deals.services.negotiation import clocks
from deals.services.offers.lapse import due_to_lapse, lapse
from deals.services.requests.remind import due_for_reminder, remind
from marketplace.core.rounds import each_alone

OFFICE_HOURS = range(8, 20)  # in Korea: nobody is woken by a reminder


@shared_task
def remind_of_requests(**kwargs: Any) -> int:
    now = timezone.now()
    if timezone.localtime(now).hour not in OFFICE_HOURS:
        return 0
    due = list(due_for_reminder(timezone.localdate(now)).values_list("pk", flat=True))
    return each_alone("request", due, lambda pk: remind(request_id=pk, at=now))


@shared_task
def tend_negotiations(**kwargs: Any) -> int:
    """Brokers leave with their mandate at any hour; of clocks and lapsed offers people are told in office hours."""
    now = timezone.now()
    today = timezone.localdate(now)
    done = each_alone("leave", clocks.due_to_leave(today), lambda pk: clocks.leave(negotiation_id=pk, at=now))
    if timezone.localtime(now).hour not in OFFICE_HOURS:
        return done
    done += each_alone("lapse", due_to_lapse(today), lambda pk: lapse(negotiation_id=pk, at=now))
    return done + each_alone("tell", clocks.due_for_telling(today), lambda pk: clocks.tell(negotiation_id=pk, at=now))


@shared_task
def look_after_contracts(**kwargs: Any) -> dict[str, int]:
    """Just after midnight in Korea: amendments whose day has come, contracts that are over, reminders."""
    return look_after(at=timezone.now())
