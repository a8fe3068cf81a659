"""The pages: what is typed and refused, what stands there, and that it works without JavaScript and with htmx."""

import csv
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from deals.models import Choice, Forecast
from deals.queries.studio import saved_forecast
from tests.deals.terms.examples import MILLION
from tests.factories.accounts import sign_in
from tests.factories.deals.contracts import member
from tests.factories.deals.studio import OFFERED_AT, SALES, expected, offered, picked, sales_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_day():
    with travel(OFFERED_AT, tick=False):
        yield


@pytest.fixture
def offer():
    return offered()


def as_firm(client, offer):
    by = member(offer.negotiation.firm)
    sign_in(client, by)
    return by


def page_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


FORECAST = {
    "first_sale_on": "2027-03-01", "discount_bp": "8", "years": "3", "show": "base",
    "low_0": "500,000,000", "base_0": "1,000,000,000", "high_0": "2,000,000,000",
    "base_1": "2000000000",
    "base_2": "0",
}  # fmt: skip


# --- comparing ----------------------------------------------------------------------------------------------------


def test_the_studio_begins_with_an_example_that_is_nobodys(client, offer):
    by = as_firm(client, offer)
    response = client.get(reverse("deals:studio", args=[offer.public_id]))
    page = page_of(response)
    assert "An example, to begin with" in page
    assert "Only your organization sees this" in page
    # 100 million once, or 3 %: about as much over five years of 670 million.
    assert page.count('value="670,000,000"') == page.count('name="base_') == 5
    assert page.count('class="cash-chart"') == 3
    assert re.search(r'<details class="more"><summary>Discount rate, low and high sales', page)
    assert "You have entered no forecast; only the ways to pay are kept." in page
    assert Forecast.objects.count() == 0
    chosen = client.post(reverse("deals:choose", args=[offer.public_id]), {
        "option": str(offer.options.get(position=2).public_id), "seen": "",
    })  # fmt: skip
    assert chosen.status_code == 302
    made = Choice.objects.get()
    assert (made.chosen_by, made.inputs, made.result) == (by, {}, {})


def test_low_and_high_are_empty_where_they_are_the_base(client, offer):
    by = as_firm(client, offer)
    address = reverse("deals:studio", args=[offer.public_id])
    same = expected(offer, by=by, sales=sales_of(1_000, 2_000, low=(1_000, 2_000), high=(1_000, 2_000)))
    assert same.sales["low"] == same.sales["base"]
    page = page_of(client.get(address))
    assert re.search(r'name="low_0"(?![^>]*value=)[^>]*>', page)
    assert '<details class="more"><summary>Discount rate, low and high' in page
    client.post(address, FORECAST)
    page = page_of(client.get(address))
    assert 'value="500,000,000"' in page
    assert '<details class="more" open><summary>Discount rate, low and high' in page


