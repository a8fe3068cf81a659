from celery import shared_task
from django.utils import timezone

from programmes.services.review.reserves import nightly


@shared_task
def look_after_agreements() -> dict[str, int]:
    """Just after midnight in Korea: agreements that nobody signed lapse, reserves are taken up."""
    return nightly(at=timezone.now())
