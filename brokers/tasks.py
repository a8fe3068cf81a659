from celery import shared_task
from django.utils import timezone

from brokers.services.fees.publish_schedule import supersede


@shared_task
def supersede_schedules() -> int:
    """Just after midnight in Korea: a version whose day has come takes over from the one before."""
    return supersede(at=timezone.now())
