"""Make search documents anew while search goes on: in batches, each a transaction of its own.

A batch replaces whole rows, so whoever searches meanwhile finds a listing by its old document or by its new one.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from tech_listings.models import Listing, ListingDocument, ListingMeaning, SearchState
from tech_listings.search.documents import rewrite_documents
from tech_listings.search.terms import ANALYSER

BATCH = 500


def outdated() -> "Q":
    """The condition for documents that another version of the analyser made."""
    return Q(analyser__lt=ANALYSER) | Q(analyser__gt=ANALYSER)


@transaction.atomic
def rebuild_outdated(*, at: datetime, most: int = BATCH) -> int:
    """Make a batch of outdated documents anew. Returns how many; 0 where none is left that nobody else has."""
    old = ListingDocument.objects.filter(outdated()).order_by("pk").values_list("pk", flat=True)[:most]
    return _rewrite(list(old), at)


def rebuild_all(
    *, at: datetime, batch: int = BATCH, afresh: bool = False, tell: Callable[[int], object] = lambda done: None
) -> int:
    """Make every document anew, by primary key. An interrupted rebuild goes on where it stopped unless `afresh`.

    `tell` is told after each batch how many listings it had. Returns how many this call did.
    """
    state, _created = SearchState.objects.get_or_create(pk=1)
    after = 0 if afresh or state.rebuild_from is None else state.rebuild_from
    done = 0
    while ids := list(Listing.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:batch]):
        with transaction.atomic():
            done += _rewrite(ids, at)
            SearchState.objects.filter(pk=1).update(rebuild_from=ids[-1])
        after = ids[-1]
        tell(len(ids))
    SearchState.objects.filter(pk=1).update(rebuild_from=None)
    return done


def _rewrite(ids: Iterable[int], at: datetime) -> int:
    """Lock the listings, so that nobody's edit is overtaken by a document of the text before it."""
    listings = list(
        Listing.objects.filter(pk__in=ids)
        .select_for_update(of=["self"], no_key=True, skip_locked=True)
        .select_related("holder")
        .prefetch_related("rights")
        .order_by("pk")
    )
    rewrite_documents(listings)
    missing = [ListingMeaning(listing_id=listing.pk, due_at=at) for listing in listings]
    ListingMeaning.objects.bulk_create(missing, ignore_conflicts=True)
    return len(listings)
