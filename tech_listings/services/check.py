"""A worker looks at what was sent for registration; then it waits for an officer."""

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from tech_listings.enums import LISTING_STATES, FindingKind, ListingState, Severity
from tech_listings.models import Finding, Listing, Submission
from tech_listings.services.findings import findings_of

logger = structlog.get_logger(__name__)

BATCH = 20


def check_due(*, at: datetime, most: int = BATCH) -> int:
    """Check submissions that nobody has checked, those that wait longest first. Returns how many it were.

    Any number of workers may do this: each takes what nobody has.
    """
    waiting = Submission.objects.unchecked().order_by("submitted_at", "pk").values_list("pk", flat=True)
    return sum(check_submission(pk=pk, at=at) for pk in list(waiting[:most]))


@transaction.atomic
def check_submission(*, pk: int, at: datetime) -> bool:
    """Put one submission before the officers. False where somebody else does, or it was taken back meanwhile."""
    # Not of its key: two that are alike name each other in their findings, and would wait for each other.
    rows = Listing.objects.filter(submissions__pk=pk)
    listing = rows.select_for_update(of=["self"], skip_locked=True, no_key=True).first()
    if listing is None:
        return False
    submission = Submission.objects.unchecked().filter(pk=pk).first()
    if submission is None:
        return False
    LISTING_STATES.move(listing, ListingState.IN_REVIEW)
    for finding in _look_at(listing, at):
        finding.submission = submission
        finding.save()
    submission.checked_at = at
    submission.save(update_fields=["checked_at"])
    return True


def _look_at(listing: Listing, at: datetime) -> list[Finding]:
    """A technology that no program can read still gets before an officer, who is told so."""
    try:
        with transaction.atomic():
            return findings_of(listing, on=timezone.localdate(at))
    except Exception:
        logger.exception("check_failed", listing=str(listing.public_id))
        return [Finding(kind=FindingKind.UNCHECKED, severity=Severity.WARNING)]
