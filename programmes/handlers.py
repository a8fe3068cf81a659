"""What is said about applications, and what follows from it in this app."""

from typing import Any

from django.dispatch import receiver

from programmes.events import selection_undone
from programmes.models import Application
from programmes.services.review.agreements import withdraw_offer


@receiver(selection_undone, dispatch_uid="programmes.offer_of_who_withdrew")
def who_withdrew_signs_nothing(sender: Any, application: Application, **kwargs: Any) -> None:
    withdraw_offer(application)
