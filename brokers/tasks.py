from celery import shared_task
from django.utils import timezone

from brokers.services.duties import nightly
from brokers.services.fees.publish_schedule import supersede


@shared_task
def supersede_schedules() -> int:
    """Just after midnight in Korea: a version whose day has come takes over from the one before."""
    return supersede(at=timezone.now())


@shared_task
def run_broker_duties() -> dict[str, int] | None:
    """Every night: reports, reminders, changes to tell, clocks of agencies below their minimum."""
    written = nightly.run_broker_duties(at=timezone.now())
    return None if written is None else dict(written)
