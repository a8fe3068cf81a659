"""Saved searches of the demo, `searches.json`, with what they found since; days are counted back from the loading."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from accounts.models import User
from matching.models import Match, SavedSearch
from matching.services.catch import searches_catching
from matching.services.compile_search import read_query
from matching.services.keep_search import note_opened
from matching.services.save_search import save_search
from tech_listings.models import Listing

OPENED_BEFORE = timedelta(days=3)


@transaction.atomic
def load(*, at: datetime) -> int:
    """Save what is not there yet. Returns how many are new. Nobody gets mail about what they found long ago."""
    rows = json.loads((Path(__file__).parent / "searches.json").read_text(encoding="utf-8"))
    made: dict[int, SavedSearch] = {}
    for row in rows:
        by = User.objects.get(email=row["by"])
        if SavedSearch.objects.filter(owner=by, query=read_query(row["query"]).query).exists():
            continue
        saved_at = at - timedelta(days=row["days_ago"])
        search = save_search(query=row["query"], name=row["name"], rate=row["rate"], by=by, at=saved_at).search
        made[search.pk] = search
    for listing in Listing.objects.published().order_by("registered_at", "pk") if made else ():
        _hold(listing, made)
    for search in made.values():
        note_opened(search=search, by=search.owner, at=at - OPENED_BEFORE)
    return len(made)


def _hold(listing: Listing, made: dict[int, SavedSearch]) -> None:
    found_at = listing.registered_at
    assert found_at is not None  # listing_public_is_registered_and_offered
    for pk, score, reason in searches_catching(listing):
        if pk in made and found_at > made[pk].opened_at:
            Match.objects.create(
                saved_search_id=pk, listing=listing, score=score, reason=reason, found_at=found_at, is_news=False
            )
