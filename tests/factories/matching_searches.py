import datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from matching.enums import AlertRate
from matching.models import Match, SavedSearch
from matching.services.catch import hold_against_searches
from matching.services.save_search import save_search
from tech_listings.models import ListingMeaning
from tech_listings.search.meaning import MODEL, encode, text_for_meaning
from tests.factories.accounts import UserFactory
from tests.factories.tech_listings import ListingFactory

KST = ZoneInfo("Asia/Seoul")
TUESDAY = datetime.datetime(2026, 3, 10, 15, tzinfo=KST)


def saved_search(query="q=수소", *, by: User | None = None, rate=AlertRate.AT_ONCE, name="", at=TUESDAY) -> SavedSearch:
    """Saved through the service, so that it is compiled as in life."""
    return save_search(query=query, name=name, rate=rate, by=by or UserFactory(), at=at).search


def match_of(search: SavedSearch, *, at=TUESDAY, **fields) -> Match:
    """A match of a technology made for it."""
    listing = fields.pop("listing", None) or ListingFactory()
    given = {"score": 100, "reason": {"words": ["수소"], "of": 1}} | fields
    return Match.objects.create(saved_search=search, listing=listing, found_at=at, **given)


def news(*, at=TUESDAY, **fields):
    """A published technology, held against all saved searches."""
    listing = ListingFactory(**fields)
    hold_against_searches(listing, at)
    return listing


def give_meaning(listing) -> None:
    vector = encode([text_for_meaning(listing)])[0]
    ListingMeaning.objects.filter(listing=listing).update(vector=vector, model=MODEL, due_at=None)
