"""The holder says that technologies are still to be had: one, or thousands at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pghistory
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Organization, User
from tech_listings import notices
from tech_listings.enums import PUBLIC_STATES, ListingState, RightSummary, SuspendedFor
from tech_listings.events import listings_suspended, listings_written
from tech_listings.models import Listing
from tech_listings.services.publish import NOT_SUSPENDED


class Confirmed(NamedTuple):
    """How many count as confirmed on that day, how many of them came back on the market by it, how many were named and
    are no longer to be confirmed, and how many stay off it because no valid right is left."""

    confirmed: int
    resumed: int
    left: int
    lapsed: int


@transaction.atomic
def confirm_listings(*, holder: Organization, listing_ids: Sequence[int], by: User, at: datetime) -> Confirmed:
    """`holder` confirms these of its technologies (ids) on the day of `at` in Korea; a constant number of statements.

    What was suspended because nobody confirmed it is public again. What was withdrawn, closed or suspended for another
    reason meanwhile is left as it is, and so is what is not the holder's. The second time nothing is written.
    """
    today, named = timezone.localdate(at), set(listing_ids)
    waits = Q(state=ListingState.SUSPENDED, suspended_for=SuspendedFor.NOT_CONFIRMED)
    rows = Listing.objects.filter(Q(state__in=PUBLIC_STATES) | waits, holder=holder, pk__in=named).order_by("pk")
    locked = list(rows.select_for_update(of=["self"]).values_list("pk", "state", "right_summary"))
    public = [pk for pk, state, _right in locked if state != ListingState.SUSPENDED]
    off = {pk: right for pk, state, right in locked if state == ListingState.SUSPENDED}
    lapsed = [pk for pk, right in off.items() if right == RightSummary.LAPSED]
    back = [pk for pk in off if pk not in set(lapsed)]
    with pghistory.context(source="confirmation"):
        Listing.objects.filter(pk__in=public).exclude(confirmed_on=today).update(confirmed_on=today)
        changed = {"revision": F("revision") + 1, "updated_at": at}
        Listing.objects.filter(pk__in=back).update(
            state=ListingState.PUBLISHED, confirmed_on=today, **NOT_SUSPENDED, **changed
        )
        Listing.objects.filter(pk__in=lapsed).update(
            suspended_for=SuspendedFor.LAPSED, suspended_text="", suspended_by=None, **changed
        )
    if back:
        listings_written.send(sender=Listing, listing_ids=back, at=at)
    if lapsed:
        listings_suspended.send(sender=Listing, listing_ids=lapsed, at=at)
        notices.rights_lapsed(holder, at=at)
    return Confirmed(len(public) + len(back), len(back), len(named) - len(locked), len(lapsed))
