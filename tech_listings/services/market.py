"""What becomes of a listing that is on the market."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from tech_listings import notices
from tech_listings.enums import (
    EXCLUSIVE_OUTCOMES,
    LISTING_STATES,
    ListingState,
    Outcome,
    RightSummary,
    SuspendedFor,
)
from tech_listings.events import listing_closed, listing_suspended
from tech_listings.models import Listing
from tech_listings.services.exclusivity import require_ground
from tech_listings.services.lock import lock
from tech_listings.services.publish import NOT_SUSPENDED, make_public
from tech_listings.services.review import refuse_own


class RightLapsed(Conflict):
    code = "right_lapsed"


class StillSuspended(Conflict):
    code = "suspended_by_officer"


@transaction.atomic
def suspend(*, listing: Listing, why: SuspendedFor, text: str, seen_revision: int, by: User, at: datetime) -> Listing:
    """An officer takes a public listing off the market for a time. `text` is read by its holder."""
    if not text.strip():
        raise DomainError(_("Say what the holder has to do."), field="text")
    locked = lock(listing, seen_revision=seen_revision, by=by)
    refuse_own(locked, by)
    LISTING_STATES.move(
        locked,
        ListingState.SUSPENDED,
        suspended_at=at,
        suspended_for=why,
        suspended_text=text.strip(),
        suspended_by=by,
        revision=locked.revision + 1,
    )
    notices.listing_decided("listing_suspended", locked, at=at)
    listing_suspended.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


@transaction.atomic
def resume(*, listing: Listing, seen_revision: int, by: User, at: datetime) -> Listing:
    """An officer puts a suspended listing back on the market, under its number."""
    locked = lock(listing, seen_revision=seen_revision, by=by)
    refuse_own(locked, by)
    if locked.state != ListingState.SUSPENDED:
        LISTING_STATES.refuse(locked, ListingState.PUBLISHED)
    if locked.right_summary == RightSummary.LAPSED:
        raise RightLapsed(_("No valid right is left. Its holder enters one, or offers it without the right."))
    make_public(locked, by=by, at=at, **NOT_SUSPENDED)
    notices.listing_decided("listing_resumed", locked, at=at)
    return locked


def may_be_closed(listing: Listing) -> bool:
    """Whether its holder may say how the offer ended: not while an officer has it suspended."""
    by_officer = listing.suspended_by_id is not None or listing.suspended_for == SuspendedFor.DISPUTE
    return LISTING_STATES.can(listing, ListingState.CLOSED) and not by_officer


@transaction.atomic
def close(
    *,
    listing: Listing,
    outcome: Outcome | str,
    text: str,
    on: date | None = None,
    by: User,
    at: datetime,
    seen_revision: int | None = None,
) -> Listing:
    """The holder says how the offer ended, and on which day (else the day of `at`). For good.

    What nobody confirmed or whose right lapsed may be closed too; what an officer suspended stays hidden.

    Raises `GroundNeeded` where it was licensed exclusively or assigned and nothing allowed that.
    """
    if outcome not in Outcome.values:
        raise DomainError(_("Choose how it ended."), field="outcome")
    if not text.strip():
        raise DomainError(_("Say it in a sentence: the figures of transfers are made from it."), field="text")
    locked = lock(listing, seen_revision=seen_revision, by=by)
    LISTING_STATES.check(locked, ListingState.CLOSED)
    if not may_be_closed(locked):
        raise StillSuspended(_("An officer suspended it: it can be withdrawn, not closed."))
    day = on or timezone.localdate(at)
    assert locked.registered_at is not None
    if not timezone.localdate(locked.registered_at) <= day <= timezone.localdate(at):
        raise DomainError(_("Choose a day from its registration to today."), field="on")
    if outcome in EXCLUSIVE_OUTCOMES:
        require_ground(locked, on=day, by=by, at=at)
    LISTING_STATES.move(
        locked,
        ListingState.CLOSED,
        closed_at=at,
        outcome=outcome,
        outcome_text=text.strip(),
        outcome_on=day,
        revision=locked.revision + 1,
        **NOT_SUSPENDED,
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
def contract(*, listing: Listing, exclusive: bool = False, by: User, at: datetime) -> Listing:
    """A contract was made about a listing that was negotiated about.

    `exclusive`: a registered exclusive licence or an assignment. Raises `GroundNeeded` where nothing allows that.
    """
    if exclusive:
        require_ground(lock(listing), on=timezone.localdate(at), by=by, at=at)
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
