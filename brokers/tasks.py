from celery import shared_task
from django.utils import timezone

from brokers.services.duties import nightly
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
