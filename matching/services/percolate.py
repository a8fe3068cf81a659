"""New and changed listings, held against all open needs and saved searches: noted in the transaction that made them
news, worked off by workers afterwards."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from matching.models import ListingNews
from matching.outbox import percolate_after_commit
from matching.services.catch import hold_against_searches
from matching.services.match_need import hold_against_needs
from matching.services.pauses import pause
from tech_listings.enums import PUBLIC_STATES
from tech_listings.models import Listing

logger = structlog.get_logger(__name__)

MEANING_MAY_TAKE = timedelta(minutes=10)

Matcher = Callable[[Listing, datetime], int]
MATCHERS: list[Matcher] = [hold_against_needs, hold_against_searches]
"""What a listing is held against, each in the transaction that takes the news away; returns how many it found."""


def note(listing_ids: Sequence[int], *, at: datetime, of_import: bool = False) -> None:
    """Write down that these listings are news, in the transaction that made them so; one question for all.

    Those of an import wait for the others: a large one takes hours, and what somebody publishes by hand is told of
    within minutes.
    """
    if not listing_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO matching_listingnews (listing_id, revision, since, attempts, of_import)
            SELECT id, revision, %s, 0, %s FROM tech_listings_listing WHERE id = ANY(%s) ORDER BY id
            ON CONFLICT (listing_id) DO UPDATE
            SET revision = EXCLUDED.revision, since = EXCLUDED.since, attempts = 0, by_words_at = NULL,
                of_import = EXCLUDED.of_import
            """,
            [at, of_import, list(listing_ids)],
        )
    percolate_after_commit()


def due(at: datetime) -> QuerySet[ListingNews]:
    """News whose listing has its meaning, or has waited for it long enough: then by words, and again when it comes."""
    made = Q(listing__meaning__isnull=False, listing__meaning__due_at__isnull=True)
    waited = Q(by_words_at__isnull=True, since__lte=at - MEANING_MAY_TAKE)
    gone = ~Q(listing__state__in=PUBLIC_STATES)
    return ListingNews.objects.filter(Q(since__lte=at) & (made | waited | gone)).order_by("of_import", "since", "pk")


def percolate(*, at: datetime, most: int = 500) -> int:
    """Work off what is due, one listing per transaction, at most `most`. Returns how many were done.

    Any number of workers may do this at once: each takes news that no other holds.
    """
    done = 0
    while done < most and _one(at):
        done += 1
    return done


@transaction.atomic
def _one(at: datetime) -> bool:
    # With the listing, in one step: who edits it holds the listing and then writes the news. Held one after the other,
    # the other way round, each would wait for the other, and the database would end the edit.
    rows = due(at).select_related("listing").only("revision", "since", "by_words_at", "attempts", "listing__id")
    news = rows.select_for_update(of=["self", "listing"], no_key=True, skip_locked=True).first()
    if news is None:
        return False
    # Read once it is held: its meaning may have become due since the question above began.
    listing = Listing.objects.select_related("holder", "meaning").get(pk=news.listing_id)
    if not listing.is_public:
        news.delete()
        return True
    try:
        with transaction.atomic():
            found = sum(matcher(listing, at) for matcher in MATCHERS)
    except Exception:  # whatever it was: what cannot be done must not keep the others waiting
        logger.exception("percolate_failed", listing=listing.number, attempts=news.attempts + 1)
        news.since = at + pause(news.attempts)
        news.attempts += 1
        news.save(update_fields=["since", "attempts"])
        return True
    meaning = getattr(listing, "meaning", None)  # restored without it, say: it goes by its words until there is one
    if meaning is not None and meaning.due_at is None:
        news.delete()
    else:
        news.by_words_at = at
        news.save(update_fields=["by_words_at"])
    logger.info("percolated", listing=listing.number, found=found)
    return True
