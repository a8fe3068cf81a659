"""Comparing and choosing by API; the same figures, refusals and secrecy as on the pages."""

import pytest
from time_machine import travel

from accounts.enums import Role
from deals.models import Choice, Forecast
from deals.queries.studio import saved_forecast
from tests.deals.requests.conftest import api_of
from tests.deals.terms.examples import MILLION
from tests.factories.deals.contracts import member
from tests.factories.deals.studio import OFFERED_AT, SALES, expected, offered, picked

pytestmark = pytest.mark.django_db

BODY = {
    "first_sale_on": "2027-03-01",
    "discount_bp": 800,
    "low": [500_000_000, 1_000_000_000],
    "base": [1_000_000_000, 2_000_000_000],
    "high": [2_000_000_000, 4_000_000_000],
}


@pytest.fixture(autouse=True)
def on_the_day():
    with travel(OFFERED_AT, tick=False):
        yield


@pytest.fixture
def offer():
    return offered()


@pytest.fixture
def api(offer):
    return api_of(member(offer.negotiation.firm))


def at(offer, what):
    return f"/api/v1/offers/{offer.public_id}/{what}/"


def test_a_comparison_has_every_figure_and_stores_nothing(api, offer):
    answer = api.post(at(offer, "compare"), BODY, format="json")
    assert answer.status_code == 200, answer.json()
    found = answer.json()
    assert found["signed_on"] == "2026-03-13"
    assert found["years"] == [2026, 2027, 2028, 2029]
    running = found["options"][1]
    assert (running["title"], running["method"]) == ("Fee and royalty", "running")
    assert running["cases"]["base"] == {
        "cash_won": [10 * MILLION, 0, 30 * MILLION, 60 * MILLION],
        "total_won": 100 * MILLION,
        "present_value_won": 83_350_099,
        "before_first_sale_won": 10 * MILLION,
        "before_first_sale_bp": 1_000,
    }
    assert running["worst_won"] == running["cases"]["none"]["total_won"] == 10 * MILLION
    lump = found["options"][0]["key"]
    assert running["break_even_won"][lump] == 3_000_000_051
    assert Forecast.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_sale_on": "2026-03-12"}, "first_sale_on"),
        ({"discount_bp": 10_001}, "discount_bp"),
        ({"low": [1]}, "low"),
        ({"base": [1, 2]}, "base.0"),
        ({"base": [1.5, 2]}, "base"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_names_its_field(api, offer, change, field):
    for send in (api.post, api.put):
        what = "compare" if send == api.post else "forecast"
        answer = send(at(offer, what), BODY | change, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"].startswith(field)
    assert Forecast.objects.count() == 0


def test_a_forecast_is_saved_and_read_again(api, offer):
    assert api.get(at(offer, "forecast")).status_code == 404
    assert api.put(at(offer, "forecast"), BODY, format="json").status_code == 200
    assert api.get(at(offer, "forecast")).json() == BODY
    assert saved_forecast(offer).base == (1_000 * MILLION, 2_000 * MILLION)


def test_a_choice_by_api_is_evidence_and_twice_is_once(api, offer):
    api.put(at(offer, "forecast"), BODY, format="json")
    digest = api.post(at(offer, "compare"), BODY, format="json").json()["digest"]
    option = offer.options.get(position=2)
    body = {"option": str(option.public_id), "seen": digest}
    made = api.post(at(offer, "choose"), body, format="json")
    assert made.status_code == 200
    assert made.json()["is_intact"] is True
    assert made.json()["inputs"]["forecast"]["base"] == BODY["base"]
    assert api.post(at(offer, "choose"), body, format="json").json() == made.json()
    assert Choice.objects.count() == 1
    listed = api.get(at(offer, "choices")).json()["results"]
    assert [each["id"] for each in listed] == [made.json()["id"]]


def test_what_cannot_be_chosen(api, offer):
    foreign = offered().options.first()
    assert api.post(at(offer, "choose"), {"option": str(foreign.public_id)}, format="json").status_code == 400
    assert api.post(at(offer, "choose"), {"option": "x"}, format="json").status_code == 400
    option = {"option": str(offer.options.first().public_id), "seen": "0" * 64}
    assert api.post(at(offer, "choose"), option, format="json").status_code == 409
    assert Choice.objects.count() == 0


def test_a_viewer_looks_and_neither_saves_nor_chooses(offer):
    expected(offer)
    viewer = api_of(member(offer.negotiation.firm, role=Role.VIEWER))
    assert viewer.get(at(offer, "forecast")).status_code == 200
    assert viewer.put(at(offer, "forecast"), BODY, format="json").status_code == 403
    option = {"option": str(offer.options.first().public_id)}
    assert viewer.post(at(offer, "choose"), option, format="json").status_code == 403
    assert Choice.objects.count() == 0
    assert saved_forecast(offer) == SALES


def test_usual_rates_are_public_and_few_offers_are_not_counted(offer):
    anonymous = api_of(None)
    found = anonymous.get("/api/v1/royalty-rates/").json()
    assert [each["low_bp"] for each in found["bands"] if each["key"] == "software"] == [500]
    assert len(found["sources"]) == 5
    assert found["offers_of_institutes"] is None
    for _ in range(2):
        offered()
    counted = anonymous.get("/api/v1/royalty-rates/").json()["offers_of_institutes"]
    assert counted == {"offers": 3, "with_running": 3, "with_reason": 0}


def test_only_the_firm_finds_any_of_it(offer):
    expected(offer)
    picked(offer)
    holder = api_of(member(offer.negotiation.holder))
    for what in ("forecast", "choices"):
        assert holder.get(at(offer, what)).status_code == 404
    assert holder.post(at(offer, "compare"), BODY, format="json").status_code == 404
    assert holder.put(at(offer, "forecast"), BODY, format="json").status_code == 404
