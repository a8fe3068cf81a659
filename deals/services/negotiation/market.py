"""A technology is under negotiation while somebody negotiates about it."""

from datetime import datetime

from accounts.models import User
from deals.models import Negotiation
from tech_listings.enums import ListingState
from tech_listings.models import Listing
from tech_listings.services.lock import lock
from tech_listings.services.market import break_off, start_negotiation


def follow(*, listing: Listing, by: User, at: datetime) -> Listing:
    """Bring the listing's state up to what runs: with the first negotiation, after the last one, and when a
    technology comes back on offer while others go on about it.

    Locks the listing, so that two that end at the same moment do not each take the other for running. A negotiation's
    row is locked before it.
    """
    locked = lock(listing)
    if locked.state not in (ListingState.PUBLISHED, ListingState.UNDER_NEGOTIATION):
        return locked
    runs = Negotiation.objects.running().filter(listing=locked).exists()
    if runs and locked.state == ListingState.PUBLISHED:
        return start_negotiation(listing=locked, by=by, at=at)
    if not runs and locked.state == ListingState.UNDER_NEGOTIATION:
        return break_off(listing=locked, by=by, at=at)
    return locked
