"""What becomes of a saved search: opened, changed, paused, taken up again, given up."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from matching.enums import SEARCH_STATES, AlertRate, SearchState
from matching.models import SavedSearch
from matching.services.save_search import checked_name, checked_rate
from matching.services.search_rate import lock_own, no_news_any_more


@transaction.atomic
def note_opened(*, search: SavedSearch, by: User, at: datetime) -> None:
    """The owner looked: it is not dormant, and what was found before is not new any more."""
    locked = lock_own(search, by)
    locked.opened_at, locked.asked_at = at, None
    locked.save(update_fields=["opened_at", "asked_at"])


@transaction.atomic
def change_search(
    *,
    search: SavedSearch,
    by: User,
    at: datetime,
    name: str | None = None,
    rate: str | None = None,
    state: str | None = None,
) -> SavedSearch:
    """Another name, rate or state; what is not given stays.

    Who turns mail on again hears of what comes from then on.
    """
    locked = lock_own(search, by)
    if name is not None:
        locked.name = checked_name(name)
    if rate is not None:
        before, locked.rate = locked.rate, checked_rate(rate)
        if before == AlertRate.OFF and locked.rate != AlertRate.OFF:
            no_news_any_more(locked)
    locked.save(update_fields=["name", "rate", "updated_at"])
    if state is not None:
        locked = (pause if state == SearchState.PAUSED else resume)(search=locked, by=by, at=at)
    return locked


@transaction.atomic
def pause(*, search: SavedSearch, by: User, at: datetime) -> SavedSearch:
    """It catches nothing until it is taken up again. Twice is the same as once."""
    locked = lock_own(search, by)
    if locked.state != SearchState.PAUSED:
        SEARCH_STATES.move(locked, SearchState.PAUSED, paused_at=at, asked_at=None)
    return locked


@transaction.atomic
def resume(*, search: SavedSearch, by: User, at: datetime) -> SavedSearch:
    """It catches what comes from now on. Twice is the same as once."""
    locked = lock_own(search, by)
    if locked.state != SearchState.ACTIVE:
        no_news_any_more(locked)
        SEARCH_STATES.move(locked, SearchState.ACTIVE, paused_at=None, opened_at=at, asked_at=None)
    return locked


@transaction.atomic
def remove(*, search: SavedSearch, by: User) -> None:
    """With its matches. That the person was told of a technology stays known, so that it is not told again."""
    lock_own(search, by).delete()
