from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from programmes.services.review.once import forget_answers
from programmes.services.review.publishing import go_on, resume_due
from programmes.services.review.reserves import nightly, take_up_of


@shared_task
def look_after_agreements() -> dict[str, int]:
    """Just after midnight in Korea: agreements that nobody signed lapse, reserves are taken up, old keys go."""
    at = timezone.now()
    return nightly(at=at) | {"forgotten": forget_answers(at=at)}


@shared_task
def take_up_reserves(call_id: int, **kwargs: Any) -> int:
    """Woken when money of a call became free."""
    return take_up_of(call_id=call_id, at=timezone.now())


@shared_task
def publish_selection(selection_id: str, **kwargs: Any) -> int:
    """Publish what is left of a selection, batch by batch."""
    return go_on(selection_id=UUID(selection_id))


@shared_task
def resume_publishing(**kwargs: Any) -> int:
    """Every minute: selections whose workers or wake-ups were lost."""
    return resume_due(at=timezone.now())
