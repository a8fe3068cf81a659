"""Make search documents anew while search goes on: in batches, each a transaction of its own.

A batch replaces whole rows, so whoever searches meanwhile finds a listing by its old document or by its new one.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import structlog
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from tech_listings.models import Listing, ListingDocument, ListingMeaning, SearchState
from tech_listings.search.documents import rewrite_documents
from tech_listings.search.terms import ANALYSER

logger = structlog.get_logger(__name__)

BATCH = 500
OUTDATED = 0
"""No version of the analyser."""


def outdated() -> "Q":
    """The condition for documents that another version of the analyser made."""
    return Q(analyser__lt=ANALYSER) | Q(analyser__gt=ANALYSER)


@transaction.atomic
def rebuild_outdated(*, at: datetime, most: int = BATCH) -> int:
    """Make a batch of outdated documents anew. Returns how many; 0 where none is left that nobody else has."""
    # By the documents, of which an index knows the old ones; the limit counts those that are free.
    old = Listing.objects.filter(pk__in=ListingDocument.objects.filter(outdated()).values("pk"))
    return len(_rewrite(_free(old)[:most], at))


def rebuild_all(
    *, at: datetime, batch: int = BATCH, afresh: bool = False, tell: Callable[[int], object] = lambda done: None
) -> int:
    """Make every document anew, by primary key. An interrupted rebuild goes on where it stopped unless `afresh`.

    Listings that somebody is changing are passed over and had once more in the end. Those that even then are not let go
    in time keep a document that counts as outdated, so the background makes it anew (`rebuild_outdated`), as after an
    interruption. `tell` is told after each batch how many listings it had. Returns how many this call did.
    """
    state, _created = SearchState.objects.get_or_create(pk=1)
    after = 0 if afresh or state.rebuild_from is None else state.rebuild_from
    done, passed_over = 0, list[int]()
    while ids := list(Listing.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:batch]):
        with transaction.atomic():
            made = _rewrite(_free(Listing.objects.filter(pk__in=ids)), at)
            busy = sorted(set(ids) - set(made))
            _count_as_outdated(busy)
            SearchState.objects.filter(pk=1).update(rebuild_from=ids[-1])
        done += len(made)
        passed_over += busy
        after = ids[-1]
        tell(len(ids))
    SearchState.objects.filter(pk=1).update(rebuild_from=None)
    return done + sum(_waiting_for(pk, at) for pk in passed_over)


def _count_as_outdated(ids: Iterable[int]) -> None:
    """A document that is locked as well is being made anew by whoever holds the listing."""
    held = ListingDocument.objects.filter(pk__in=ids).select_for_update(skip_locked=True).order_by("pk")
    ListingDocument.objects.filter(pk__in=list(held.values_list("pk", flat=True))).update(analyser=OUTDATED)


def _waiting_for(listing_id: int, at: datetime) -> bool:
    """Whether the document of a listing was made anew once whoever held it was done; False after `lock_timeout`."""
    try:
        with transaction.atomic():
            return bool(_rewrite(_locked(Listing.objects.filter(pk=listing_id)), at))
    except OperationalError:
        logger.warning("rebuild_passed_over", listing=listing_id)
        return False


def _free(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    return _locked(listings, skip_locked=True)


def _locked(listings: QuerySet[Listing], *, skip_locked: bool = False) -> QuerySet[Listing]:
    """Locked, so that nobody's edit is overtaken by a document of the text before it."""
    rows = listings.select_for_update(of=["self"], no_key=True, skip_locked=skip_locked)
    return rows.select_related("holder").prefetch_related("rights").order_by("pk")


def _rewrite(rows: QuerySet[Listing], at: datetime) -> list[int]:
    """Make the documents of these anew, and meanings due where there are none; which ones."""
    listings = list(rows)
    rewrite_documents(listings)
    missing = [ListingMeaning(listing_id=listing.pk, due_at=at) for listing in listings]
    ListingMeaning.objects.bulk_create(missing, ignore_conflicts=True)
    return [listing.pk for listing in listings]
