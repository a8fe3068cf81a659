"""Make the vectors of meaning that are due: a worker's task, woken after a commit and by a sweep.

A listing without a vector is found by its words meanwhile; an older vector serves until the new one is there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from tech_listings.enums import PUBLIC_STATES
from tech_listings.events import listing_meanings_made
from tech_listings.models import Listing, ListingMeaning
from tech_listings.search import meaning

logger = structlog.get_logger(__name__)

BATCH = 32
PAUSE = timedelta(minutes=5)
"""What failed waits this long, and twice as long after each further failure."""

MOST_ATTEMPTS = 8


def due(*, at: datetime) -> "Q":
    """The condition for what is to be made now. Drafts have nobody who looks for them, so their turn comes with
    publication."""
    return Q(due_at__lte=at, attempts__lt=MOST_ATTEMPTS, listing__state__in=PUBLIC_STATES)


def let_go_first(listings: Sequence[Listing]) -> None:
    """What somebody publishes or changes by hand must not wait for the hundreds of thousands of an import. In the
    transaction that made its meaning due."""
    ListingMeaning.objects.filter(listing__in=[listing.pk for listing in listings]).update(by_hand=True)


def embed_due(*, at: datetime, most: int = BATCH, quiet: bool = False) -> int:
    """Make the vectors that are due, those by hand first, then those that have waited longest; `most` at once.
    Returns how many were made or put off.

    Any number of workers may do this: each takes what nobody has. A text the encoder fails on is put off, alone.
    With `quiet` nobody above is told.
    """
    with transaction.atomic():
        taken = list(
            ListingMeaning.objects.filter(due(at=at))
            .select_for_update(of=["self"], skip_locked=True)
            .order_by("-by_hand", "due_at", "pk")[:most]
        )
        if not taken:
            return 0
        listings = Listing.objects.in_bulk([row.pk for row in taken])
        made = []
        for row, vector in zip(taken, _vectors([listings[row.pk] for row in taken]), strict=True):
            if vector is None:
                row.attempts += 1
                row.due_at = at + PAUSE * 2 ** (row.attempts - 1)
            else:
                row.vector, row.model, row.due_at, row.attempts = vector, meaning.MODEL, None, 0
                row.by_hand = False
                made.append(row.pk)
        ListingMeaning.objects.bulk_update(taken, ["vector", "model", "due_at", "attempts", "by_hand"])
        if made and not quiet:
            listing_meanings_made.send(sender=ListingMeaning, listing_ids=made, at=at)
    return len(taken)


def _vectors(listings: list[Listing]) -> list[list[float] | None]:
    texts = [meaning.text_for_meaning(listing) for listing in listings]
    try:
        return list(meaning.encode(texts))
    except Exception:  # one text must not hold up the others: each alone, and the one that fails is put off
        return [_alone(listing, text) for listing, text in zip(listings, texts, strict=True)]


def _alone(listing: Listing, text: str) -> list[float] | None:
    try:
        return meaning.encode([text])[0]
    except Exception:
        logger.exception("meaning_failed", listing=listing.reference)
        return None


def renew_old_models(*, at: datetime, most: int = 1_000) -> int:
    """Make due what an older encoder made. Returns how many; called until there are none."""
    with transaction.atomic():
        old = (
            ListingMeaning.objects.filter(vector__isnull=False, due_at__isnull=True)
            .exclude(model=meaning.MODEL)
            .select_for_update(skip_locked=True)
            .order_by("pk")
            .values_list("pk", flat=True)[:most]
        )
        return ListingMeaning.objects.filter(pk__in=list(old)).update(due_at=at, attempts=0)
