"""The API: schedules, a public calculation, quotes."""

import uuid

import pytest
from django.urls import reverse

from brokers.models import FeeSchedule, Quote
from tests.brokers.conftest import api_of
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import broker_user, guideline, organization_of, quoted, shipped

pytestmark = pytest.mark.usefixtures("at_now")
CALCULATE = "/api/v1/fees/quote/"
QUOTES = "/api/v1/fees/quotes/"


def fields(answer):
    return {error["field"] for error in answer.json()["errors"]}


def test_versions_are_public_and_say_which_is_in_force():
    tables, found = shipped(), guideline()
    rows = api_of(None).get("/api/v1/fees/schedules/").json()["results"]
    assert {row["id"]: row["is_in_force"] for row in rows} == {
        str(found.public_id): True, str(tables["lehman"].public_id): False, str(tables["plan-2001"].public_id): False,
    }  # fmt: skip
    one = api_of(None).get(f"/api/v1/fees/schedules/{tables['lehman'].public_id}/").json()
    assert one["tiers"][0] == {"from_won": 0, "to_won": 1_000_000, "rate_bp": 500}
    assert one["tiers"][-1] == {"from_won": 4_000_000, "to_won": None, "rate_bp": 100}
    assert one["is_assumption"] is True
    assert api_of(None).get("/api/v1/fees/schedules/?moon=1").status_code == 400


def test_a_calculation_for_everybody_that_stores_nothing():
    lehman = shipped()["lehman"]
    body = {"value_won": 12_000_000, "schedule": str(lehman.public_id), "shares_bp": [3334, 3333, 3333]}
    made = api_of(None).post(CALCULATE, body, format="json")
    assert made.status_code == 200
    answer = made.json()
    assert (answer["guideline_won"], answer["total_won"], answer["is_inside"]) == (220_000, 220_000, True)
    assert [line["amount_won"] for line in answer["lines"]] == [50_000, 40_000, 30_000, 20_000, 80_000]
    assert answer["lines"][0]["text"] == "5 % of KRW 1,000,000, the part up to KRW 1,000,000"
    assert sum(portion["net_won"] for portion in answer["brokers"]) == 220_000
    assert Quote.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "value_won"),
        ({"value_won": 0}, "value_won"),
        ({"value_won": "123.6"}, "value_won"),
        ({"value_won": 1.5}, "value_won"),
        ({"value_won": 10**15}, "value_won"),
        ({"value_won": 5, "fee_won": -1}, "fee_won"),
        ({"value_won": 5, "shares_bp": [5000]}, "shares_bp"),
        ({"value_won": 5, "shares_bp": [1000] * 11}, "shares_bp"),
        ({"value_won": 5, "schedule": str(uuid.uuid4())}, "schedule"),
        ({"value_won": 5, "fee": 7}, "fee"),
    ],
)
def test_what_cannot_be_computed_names_its_field(body, field):
    guideline()
    answer = api_of(None).post(CALCULATE, body, format="json")
    assert answer.status_code == 400
    assert {name.split(".")[0] for name in fields(answer)} == {field}


def test_drafts_are_not_computed_with_and_without_a_guideline_one_is_named():
    hidden = shipped()["officers-draft"]
    answer = api_of(None).post(CALCULATE, {"value_won": 5, "schedule": str(hidden.public_id)}, format="json")
    assert (answer.status_code, fields(answer)) == (400, {"schedule"})
    answer = api_of(None).post(CALCULATE, {"value_won": 5}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_guideline")


def test_quoted_once_per_key_and_read_back():
    by, client, fellow = broker_user(), OrganizationFactory(), OrganizationFactory(broker=True)
    found = guideline()
    body = {
        "client": str(client.public_id), "subject": "Valve", "value_won": 20_000_000, "schedule": str(found.public_id),
        "brokers": [
            {"organization": str(organization_of(by).public_id), "share_bp": 6_000},
            {"organization": str(fellow.public_id), "share_bp": 4_000},
        ],
    }  # fmt: skip
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    api = api_of(by)
    first, again = (api.post(QUOTES, body, format="json", **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert {share["net_won"] for share in first.json()["shares"]} == {480_000, 320_000}
    other = api.post(QUOTES, body | {"value_won": 5}, format="json", **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert api.get(QUOTES).json()["count"] == 1
    assert api.get(f"{QUOTES}?state=accepted").json()["count"] == 0
    assert api.get(f"{QUOTES}?moon=1").status_code == 400


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client": str(uuid.uuid4())}, "client"),
        ({"schedule": str(uuid.uuid4())}, "schedule"),
        ({"brokers": [{"organization": str(uuid.uuid4()), "share_bp": 10_000}]}, "brokers"),
        ({"subject": ""}, "subject"),
        ({"fee_won": 1.5}, "fee_won"),
        ({"price": 5}, "price"),
    ],
)
def test_what_cannot_be_quoted_names_its_field(changes, field):
    by, client = broker_user(), OrganizationFactory()
    guideline()
    body = {"client": str(client.public_id), "subject": "Valve", "value_won": 20_000_000}
    answer = api_of(by).post(QUOTES, body | changes, format="json")
    assert answer.status_code == 400
    assert {name.split(".")[0] for name in fields(answer)} == {field}
    assert Quote.objects.count() == 0


@pytest.mark.parametrize(
    ("action", "body"),
    [("accept", {"x": 1}), ("decline", {"x": 1}), ("take-back", {"x": 1}), ("ask", {"reason": "x", "x": 1})],
)
def test_a_field_nobody_knows_changes_nothing(sides, action, body):
    who = "client_manager" if action in {"accept", "decline"} else "broker_staff"
    quote = sides.outside if action == "ask" else sides.offered
    answer = api_of(sides.people[who]).post(f"{QUOTES}{quote.public_id}/{action}/", body, format="json")
    assert (answer.status_code, fields(answer)) == (400, {"x"})
    assert Quote.objects.get(pk=quote.pk).state == quote.state


def test_in_a_state_that_does_not_allow_it_the_answer_is_409(sides):
    found = quoted(subject="Fourth", client=sides.client)
    api = api_of(sides.people["client_manager"])
    url = reverse("brokers-api:accept", args=[found.public_id])
    assert api.post(url, {}, format="json").json()["state"] == "accepted"
    again = api.post(url, {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not_possible_now")
    assert FeeSchedule.objects.in_force_on(found.quoted_at.date()).count() == 1