def test_saving_shows_each_option_to_the_won(client, offer):
    by = as_firm(client, offer)
    address = reverse("deals:studio", args=[offer.public_id])
    response = client.post(address, FORECAST)
    assert response.url == f"{address}?show=base#comparison"
    row = Forecast.objects.get()
    assert (row.saved_by, row.sales["low"]) == (by, [500 * MILLION, 2_000 * MILLION, 0])
    page = page_of(client.get(f"{address}?show=base"))
    # 10 million, 3 % of 1,000 and of 2,000 million; 8 % a year from 2026 on: 10 + 30/1.08² + 60/1.08³.
    assert "KRW 100,000,000" in page
    assert "KRW 83,350,099" in page
    assert page.count('class="cash-chart"') == 3
    assert "more than “Once” from KRW 3,000,000,051 of sales on" in page
    high = page_of(client.get(f"{address}?show=none"))
    assert "Sales: No sales" in high


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"first_sale_on": ""}, "first_sale_on"),
        ({"first_sale_on": "2026-03-12"}, "first_sale_on"),
        ({"discount_bp": "101"}, "discount_bp"),
        ({"base_0": ""}, "base_0"),
        ({"base_0": "12.5"}, "base_0"),
        ({"low_0": "3,000,000,000"}, "base_0"),
        ({"base_0": "", "low_0": "", "high_0": "", "base_1": "", "base_2": ""}, "base_0"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_saved(client, offer, change, name):
    as_firm(client, offer)
    response = client.post(reverse("deals:studio", args=[offer.public_id]), FORECAST | change)
    assert response.status_code == 422
    assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', page_of(response))
    assert Forecast.objects.count() == 0


def test_more_years_keep_what_is_typed(client, offer):
    as_firm(client, offer)
    response = client.post(reverse("deals:studio", args=[offer.public_id]), FORECAST | {"more": "1"})
    page = page_of(response)
    assert page.count('name="base_') == 8
    assert 'value="1,000,000,000"' in page
    assert 'value="2027-03-01"' in page
    assert Forecast.objects.count() == 0


def test_a_change_is_computed_at_once_with_htmx(client, offer):
    as_firm(client, offer)
    response = client.post(reverse("deals:studio", args=[offer.public_id]), FORECAST, headers={"HX-Request": "true"})
    page = page_of(response)
    assert response.status_code == 200
    assert page.strip().startswith('<section id="comparison"')
    assert "KRW 83,350,099" in page
    assert saved_forecast(offer).base == (1_000 * MILLION, 2_000 * MILLION, 0)
    wrong = client.post(
        reverse("deals:studio", args=[offer.public_id]), FORECAST | {"base_0": "x"}, headers={"HX-Request": "true"}
    )
    assert wrong.status_code == 200
    assert "Not all of it can be read yet" in page_of(wrong)
    assert saved_forecast(offer).base[0] == 1_000 * MILLION


def test_a_forecast_that_time_has_overtaken_says_so(client, offer):
    expected(offer)
    with travel(OFFERED_AT.replace(year=2027, month=3, day=2), tick=False):
        as_firm(client, offer)
        page = page_of(client.get(reverse("deals:studio", args=[offer.public_id])))
        assert "Your first sale has passed" in page
        export = client.get(reverse("deals:studio_export", args=[offer.public_id]))
        assert export.url == reverse("deals:studio", args=[offer.public_id])


def test_the_export_has_what_the_page_shows(client, offer):
    expected(offer)
    as_firm(client, offer)
    response = client.get(reverse("deals:studio_export", args=[offer.public_id]))
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    rows = list(csv.reader(text.splitlines()))
    page = page_of(client.get(reverse("deals:studio", args=[offer.public_id])))
    figures = next(row for row in rows if row[:1] == ["Fee and royalty"])
    assert figures[2] == str(190 * MILLION)
    assert f"KRW {int(figures[3]):,}" in page
    cash = [row for row in rows if row[:2] == ["Swap", "Base"]]
    assert len(cash) == 1
    assert sum(map(int, cash[0][2:-1])) == int(cash[0][-1]) == 220 * MILLION
    assert ["First sale", "2027-03-01"] in rows


# --- choosing -----------------------------------------------------------------------------------------------------


def test_choosing_on_the_page_keeps_what_it_showed(client, offer):
    by = as_firm(client, offer)
    expected(offer, by=by)
    address = reverse("deals:studio", args=[offer.public_id])
    page = client.get(address).content.decode()
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]
    option = offer.options.get(position=3)
    response = client.post(reverse("deals:choose", args=[offer.public_id]), {"option": option.public_id, "seen": seen})
    made = Choice.objects.get()
    assert (made.option, made.chosen_by) == (option, by)
    assert response.url == reverse("deals:choice", args=[made.public_id])
    evidence = page_of(client.get(response.url))
    assert "the same to the won" in evidence
    assert made.evidence_hash in evidence
    assert "You chose “Swap”" in page_of(client.get(address))


def test_a_pick_of_nothing_or_of_another_offer_is_none(client, offer):
    as_firm(client, offer)
    foreign = offered().options.first()
    for data in ({}, {"option": "x"}, {"option": foreign.public_id, "seen": ""}):
        response = client.post(reverse("deals:choose", args=[offer.public_id]), data)
        assert response.url == reverse("deals:studio", args=[offer.public_id])
    assert Choice.objects.count() == 0


def test_numbers_that_changed_since_are_told(client, offer):
    as_firm(client, offer)
    expected(offer)
    option = offer.options.first()
    data = {"option": option.public_id, "seen": "0" * 64}
    assert client.post(reverse("deals:choose", args=[offer.public_id]), data).status_code == 409
    assert Choice.objects.count() == 0


def test_without_a_forecast_the_page_offers_the_choice_all_the_same(client, offer):
    as_firm(client, offer)
    page = page_of(client.get(reverse("deals:studio", args=[offer.public_id])))
    assert 'name="seen" value=""' in page
    made = picked(offer)
    evidence = page_of(client.get(reverse("deals:choice", args=[made.public_id])))
    assert "No forecast had been entered." in evidence


def test_an_offer_that_lapsed_can_be_compared_and_not_chosen(client, offer):
    expected(offer)
    with travel(OFFERED_AT.replace(month=5, day=2), tick=False):
        as_firm(client, offer)
        page = page_of(client.get(reverse("deals:studio", args=[offer.public_id])))
        assert "What each way to pay costs you" in page
        assert 'id="choose"' not in page


# --- for everybody ------------------------------------------------------------------------------------------------


def test_ways_to_pay_have_rates_sources_and_a_count(client):
    page = page_of(client.get(reverse("deals:ways_to_pay")))
    assert "5 % – 8 %" in page
    assert "Fewer than three offers" in page
    for _ in range(3):
        offered()
    page = page_of(client.get(reverse("deals:ways_to_pay")))
    assert "100 %" in page
    assert "Fewer than three" not in page


def test_the_saved_sales_are_those_of_the_examples(offer):
    expected(offer)
    assert saved_forecast(offer) == SALES
    assert timezone.localdate().isoformat() == "2026-03-13"
