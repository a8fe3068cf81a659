"""Programs do what pages do, and are told which field is wrong."""

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from deals.models import Offer
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import TODAY
from tests.factories.brokers.mandates import in_force
from tests.factories.deals.negotiation import DAY, LUMP, RUNNING, offered, opened, staff_of
from tests.factories.deals.requests import TransferRequestFactory

pytestmark = pytest.mark.django_db
ROWS = {
    "kind": ["lump_sum", "initial_running"],
    "o0-template": "lump_sum", "o0-title": "Once", "o0-upfront_won": "20,000,000",
    "o1-template": "initial_running", "o1-title": "By sales", "o1-upfront_won": "4,000,000", "o1-running_bp": "3",
    "o1-statement_due_months": "3", "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + 20 * DAY),
}  # fmt: skip


def step(words):
    milestone = {"key": "a", "words": words, "won": 1, "month": 1}
    return RUNNING.to_json() | {"milestones": [milestone]}


TOO_MUCH = RUNNING.to_json() | {"running_bp": 20_000}


def page(name, *args):
    return reverse(f"deals:{name}", args=args)


def test_programs_begin_speak_offer_and_agree(at_now):
    request = TransferRequestFactory(talk=True)
    holder, firm = staff_of(request.holder), MembershipFactory(organization=request.requester, manager=True).user
    seller, buyer = api_of(holder), api_of(firm)
    listed = reverse("deals-api:negotiations")
    begun = seller.post(listed, {"request": str(request.public_id), "text": "Hello"}, format="json")
    assert begun.status_code == 201
    assert seller.post(listed, {"request": str(request.public_id)}, format="json").status_code == 200
    key = begun.json()["id"]
    entries = reverse("deals-api:negotiation-entries", args=[key])
    head = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    asked = buyer.post(entries, {"kind": "question", "text": "How long?"}, format="json", **head)
    again = buyer.post(entries, {"kind": "question", "text": "How long?"}, format="json", **head)
    assert (asked.status_code, again.status_code) == (201, 200)
    other = buyer.post(entries, {"kind": "question", "text": "How wide?"}, format="json", **head)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    serial = asked.json()["serial"]
    got = seller.post(entries, {"kind": "answer", "text": "An hour", "reply_to": serial}, format="json")
    assert got.json()["reply_to"] == serial
    body = {
        "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + DAY),
        "options": [{"title": "Once", "terms": LUMP.to_json()}, {"terms": RUNNING.to_json()}],
    }  # fmt: skip
    offers = reverse("deals-api:negotiation-offers", args=[key])
    made = seller.post(offers, body, format="json")
    assert made.status_code == 201, made.text
    assert [option["title"] for option in made.json()["options"]] == ["Once", "Running royalty"]
    less = RUNNING.to_json() | {"running_bp": 250}
    counter = buyer.post(
        offers, body | {"options": [{"terms": less}], "counter_to": made.json()["id"]}, format="json"
    ).json()
    assert {(row["label"], row["before"], row["after"]) for row in counter["differences"]} >= {
        ("Running royalty", "3 % of net sales", "2.5 % of net sales")
    }
    manager = api_of(MembershipFactory(organization=request.holder, manager=True).user)
    accepted = manager.post(
        reverse("deals-api:negotiation-offer-accept", args=[key, counter["id"]]),
        {"option": counter["options"][0]["id"]}, format="json",
    )  # fmt: skip
    assert accepted.json()["state"] == "accepted"
    shown = buyer.get(reverse("deals-api:negotiation", args=[key])).json()
    assert (shown["state"], shown["turn"], [each["state"] for each in shown["offers"]]) == (
        "agreed", "", ["accepted", "countered"],
    )  # fmt: skip
    assert [each["kind"] for each in shown["thread"]] == [
        "opened", "question", "answer", "offered", "countered", "accepted",
    ]  # fmt: skip
    reopened = manager.post(reverse("deals-api:negotiation-reopen", args=[key]), {"text": "Not yet"}, format="json")
    assert reopened.json()["state"] == "open"
    stale = {"outcome": "price", "seen_revision": 1}
    closing = reverse("deals-api:negotiation-close", args=[key])
    assert manager.post(closing, stale, format="json").json()["code"] == "changed_meanwhile"
    assert manager.post(closing, {"outcome": "price"}, format="json").json()["outcome"] == "price"


