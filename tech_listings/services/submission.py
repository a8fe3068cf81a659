"""Send a listing for registration, or take it back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tech_listings.enums import LISTING_STATES, WAITING_STATES, Decision, ListingState
from tech_listings.events import listing_submitted
from tech_listings.models import Listing, Submission
from tech_listings.outbox import check_after_commit
from tech_listings.services.edit import CONTENT_FIELDS, RIGHT_FIELDS
from tech_listings.services.inventor import end_links
from tech_listings.services.lock import lock
from tech_listings.services.publish import refuse_incomplete

SHOWN_FIELDS = tuple(name for name in CONTENT_FIELDS if name != "confidential_text")
"""What an officer reads: everything but the part that is closed to everybody outside."""


def content_of(listing: Listing) -> dict[str, Any]:
    """What an officer reads of a listing, as it is kept with a submission: JSON values by name, and `rights`."""
    content: dict[str, Any] = {name: getattr(listing, name) for name in SHOWN_FIELDS}
    rights = [{name: _plain(getattr(right, name)) for name in RIGHT_FIELDS} for right in listing.rights.order_by("pk")]
    return content | {"rights": rights}


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


@transaction.atomic
def submit(*, listing: Listing, by: User, at: datetime, seen_revision: int | None = None) -> Submission:
    """Send a draft, what was returned or withdrawn, or what was not disclosed, for registration.

    Raises `NotComplete` naming the first missing field, `IllegalTransition` from any other state.
    """
    locked = lock(listing, seen_revision=seen_revision, by=by)
    LISTING_STATES.check(locked, ListingState.SUBMITTED)
    refuse_incomplete(locked)
    LISTING_STATES.move(
        locked,
        ListingState.SUBMITTED,
        withdrawn_at=None,
        withdrawn_reason="",
        exempted_until=None,
        revision=locked.revision + 1,
    )
    earlier = locked.submissions.order_by("-serial").first()
    made = Submission.objects.create(
        listing=locked,
        serial=earlier.serial + 1 if earlier else 1,
        content=content_of(locked),
        submitted_at=at,
        submitted_by=by,
    )
    end_links(listing=locked, at=at)
    check_after_commit()
    listing_submitted.send(sender=Listing, listing=locked, by=by, at=at)
    return made


@transaction.atomic
def take_back(*, listing: Listing, by: User, at: datetime, seen_revision: int | None = None) -> Listing:
    """The holder takes back what an officer has not decided on: a draft again, or withdrawn if it was public before."""
    locked = lock(listing, seen_revision=seen_revision, by=by)
    again: dict[str, Any] = {}
    to = ListingState.DRAFT
    if locked.registered_at:
        to = ListingState.WITHDRAWN
        again = {"withdrawn_at": at, "withdrawn_reason": _("Taken back before it was registered again.")}
    if locked.state not in WAITING_STATES:
        LISTING_STATES.refuse(locked, to)
    LISTING_STATES.move(locked, to, revision=locked.revision + 1, **again)
    decide(locked.submissions.waiting().get(), Decision.TAKEN_BACK, by=by, at=at)
    return locked


def decide(
    submission: Submission, decision: Decision, *, by: User, at: datetime, note: str = "", marks: Any = None
) -> None:
    """Write a decision down. The listing is locked by whoever calls."""
    submission.decision, submission.decided_at, submission.decided_by = decision, at, by
    submission.note, submission.marks = note, marks or {}
    submission.save(update_fields=["decision", "decided_at", "decided_by", "note", "marks"])
