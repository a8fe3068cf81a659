"""Figures of the register in words."""

from datetime import timedelta

from django.utils.translation import ngettext


def waits(taken: timedelta) -> str:
    """`3 hours`, `2 days`: rounded up, so that nothing sounds quicker than it was."""
    hours = -(-int(taken.total_seconds()) // 3600)
    if hours <= 48:
        return ngettext("%(many)d hour", "%(many)d hours", max(hours, 1)) % {"many": max(hours, 1)}
    days = -(-hours // 24)
    return ngettext("%(many)d day", "%(many)d days", days) % {"many": days}
