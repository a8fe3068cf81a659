from datetime import timedelta

from django import template
from django.utils.formats import number_format

from brokers.wording.register import waits

register = template.Library()


@register.filter
def in_hours_or_days(taken: timedelta) -> str:
    """`3 hours`, `2 days`."""
    return waits(taken)


@register.filter
def stars(value: float) -> str:
    """One figure after the point."""
    return number_format(value, 1)
