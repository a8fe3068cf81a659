"""Moments of the demo, counted back from the loading."""

from datetime import datetime, time, timedelta

from django.utils import timezone


def afternoon(at: datetime, days_ago: int) -> datetime:
    """Some minute of that afternoon in Korea."""
    day = timezone.localdate(at) - timedelta(days=days_ago)
    return datetime.combine(day, time(14, 7 * days_ago % 60), timezone.get_default_timezone())
