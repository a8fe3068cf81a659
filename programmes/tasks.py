from typing import Any

from celery import shared_task
from django.utils import timezone

from programmes.services.review.reserves import nightly, take_up_of


@shared_task
def look_after_agreements() -> dict[str, int]:
    """Just after midnight in Korea: agreements that nobody signed lapse, reserves are taken up."""
    return nightly(at=timezone.now())


@shared_task
def take_up_reserves(call_id: int, **kwargs: Any) -> int:
    """Woken when money of a call became free."""
    return take_up_of(call_id=call_id, at=timezone.now())
