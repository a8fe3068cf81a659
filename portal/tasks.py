"""Thin, and safe to run twice."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from portal.queries.statistics import refresh


@shared_task
def refresh_statistics(**kwargs: Any) -> int:
    """Every hour, so that no reader waits for the counting."""
    return len(refresh(timezone.now())["tables"])
