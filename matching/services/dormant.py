"""Searches nobody looks at: their owner is asked once, and then they rest (lessons, conventions on notifications)."""

from datetime import datetime, timedelta

from django.db import transaction

from matching import alert_notices
from matching.enums import SEARCH_STATES, SearchState
from matching.models import SavedSearch

ASKED_AFTER = timedelta(days=90)
PAUSED_AFTER = timedelta(days=30)


def to_be_asked(at: datetime) -> list[int]:
    rows = SavedSearch.objects.active().filter(asked_at__isnull=True, opened_at__lte=at - ASKED_AFTER)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def to_be_paused(at: datetime) -> list[int]:
    rows = SavedSearch.objects.active().filter(asked_at__lte=at - PAUSED_AFTER)
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def ask(*, search_id: int, at: datetime) -> bool:
    """Ask the owner whether the search is still wanted. False: it was opened, asked about or stopped meanwhile."""
    rows = SavedSearch.objects.active().filter(asked_at__isnull=True, opened_at__lte=at - ASKED_AFTER)
    search = rows.select_for_update(skip_locked=True).filter(pk=search_id).first()
    if search is None:
        return False
    search.asked_at = at
    search.save(update_fields=["asked_at"])
    alert_notices.still_wanted(search, at)
    return True


@transaction.atomic
def pause_unanswered(*, search_id: int, at: datetime) -> bool:
    """Pause what nobody answered about for 30 days, and say so. False: somebody did meanwhile."""
    rows = SavedSearch.objects.active().filter(asked_at__lte=at - PAUSED_AFTER)
    search = rows.select_for_update(skip_locked=True).filter(pk=search_id).first()
    if search is None:
        return False
    alert_notices.paused(search, at)
    SEARCH_STATES.move(search, SearchState.PAUSED, paused_at=at, asked_at=None)
    return True
