from celery import shared_task
from django.utils import timezone

from brokers.services.cases.by_the_day import end_suspensions, follow_hand_overs, remind_hand_overs
from brokers.services.cases.open_case import open_due_cases
from brokers.services.duties import nightly
from brokers.services.duties.grounds import grounds_today
from brokers.services.fees.publish_schedule import supersede
from brokers.services.mandates.nightly import tell_of_days
from brokers.services.office.check_documents import remind_of_completion


@shared_task
def supersede_schedules() -> int:
    """Just after midnight in Korea: a version whose day has come takes over from the one before."""
    return supersede(at=timezone.now())


@shared_task
def tell_of_mandates() -> int:
    """In the morning: what lapsed, what ends soon, what is over."""
    return tell_of_days(at=timezone.now())


@shared_task
def remind_of_completions() -> int:
    """Each morning: applicants whose day to complete an application is near."""
    return remind_of_completion(at=timezone.now())


@shared_task
def run_broker_duties() -> dict[str, int] | None:
    """Every night: reports, reminders, changes to tell, clocks of agencies below their minimum."""
    written = nightly.run_broker_duties(at=timezone.now())
    return None if written is None else dict(written)


@shared_task
def look_after_cases() -> dict[str, int]:
    """Just after midnight: cases are opened, suspensions that are over end, hand-overs are followed and reminded of."""
    at = timezone.now()
    return {
        "cases_opened": open_due_cases(grounds=grounds_today(timezone.localdate(at)), at=at),
        "suspensions_ended": end_suspensions(at=at),
        "hand_overs_followed": follow_hand_overs(at=at),
        "hand_overs_reminded": remind_hand_overs(at=at),
    }
