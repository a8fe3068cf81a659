"""A technology that fits the need of the factory, one that does not, and what was found."""

from django.utils import timezone

from matching.models import Match
from notifications.models import Notification
from tech_listings.models import ListingMeaning
from tech_listings.search import meaning

FITS = {
    "title_ko": "수소 저장 합금의 반응 속도 향상",
    "summary_ko": "수소를 저장하는 합금 분말의 표면을 처리해 반응 속도를 높인다.",
}
OTHER = {"title_ko": "김치 유산균 종균", "summary_ko": "가스를 적게 내는 유산균으로 수출용 김치를 담근다."}


def with_meaning(listing):
    """What the worker writes (`services.embed`)."""
    vector = meaning.encode([meaning.text_for_meaning(listing)])[0]
    ListingMeaning.objects.filter(listing=listing).update(vector=vector, model=meaning.MODEL, due_at=None)
    return listing


def matches():
    return {(m.need_id, m.listing_id): (m.score, m.reason) for m in Match.objects.all()}


def now():
    return timezone.now()


def told():
    return sorted(Notification.objects.filter(kind="need_fits").values_list("params__number", "recipient"))
