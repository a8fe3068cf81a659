"""Put a listing on the market, and take it off."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.counters import take_numbers
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.models import field_of
from tech_listings.enums import LISTING_STATES, WAITING_STATES, ListingState
from tech_listings.events import listing_withdrawn, listings_published, listings_publishing
from tech_listings.models import Listing
from tech_listings.numbers import listing_number
from tech_listings.outbox import embed_after_commit
from tech_listings.search.documents import write_documents
from tech_listings.services.embed import let_go_first
from tech_listings.services.lock import lock

COUNTER = "listing"
NOT_SUSPENDED: dict[str, Any] = {
    "suspended_at": None, "suspended_for": "", "suspended_text": "", "suspended_by": None
}  # fmt: skip
NOT_CLOSED: dict[str, Any] = {"closed_at": None, "outcome": "", "outcome_text": "", "outcome_on": None}
WRITTEN = ("state", "reviewed_at", "confirmed_on", "revision", "registered_at", "number", "updated_at")
REQUIRED = ["field_of_use", "conditions_of_use", "deal_kinds"]


class NotOnOffer(Conflict):
    code = "not_on_offer"


class NotComplete(DomainError):
    """A part that the Decree or a reader needs is missing."""

    code = "not_complete"


def missing_parts(listing: Listing) -> list[str]:
    """Fields a holder must fill before publication (Decree art. 9(3): title, content, field and conditions of use).

    A record of the patent register says no field of use: where a file brought it, classes and keywords say it.
    """
    missing = [] if listing.text_in("summary", "ko") else ["summary_ko"]
    needed = ["conditions_of_use", "deal_kinds"] if listing.source_id else REQUIRED
    return missing + [name for name in needed if not getattr(listing, name)]


def numbers_for(*, count: int, at: datetime) -> list[str]:
    """`count` listing numbers of the year of `at` in Korea. Holds the counter's lock until the transaction ends."""
    year = timezone.localtime(at).year
    return [listing_number(year, serial) for serial in take_numbers(kind=COUNTER, year=year, count=count)]


def refuse_incomplete(listing: Listing) -> None:
    """Raise `NotComplete` naming the first part that is missing."""
    if missing := missing_parts(listing):
        label = field_of(listing, missing[0]).verbose_name
        raise NotComplete(_("“%(part)s” is missing. Fill it in, then send it.") % {"part": label}, field=missing[0])


def make_public(locked: Listing, *, by: User | None, at: datetime, number: str | None = None, **fields: Any) -> None:
    """Put a locked listing on the market. The first time it gets its number and `registered_at`, for good.

    `number` is one that was set aside for it (see `numbers_for`); else it is taken now. It counts as looked at by an
    officer unless `fields` say otherwise by `reviewed_at`.
    """
    LISTING_STATES.check(locked, ListingState.PUBLISHED)
    listings_publishing.send(sender=Listing, listings=[locked])
    if not locked.registered_at and number is None:
        number = numbers_for(count=1, at=at)[0]
    LISTING_STATES.move(locked, ListingState.PUBLISHED, **(_of_public(locked, number, at) | fields))
    _let_people_find([locked], at)


def make_all_public(locked: Sequence[Listing], *, numbers: Mapping[int, str], at: datetime) -> None:
    """As `make_public`, for many that an officer has looked at; the same number of statements as for one.

    `numbers`, by primary key, for those that have none. All or none: raises where one of them must not be public.
    """
    for listing in locked:
        LISTING_STATES.check(listing, ListingState.PUBLISHED)
    listings_publishing.send(sender=Listing, listings=locked)
    for listing in locked:
        changed = {"state": ListingState.PUBLISHED, **_of_public(listing, numbers.get(listing.pk), at)}
        for name, value in changed.items():
            setattr(listing, name, value)
        listing.updated_at = timezone.now()
    Listing.objects.bulk_update(locked, WRITTEN)
    _let_people_find(locked, at)


def _of_public(listing: Listing, number: str | None, at: datetime) -> dict[str, Any]:
    """What is written when a listing becomes public; its number and `registered_at` the first time only."""
    fields = {"reviewed_at": at, "confirmed_on": timezone.localdate(at), "revision": listing.revision + 1}
    return fields if listing.registered_at else fields | {"registered_at": at, "number": number}


def _let_people_find(listings: Sequence[Listing], at: datetime) -> None:
    prefetch_related_objects(listings, "rights")
    write_documents(listings, at=at)
    let_go_first(listings)
    embed_after_commit()
    listings_published.send(sender=Listing, listings=listings, at=at)


@transaction.atomic
def withdraw(
    *,
    listing: Listing,
    reason: str,
    by: User | None,
    at: datetime,
    seen_revision: int | None = None,
    hides_closed: bool = False,
) -> Listing:
    """Take a public or suspended listing off the market; its number and `registered_at` stay.

    `hides_closed`: also where it is closed, which hides its page. For what must not be seen any more.
    """
    if not reason.strip():
        raise DomainError(_("Say why it is withdrawn: people who asked for it will read it."), field="reason")
    locked = lock(listing, seen_revision=seen_revision, by=by)
    if locked.state in WAITING_STATES:
        raise NotOnOffer(_("It waits for an officer: take it back instead."))
    if locked.state == ListingState.CLOSED and not hides_closed:
        raise NotOnOffer(_("This technology is closed and stays as it is."))
    LISTING_STATES.move(
        locked,
        ListingState.WITHDRAWN,
        withdrawn_at=at,
        withdrawn_reason=reason.strip(),
        revision=locked.revision + 1,
        **NOT_SUSPENDED,
        **NOT_CLOSED,
    )
    listing_withdrawn.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


@transaction.atomic
def discard(*, listing: Listing, by: User, at: datetime, seen_revision: int | None = None) -> None:
    """Throw away a draft, or what was returned. It is kept in the database and shown to nobody.

    What was registered once keeps its number: it can be withdrawn and not discarded.
    """
    locked = lock(listing, seen_revision=seen_revision, by=by)
    LISTING_STATES.check(locked, ListingState.DISCARDED)
    if locked.registered_at:
        raise NotOnOffer(_("It was registered as %(number)s and cannot be discarded.") % {"number": locked.number})
    LISTING_STATES.move(locked, ListingState.DISCARDED, revision=locked.revision + 1)
