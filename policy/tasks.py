from celery import shared_task
from django.utils import timezone

from policy.services.survey import remind


@shared_task
def remind_of_survey() -> int:
    """In the morning: institutes that have not answered are reminded by steps of days."""
    return remind.remind_of_survey(at=timezone.now())
