"""The score of a technology: one table of weights, the same on every page and in the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tech_listings.models import Listing
from tech_listings.quality import PARTS, quality_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.tech_listings import ListingFactory, patent

FULL = {
    "value_ko": "충전 시간을 42분에서 11분으로 줄인다.",
    "effect": "리튬이온 대비 12% 가볍다.",
    "problem": "충전이 오래 걸린다.",
    "summary_ko": "가" * 80,
    "trl": 5,
    "rights": [patent()],
}


def names(listing):
    return [part.name for part in quality_of(listing).missing]


def test_the_weights_make_a_hundred_and_name_fields_of_the_form():
    assert sum(part.weight for part in PARTS) == 100
    assert all(str(part.label) and str(part.why) for part in PARTS)
    assert all(part.field == "rights" or Listing._meta.get_field(part.field) for part in PARTS)


def test_everything_is_a_hundred_and_nothing_is_none():
    assert quality_of(ListingFactory(**FULL)).score == 100
    empty = ListingFactory(draft=True, summary_ko="", field_of_use="", conditions_of_use="", deal_kinds=[])
    assert quality_of(empty).score == 0
    assert quality_of(Listing(title_ko="x")).score == 0


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"value_ko": ""}, ["value"]),
        ({"value_ko": "", "value_en": "Charges in 11 minutes"}, []),
        ({"value_ko": "빠르다", "effect": "가볍다"}, ["number"]),
        ({"value_ko": "CO2를 줄인다", "effect": "H2O만 나온다"}, ["number"]),
        ({"rights": []}, ["rights"]),
        ({"rights": [{"kind": "know_how", "status": "none", "title": "배합"}]}, []),
        ({"summary_ko": "짧다"}, ["summary"]),
        ({"trl": None, "problem": ""}, ["trl", "problem"]),
    ],
)
def test_what_is_missing_heaviest_first(changes, missing):
    assert names(ListingFactory(draft=True, **FULL | changes)) == missing


def test_the_same_score_on_the_list_the_form_and_in_the_api(client):
    member = MembershipFactory(institute=True)
    listing = ListingFactory(draft=True, holder=member.organization, **FULL | {"trl": None})
    sign_in(client, member.user)
    assert "Quality 90 of 100" in client.get(reverse("tech_listings:edit", args=[listing.reference])).text
    assert ">90</td>" in client.get(reverse("tech_listings:mine")).text
    assert client.get("/api/v1/my/listings/").json()["results"][0]["quality"] == 90
    found = client.get(f"/api/v1/my/listings/{listing.public_id}/").json()["quality"]
    assert found["score"] == 90
    assert [part["part"] for part in found["missing"]] == ["trl"]
    assert found["missing"][0]["why"]


def test_nobody_else_reads_the_score(client):
    listing = ListingFactory(**FULL)
    assert "quality" not in client.get(f"/api/v1/listings/{listing.number}/").json()
    assert "Quality" not in client.get(reverse("tech_listings:detail", args=[listing.number])).text


def test_a_list_asks_for_rights_once():
    for serial in range(5):
        ListingFactory(rights=[patent(serial)])
    with CaptureQueriesContext(connection) as asked:
        assert all("rights" not in names(listing) for listing in Listing.objects.with_rights())
    assert len(asked) == 1
