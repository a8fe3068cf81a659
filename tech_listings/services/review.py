"""What an officer decides about a listing. Nobody decides about one of an organization he is a member of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import add_months
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from tech_listings import notices
from tech_listings.enums import LISTING_STATES, Decision, ListingState
from tech_listings.events import listing_exempted, listing_returned
from tech_listings.models import Listing, Submission
from tech_listings.services.lock import lock, refuse_changed
from tech_listings.services.publish import make_public, refuse_incomplete
from tech_listings.services.submission import SHOWN_FIELDS, decide

MARKABLE = frozenset({*SHOWN_FIELDS, "rights"})
LONGEST_NOTE = 500
LONGEST_MONTHS = 36
"""So long something may be left undisclosed at once (R&D Innovation Act Decree art. 35)."""


class OwnOrganization(NotAllowed):
    code = "own_organization"


class AlreadyRegistered(Conflict):
    """What is asked for was done a moment ago: a second click, another tab, or another officer."""

    code = "already_registered"


def refuse_own(listing: Listing, by: User) -> None:
    """Raise `OwnOrganization` where `by` belongs to the holder."""
    _refuse_own(listing, own_organizations(by))


def own_organizations(by: User) -> frozenset[int]:
    """Primary keys of those about whose technologies `by` decides nothing. One query."""
    return frozenset(membership.organization_id for membership in by.active_memberships())


def _refuse_own(listing: Listing, own: Collection[int]) -> None:
    if listing.holder_id in own:
        raise OwnOrganization(_("You are a member of the holder: somebody else has to decide."))


def _refuse_not_in_review(listing: Listing, to: ListingState) -> None:
    if listing.state != ListingState.IN_REVIEW:
        LISTING_STATES.refuse(listing, to)


def refuse_unregistrable(listing: Listing, *, seen_revision: int, by: User, own: Collection[int]) -> None:
    """Raise, with the reason, unless `by` may register this listing as it stands: the revision that was read, of none
    of `own`, in review, complete. Whoever registers holds its lock."""
    if listing.is_public:
        raise AlreadyRegistered(_already(listing, by))
    refuse_changed(listing, seen_revision, by)
    _refuse_own(listing, own)
    _refuse_not_in_review(listing, ListingState.PUBLISHED)
    refuse_incomplete(listing)


def _already(listing: Listing, by: User) -> str:
    rows = listing.submissions.filter(decision=Decision.APPROVED).select_related("decided_by")
    last = rows.order_by("-serial").first()
    if last is None or last.decided_by is None or last.decided_at is None:  # a file brought it
        return _("It is public already, as %(number)s.") % {"number": listing.number}
    at = date_format(timezone.localtime(last.decided_at), "SHORT_DATETIME_FORMAT")
    given = {"at": at, "number": listing.number, "who": last.decided_by.name}
    if last.decided_by == by:
        return _("You registered it already, at %(at)s, as %(number)s.") % given
    return _("%(who)s registered it already, at %(at)s, as %(number)s.") % given


def _in_review(listing: Listing, to: ListingState, seen_revision: int, by: User) -> tuple[Listing, Submission]:
    """The locked listing and its open submission. Raises `IllegalTransition` unless it is in review."""
    locked = lock(listing, seen_revision=seen_revision, by=by)
    refuse_own(locked, by)
    _refuse_not_in_review(locked, to)
    return locked, locked.submissions.waiting().get()


@transaction.atomic
def approve(*, listing: Listing, seen_revision: int, by: User, at: datetime) -> Listing:
    """Register a listing: public from now on. The first time it gets its number and `registered_at`.

    Raises `ChangedMeanwhile`, `IllegalTransition`, `OwnOrganization`, `NotComplete`.
    """
    registered = register(listing=listing, seen_revision=seen_revision, by=by, at=at)
    notices.listing_decided("listing_registered", registered, at=at)
    return registered


def register(*, listing: Listing, seen_revision: int, by: User, at: datetime, number: str | None = None) -> Listing:
    """`approve` without telling anybody, in the caller's transaction; `number` may be set aside for it."""
    locked = lock(listing)
    refuse_unregistrable(locked, seen_revision=seen_revision, by=by, own=own_organizations(by))
    decide(locked.submissions.waiting().get(), Decision.APPROVED, by=by, at=at)
    make_public(locked, by=by, at=at, number=number)
    return locked


@transaction.atomic
def return_listing(
    *, listing: Listing, marks: Mapping[str, str], note: str = "", seen_revision: int, by: User, at: datetime
) -> Listing:
    """Return a listing for completion. `marks`: name of a field (see `MARKABLE`) → what is to be done about it."""
    kept = {name: text.strip() for name, text in marks.items()}
    if unknown := set(marks) - MARKABLE:
        raise DomainError(_("There is no field “%(name)s”.") % {"name": min(unknown)}, field="marks")
    if silent := [name for name, text in kept.items() if not text]:
        raise DomainError(_("Write what is to be done about each field you mark."), field=min(silent))
    if too_long := [name for name, text in kept.items() if len(text) > LONGEST_NOTE]:
        raise DomainError(_("A note has at most %(most)s characters.") % {"most": LONGEST_NOTE}, field=min(too_long))
    if not kept and not note.strip():
        raise DomainError(_("Mark at least one field, or write what is to be done."), field="note")
    locked, submission = _in_review(listing, ListingState.RETURNED, seen_revision, by)
    LISTING_STATES.move(locked, ListingState.RETURNED, revision=locked.revision + 1)
    decide(submission, Decision.RETURNED, by=by, at=at, note=note.strip(), marks=kept)
    notices.listing_decided("listing_returned", locked, at=at)
    listing_returned.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


@transaction.atomic
def exempt_listing(
    *, listing: Listing, until: date, reason: str, seen_revision: int, by: User, at: datetime
) -> Listing:
    """Leave a listing undisclosed until a day; its holder may send it again at any time."""
    if not reason.strip():
        raise DomainError(_("Say why it is not disclosed."), field="reason")
    if until <= timezone.localdate(at):
        raise DomainError(_("Choose a day after today."), field="until")
    if until > add_months(timezone.localdate(at), LONGEST_MONTHS):
        raise DomainError(_("At most three years from today."), field="until")
    locked, submission = _in_review(listing, ListingState.EXEMPTED, seen_revision, by)
    if locked.registered_at:
        raise DomainError(_("It was public before: withdraw it instead."))
    LISTING_STATES.move(locked, ListingState.EXEMPTED, exempted_until=until, revision=locked.revision + 1)
    decide(submission, Decision.EXEMPTED, by=by, at=at, note=reason.strip())
    notices.listing_decided("listing_exempted", locked, at=at)
    listing_exempted.send(sender=Listing, listing=locked, by=by, at=at)
    return locked


@transaction.atomic
def mark_reviewed(*, listings: Sequence[Listing], by: User, at: datetime) -> int:
    """An officer has looked at these public listings (imported, or changed since). Returns at how many of them.

    Those that were changed after they were read, left the market, or belong to the officer's own organization stay.
    """
    own = own_organizations(by)
    seen = {listing.pk: listing.revision for listing in listings}
    rows = Listing.objects.published().filter(pk__in=seen, reviewed_at__isnull=True).exclude(holder__in=own)
    locked = rows.select_for_update(of=["self"]).order_by("pk")
    same = [pk for pk, revision in locked.values_list("pk", "revision") if revision == seen[pk]]
    return Listing.objects.filter(pk__in=same).update(reviewed_at=at)
