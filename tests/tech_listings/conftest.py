import pytest
from django.utils import timezone

from tech_listings.services.refresh_words import refresh_words
from tests.factories.tech_listings import ListingFactory


@pytest.fixture
def hydrogen():
    listings = [
        ListingFactory(title_ko="수소를 저장하는 합금", title_en="Hydrogen storage alloy", keywords=["수소 저장"]),
        ListingFactory(title_ko="수소차 충전 장치", title_en="Charger for vehicles", keywords=["OLED"]),
        ListingFactory(
            title_ko="연료전지 분리판", title_en="Battery separators", keywords=["solid electrolyte", "储氢", "OLED"]
        ),
    ]
    refresh_words(at=timezone.now())
    return listings
