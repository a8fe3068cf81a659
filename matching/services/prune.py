"""What nobody will look at again goes after half a year, so that the tables stay as large as what is at work."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from matching.enums import NeedState, SearchState
from matching.models import Alerted, Match, NeedAnswer
from tech_listings.enums import ListingState

KEPT = timedelta(days=180)
TOLD_KEPT = timedelta(days=365)
"""A technology is told to a person once; a year later another search may tell it again."""

AT_ONE_GO = 50_000


def prune(*, at: datetime, most: int = AT_ONE_GO) -> int:
    """Delete what is past its time, at most `most` rows of each kind; the next round goes on. How many matches went."""
    gone = silent_matches(at).order_by("pk").values("pk")[:most]
    deleted, _by_model = Match.objects.filter(pk__in=gone).delete()
    told = Alerted.objects.filter(at__lte=at - TOLD_KEPT).order_by("at").values("pk")[:most]
    Alerted.objects.filter(pk__in=told).delete()
    return deleted


def silent_matches(at: datetime) -> QuerySet[Match]:
    """Matches of needs closed, searches at rest, technologies gone from the market for `KEPT`: told, or never to be.

    What somebody judged, or answered with, is kept: it says how the matching did.
    """
    since = at - KEPT
    over = Q(need__state=NeedState.CLOSED, need__closed_at__lte=since)
    over |= Q(saved_search__state=SearchState.PAUSED, saved_search__paused_at__lte=since)
    over |= Q(listing__state=ListingState.WITHDRAWN, listing__withdrawn_at__lte=since)
    over |= Q(listing__state=ListingState.CLOSED, listing__closed_at__lte=since)
    answered = NeedAnswer.objects.filter(need=OuterRef("need"), listing=OuterRef("listing"))
    return Match.objects.filter(over, ~Exists(answered), why_not="", found_at__lte=since)
