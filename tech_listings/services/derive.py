"""What of a listing follows from the rest of it."""

from collections.abc import Iterable
from datetime import date

from tech_listings.enums import PENDING_STATUSES, RightStatus, RightSummary
from tech_listings.models import Listing, Right
from tech_listings.numbers import ipc_prefixes


def summary_of(statuses: Iterable[str]) -> RightSummary:
    """The best of what the rights offer: registered before pending before lapsed."""
    found = set(statuses) - {RightStatus.NONE}
    if RightStatus.REGISTERED in found:
        return RightSummary.REGISTERED
    if found & PENDING_STATUSES:
        return RightSummary.PENDING
    return RightSummary.LAPSED if found else RightSummary.NONE


def status_on(right: Right, day: date) -> str:
    """Its status on a day: what was registered has expired once its last day has passed."""
    ended = right.status == RightStatus.REGISTERED and right.expires_on is not None and right.expires_on < day
    return RightStatus.EXPIRED if ended else right.status


def derive(listing: Listing, rights: Iterable[Right], *, on: date) -> None:
    """Set the derived fields on the instance as they are on a day in Korea; the caller saves.

    What is offered without the right that lapsed has no right; a valid one that comes back is part of it again.
    """
    listing.ipc_prefixes = ipc_prefixes(listing.ipc_codes)
    found = summary_of(status_on(right, on) for right in rights)
    if found == RightSummary.LAPSED and listing.without_right_at:
        found = RightSummary.NONE
    elif found in (RightSummary.REGISTERED, RightSummary.PENDING):
        listing.without_right_at = None
    listing.right_summary = found
