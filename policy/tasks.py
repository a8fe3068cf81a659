"""Thin: one call each, safe to run twice and after a run that was missed."""

from celery import shared_task
from django.utils import timezone

from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze_due


@shared_task
def compute_figures() -> int:
    """Every hour: the live value of every figure. 0 where another worker does it just now."""
    computed = compute_all(at=timezone.now())
    return computed.written if computed else 0


@shared_task
def freeze_figures() -> int:
    """Every night: months that are over and were not frozen."""
    return freeze_due(at=timezone.now()).written
