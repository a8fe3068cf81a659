"""What of a listing follows from the rest of it."""

from collections.abc import Iterable

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


def derive(listing: Listing, rights: Iterable[Right]) -> None:
    """Set the derived fields on the instance; the caller saves."""
    listing.ipc_prefixes = ipc_prefixes(listing.ipc_codes)
    listing.right_summary = summary_of(right.status for right in rights)
