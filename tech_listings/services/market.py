"""What becomes of a listing that is on the market."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import DomainError
from tech_listings import notices
from tech_listings.enums import LISTING_STATES, ListingState, Outcome, SuspendedFor
from tech_listings.events import listing_closed, listing_suspended
from tech_listings.models import Listing
from tech_listings.services.lock import lock
from tech_listings.services.publish import make_public
from tech_listings.services.review import refuse_own


@transaction.atomic
def suspend(*, listing: Listing, why: SuspendedFor, text: str, seen_revision: int, by: User, at: datetime) -> Listing:
    """An officer takes a public listing off the market for a time. `text` is read by its holder."""
    if not text.strip():
        raise DomainError(_("Say what the holder has to do."), field="text")
    locked = lock(listing, seen_revision=seen_revision)
    refuse_own(locked, by)
    LISTING_STATES.move(
        locked,
        ListingState.SUSPENDED,
        suspended_at=at,
        suspended_for=why,
        suspended_text=text.strip(),
        revision=locked.revision + 1,
    )
    notices.listing_decided("listing_suspended", locked, at=at)
    listing_suspended.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


@transaction.atomic
def resume(*, listing: Listing, seen_revision: int, by: User, at: datetime) -> Listing:
    """An officer puts a suspended listing back on the market, under its number."""
    locked = lock(listing, seen_revision=seen_revision)
    refuse_own(locked, by)
    if locked.state != ListingState.SUSPENDED:
        LISTING_STATES.refuse(locked, ListingState.PUBLISHED)
    make_public(locked, by=by, at=at, suspended_at=None, suspended_for="", suspended_text="")
    notices.listing_decided("listing_resumed", locked, at=at)
    return locked


@transaction.atomic
def close(
    *, listing: Listing, outcome: Outcome, text: str, by: User, at: datetime, seen_revision: int | None = None
) -> Listing:
    """The holder says how the offer ended. For good: a closed listing is offered no more."""
    if outcome not in Outcome.values:
        raise DomainError(_("Choose how it ended."), field="outcome")
    if not text.strip():
        raise DomainError(_("Say it in a sentence: the figures of transfers are made from it."), field="text")
    locked = lock(listing, seen_revision=seen_revision)
    LISTING_STATES.move(
        locked,
        ListingState.CLOSED,
        closed_at=at,
        outcome=outcome,
        outcome_text=text.strip(),
        revision=locked.revision + 1,
    )
    listing_closed.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


@transaction.atomic
def start_negotiation(*, listing: Listing, by: User, at: datetime) -> Listing:
    """A published listing is negotiated about; everybody goes on seeing it."""
    return _move(listing, ListingState.UNDER_NEGOTIATION, frm=ListingState.PUBLISHED)


@transaction.atomic
def break_off(*, listing: Listing, by: User, at: datetime) -> Listing:
    """The negotiation ended without a contract."""
    return _move(listing, ListingState.PUBLISHED, frm=ListingState.UNDER_NEGOTIATION)


@transaction.atomic
def contract(*, listing: Listing, by: User, at: datetime) -> Listing:
    """A contract was made about a listing that was negotiated about."""
    return _move(listing, ListingState.CONTRACTED, frm=ListingState.UNDER_NEGOTIATION)


@transaction.atomic
def offer_again(*, listing: Listing, by: User, at: datetime) -> Listing:
    """The contract leaves room for others: a non-exclusive licence."""
    return _move(listing, ListingState.PUBLISHED, frm=ListingState.CONTRACTED)


def _move(listing: Listing, to: ListingState, *, frm: ListingState) -> Listing:
    locked = lock(listing)
    if locked.state != frm:
        LISTING_STATES.refuse(locked, to)
    LISTING_STATES.move(locked, to, revision=locked.revision + 1)
    return locked