@pytest.mark.parametrize(("body", "field"), [
    ({"options": [{"terms": {"version": 1}}, {"terms": RUNNING.to_json()}]}, "options.0.method"),
    ({"options": [{"terms": "x"}, {"terms": RUNNING.to_json()}]}, "options.0.terms"),
    ({"counter_to": str(uuid4())}, "counter_to"),
    ({"options": [{"terms": TOO_MUCH}, {"terms": LUMP.to_json()}]}, "options.0.running_bp"),
    *[
        ({"options": [{"terms": LUMP.to_json()}, {"terms": step(words)}]}, "options.1.milestones.0.words")
        for words in ("a\x00b", "a\ud800b")
    ],
    ({"options": [{"terms": LUMP.to_json() | {"method": "\ud800"}}, {"terms": LUMP.to_json()}]}, "options.0.method"),
    ({"options": [{"title": "\ud800", "terms": LUMP.to_json()}, {"terms": RUNNING.to_json()}]}, "options.0.title"),
])  # fmt: skip
def test_programs_are_told_which_field_is_wrong(at_now, body, field):
    found = opened()
    base = {
        "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + DAY),
        "options": [{"terms": LUMP.to_json()}, {"terms": RUNNING.to_json()}],
    }  # fmt: skip
    url = reverse("deals-api:negotiation-offers", args=[found.public_id])
    got = api_of(staff_of(found.holder)).post(url, json.dumps(base | body), content_type="application/json")
    assert got.status_code == 400
    assert got.json()["errors"][0]["field"] == field
    assert not Offer.objects.exists()


@pytest.mark.parametrize("body", [{}, {"request": str(uuid4()), "need_answer": str(uuid4())}])
def test_programs_name_one_thing_to_begin_from(at_now, body):
    got = api_of(MembershipFactory().user).post(reverse("deals-api:negotiations"), body, format="json")
    assert got.status_code == 400
    missing = api_of(MembershipFactory().user).post(
        reverse("deals-api:negotiations"), {"request": str(uuid4())}, format="json"
    )
    assert missing.status_code == 404


def test_programs_bring_a_broker_in_and_let_it_go(at_now):
    found = opened()
    mandate = in_force(client=found.firm)
    api = api_of(staff_of(found.firm))
    brokers = reverse("deals-api:negotiation-brokers", args=[found.public_id])
    assert api.post(brokers, {"mandate": str(uuid4())}, format="json").status_code == 400
    got = api.post(brokers, {"mandate": str(mandate.public_id)}, format="json")
    part = got.json()["brokers"][0]
    assert part["side"] == "firm"
    gone = reverse("deals-api:negotiation-broker-leave", args=[found.public_id, part["id"]])
    assert api.post(gone, {}, format="json").status_code == 204
    assert api.get(reverse("deals-api:negotiation", args=[found.public_id])).json()["brokers"] == []


def test_the_offer_of_the_other_side_cannot_be_withdrawn_or_answered_twice(at_now):
    offer = offered()
    key, public_id = offer.negotiation.public_id, offer.public_id
    firm = api_of(staff_of(offer.negotiation.firm))
    declining = reverse("deals-api:negotiation-offer-decline", args=[key, public_id])
    assert firm.post(declining, {"text": "No"}, format="json").json()["state"] == "declined"
    colleague = api_of(MembershipFactory(organization=offer.negotiation.firm).user)
    assert colleague.post(declining, {"text": "No"}, format="json").status_code == 409
    wrong = reverse("deals-api:negotiation-offer", args=[uuid4(), public_id])
    assert firm.get(wrong).status_code == 404
