"""Thin: one call each, safe to run twice and after a run that was missed."""

from celery import shared_task
from django.utils import timezone

from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze_due
from policy.services.survey import remind


@shared_task
def compute_figures() -> int:
    """Every hour: the live value of every figure. 0 where another worker does it just now."""
    computed = compute_all(at=timezone.now())
    return computed.written if computed else 0


@shared_task
def freeze_figures() -> int:
    """Every night: months that are over and were not frozen."""
    return freeze_due(at=timezone.now()).written


@shared_task
def remind_of_survey() -> int:
    """In the morning: institutes that have not answered are reminded by steps of days."""
    return remind.remind_of_survey(at=timezone.now())
