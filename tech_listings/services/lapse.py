"""A technology whose last valid right has gone is taken off the market, and comes back when there is one again."""

from collections import Counter
from datetime import datetime

import pghistory
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from tech_listings import notices
from tech_listings.enums import (
    LISTING_STATES,
    ON_OFFER_STATES,
    PENDING_STATUSES,
    ListingState,
    RightSummary,
    SuspendedFor,
)
from tech_listings.events import listing_suspended, listings_suspended
from tech_listings.models import Listing
from tech_listings.services.lock import lock
from tech_listings.services.publish import NOT_SUSPENDED, make_public

BATCH = 500
LONGEST = 300


class NotLapsed(Conflict):
    code = "not_lapsed"


def follow_rights(locked: Listing, *, by: User | None, at: datetime) -> None:
    """Suspend a listing that was just saved as a new revision, or bring it back, by what its rights are now.

    Tells the holder. What an officer suspended stays so: only an officer brings it back.
    """
    has_lapsed = locked.right_summary == RightSummary.LAPSED
    if has_lapsed and locked.state in ON_OFFER_STATES:
        LISTING_STATES.move(
            locked,
            ListingState.SUSPENDED,
            suspended_at=at,
            suspended_for=SuspendedFor.LAPSED,
        )
        listing_suspended.send(sender=Listing, listing=locked, by=by, at=at)
        notices.rights_lapsed(locked.holder, at=at)
    elif not has_lapsed and by_its_rights(locked):
        # Looked at as far as it was: what was changed meanwhile is looked at by an officer.
        make_public(locked, by=by, at=at, reviewed_at=locked.reviewed_at, **NOT_SUSPENDED)


def by_its_rights(listing: Listing) -> bool:
    """Whether it was suspended for its rights and by nobody: then the rights, or its holder, bring it back."""
    is_lapsed = listing.state == ListingState.SUSPENDED and listing.suspended_for == SuspendedFor.LAPSED
    return is_lapsed and listing.suspended_by_id is None


@transaction.atomic
def offer_without_right(*, listing: Listing, text: str, seen_revision: int | None, by: User, at: datetime) -> Listing:
    """The holder offers what is left without the right, as know-how; `text` says what that is and becomes the
    conditions of use. It is public again at once, and an officer looks at it.

    Raises `NotLapsed` for anything but a technology that was suspended for its rights, and not by an officer.
    """
    said = text.strip()
    if not said:
        raise DomainError(_("Say what is offered without the right."), field="text")
    if len(said) > LONGEST:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONGEST}, field="text")
    locked = lock(listing, seen_revision=seen_revision, by=by)
    if not by_its_rights(locked):
        raise NotLapsed(_("It is not suspended because a right lapsed. Reload the page to see what is possible."))
    locked.without_right_at, locked.right_summary = at, RightSummary.NONE
    locked.conditions_of_use = f"{locked.conditions_of_use}\n\n{said}".strip()
    locked.save(update_fields=["without_right_at", "right_summary", "conditions_of_use"])
    make_public(locked, by=by, at=at, reviewed_at=None, **NOT_SUSPENDED)
    return locked


EXPIRED = """
    SELECT DISTINCT l.id FROM tech_listings_right r JOIN tech_listings_listing l ON l.id = r.listing_id
    WHERE r.status = 'registered' AND r.expires_on < %(today)s AND l.right_summary = 'registered'
      AND NOT EXISTS (
        SELECT FROM tech_listings_right valid
        WHERE valid.listing_id = l.id AND valid.status = 'registered'
          AND (valid.expires_on IS NULL OR valid.expires_on >= %(today)s))
    ORDER BY l.id LIMIT %(batch)s
"""


def sweep_rights(*, at: datetime) -> Counter[str]:
    """Every day: rights whose last day has passed, and what that suspends; how many listings each step wrote.

    In batches of a transaction each. What is done is not found again, so that it may be killed, and run twice.
    """
    written: Counter[str] = Counter()
    while some := _expire_some(at):
        written += some
    while some := _suspend_some(at):
        written += some
    return written


@transaction.atomic
def _expire_some(at: datetime) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(EXPIRED, {"today": timezone.localdate(at), "batch": BATCH})
        ids = [row[0] for row in cursor.fetchall()]
    rows = Listing.objects.filter(pk__in=ids, right_summary=RightSummary.REGISTERED)
    locked = list(rows.select_for_update(of=["self"]).order_by("pk").values_list("pk", flat=True))
    # Asked again under the lock: who edited meanwhile may have entered a right that holds.
    with connection.cursor() as cursor:
        cursor.execute(EXPIRED.replace("ORDER BY", "AND l.id = ANY(%(ids)s) ORDER BY"), {
            "today": timezone.localdate(at), "batch": BATCH, "ids": locked,
        })  # fmt: skip
        ended = [row[0] for row in cursor.fetchall()]
    pending = set(
        Listing.objects.filter(pk__in=ended, rights__status__in=PENDING_STATUSES).values_list("pk", flat=True)
    )
    with pghistory.context(source="rights"):
        Listing.objects.filter(pk__in=pending).update(right_summary=RightSummary.PENDING)
        lapsed = Listing.objects.filter(pk__in=set(ended) - pending)
        lapsed.filter(without_right_at__isnull=True).update(right_summary=RightSummary.LAPSED)
        lapsed.filter(without_right_at__isnull=False).update(right_summary=RightSummary.NONE)
    return Counter(expired=len(ended)) if ended else Counter()


@transaction.atomic
def _suspend_some(at: datetime) -> Counter[str]:
    """Whatever path left something on offer without a valid right: all at once, the holders told once a day."""
    rows = Listing.objects.on_offer().filter(right_summary=RightSummary.LAPSED).order_by("pk")[:BATCH]
    locked = dict(rows.select_for_update(of=["self"]).values_list("pk", "holder_id"))
    if not locked:
        return Counter()
    with pghistory.context(source="rights"):
        Listing.objects.filter(pk__in=locked).update(
            state=ListingState.SUSPENDED,
            suspended_at=at,
            suspended_for=SuspendedFor.LAPSED,
            revision=F("revision") + 1,
            updated_at=at,
        )
    listings_suspended.send(sender=Listing, listing_ids=sorted(locked), at=at)
    notices.rights_lapsed_of(set(locked.values()), at=at)
    return Counter(suspended=len(locked))
