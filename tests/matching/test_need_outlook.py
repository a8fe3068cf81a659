"""Before a need is posted, and on its receipt: that mail will come, and about how many technologies a month."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from matching.models import Match, Need
from matching.services import match_need as module
from matching.services.match_need import listings_lately, match_need, of_listing
from tech_listings.models import Listing, ListingMeaning
from tech_listings.search import meaning
from tests.factories.accounts import sign_in
from tests.factories.matching import NeedFactory
from tests.factories.tech_listings import REGISTERED, ListingFactory
from tests.matching.test_need_post import typed

FITS = {"title_ko": "수소 저장 합금의 반응 속도 향상", "summary_ko": "수소를 저장하는 합금의 반응 속도를 높인다."}
OTHER = {"title_ko": "김치 유산균 종균", "summary_ko": "가스를 적게 내는 유산균으로 김치를 담근다."}
WORDS = {"title": "수소 저장 합금", "problem": "수소를 저장하는 합금의 반응 속도가 느리다."}
DAY = datetime.timedelta(days=1)


def lately(world, at=REGISTERED + DAY):
    return listings_lately(**WORDS, organization=world.firm, at=at)


def made(**given):
    listing = ListingFactory(**given)
    vector = meaning.encode([meaning.text_for_meaning(listing)])[0]
    ListingMeaning.objects.filter(listing=listing).update(vector=vector, model=meaning.MODEL, due_at=None)
    return listing


def test_counts_what_was_published_in_the_last_30_days_and_would_match(world):
    before = lately(world)
    made(**FITS)
    made(**FITS)
    made(**OTHER)
    made(**FITS, holder=world.firm)  # its own it knows
    made(**FITS, withdrawn=True)
    assert (before, lately(world)) == (1, 3)
    assert lately(world, at=REGISTERED + 31 * DAY) == 0


def test_it_is_the_score_that_a_posted_need_gets_in_both_directions(world):
    for n in range(4):
        made(title_ko=f"{FITS['title_ko']} {n}", summary_ko=FITS["summary_ko"] * n)
        made(title_ko=f"합금 {n}", summary_ko=OTHER["summary_ko"])
    expected = lately(world)
    need = NeedFactory(organization=world.firm, **WORDS)
    match_need(need_id=need.pk, at=REGISTERED + DAY)
    there = [pair for listing in Listing.objects.order_by("pk") for pair in of_listing(listing)]
    assert expected == Match.objects.filter(need=need).count() == len(there) > 1


def test_is_bounded_and_writes_nothing(world, monkeypatch):
    for _n in range(5):
        made(**FITS)
    monkeypatch.setattr(module, "LOOKED_AT", 3)
    with CaptureQueriesContext(connection) as asked:
        assert lately(world) == 3
    assert not [q["sql"] for q in asked if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not Need.objects.exists()


@pytest.mark.parametrize(("rate", "says"), [("weekly", True), ("off", False)])
def test_the_check_page_and_the_receipt_say_it(client, world, rate, says):
    for _n in range(2):
        made(**FITS, registered_at=timezone.now() - DAY)
    sign_in(client, world.firm_staff)
    url, given = reverse("matching:need_create"), typed(world, rate=rate, **WORDS)
    check = client.post(url, given | {"step": "check"})
    posted = client.post(url, given | {"step": "post"}, follow=True)
    for page in (check, posted):
        assert page.status_code == 200
        assert ("Mail will come" in page.text) is says
        assert ("about 2 a month" in page.text) is says
    assert Need.objects.get().rate == rate


def test_as_many_as_are_looked_at_are_said_to_be_more(client, world, monkeypatch):
    made(**FITS, registered_at=timezone.now() - DAY)
    monkeypatch.setattr("matching.views.needs.LOOKED_AT", 1)
    sign_in(client, world.firm_staff)
    check = client.post(reverse("matching:need_create"), typed(world, **WORDS) | {"step": "check"})
    assert "about 1+ a month" in check.text
