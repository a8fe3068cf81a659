"""Programs set a receipt aside, take it up, note what went back, and take it off an invoice; each once under a key."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from royalties.models import Allocation, Posting, Receipt
from royalties.services.income.agree import disagreements
from tests.brokers.conftest import api_of
from tests.factories.royalties.income import MILLION, NOW, TODAY, concluded, invoiced, manager, paid, received, staff
from tests.royalties.income.test_api import post


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Receipt, Allocation, Posting)]


def test_a_receipt_is_set_aside_and_taken_up_once():
    receipt = received(concluded().holder, 3 * MILLION)
    api, keys = api_of(staff(receipt.holder)), (uuid4(), uuid4())
    assert post(api, "receipt-aside", receipt, {}).json()["errors"][0]["field"] == "reason"
    for _ in range(2):
        answer = post(api, "receipt-aside", receipt, {"reason": "a deposit"}, key=keys[0])
        assert (answer.status_code, answer.json()["state"]) == (200, "aside")
    reused = post(api, "receipt-aside", receipt, {"reason": "rent"}, key=keys[0])
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    for _ in range(2):
        answer = post(api, "receipt-take-up", receipt, key=keys[1])
        assert (answer.status_code, answer.json()["state"]) == (200, "open")
    assert post(api, "receipt-take-up", receipt).status_code == 409
    # What was sent again is answered and not done again: it stays open.
    assert post(api, "receipt-aside", receipt, {"reason": "a deposit"}, key=keys[0]).json()["state"] == "aside"
    assert Receipt.objects.get().state == "open"


def test_what_goes_back_is_noted_once_and_needs_its_key():
    receipt = received(concluded().holder, 3 * MILLION)
    api, key, body = api_of(staff(receipt.holder)), uuid4(), {"amount_won": MILLION, "reason": "paid twice"}
    before = rows()
    without = post(api, "receipt-pay-back", receipt, body)
    assert (without.status_code, without.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert post(api, "receipt-pay-back", receipt, body | {"amount_won": 4 * MILLION}, key=uuid4()).status_code == 409
    assert rows() == before
    for _ in range(2):
        answer = post(api, "receipt-pay-back", receipt, body, key=key)
        assert (answer.status_code, answer.json()["returned_won"]) == (200, MILLION)
    assert post(api, "receipt-pay-back", receipt, body | {"amount_won": 1}, key=key).status_code == 409
    assert (Receipt.objects.get().returned_won, list(disagreements())) == (MILLION, [])


def test_an_assignment_is_taken_off_once():
    part = paid(invoiced(), 11 * MILLION)
    api, key = api_of(staff(part.receipt.holder)), uuid4()
    listed = api.get(reverse("royalties-api:receipt", args=[part.receipt.public_id])).json()["parts"]
    assert [each["id"] for each in listed] == [str(part.public_id)]
    assert post(api, "assignment-undo", part, {}).json()["errors"][0]["field"] == "reason"
    for _ in range(2):
        answer = post(api, "assignment-undo", part, {"reason": "another firm"}, key=key)
        assert (answer.status_code, answer.json()["open_won"]) == (200, 11 * MILLION)
        assert answer.json()["parts"][0]["undone_at"] is not None
    assert post(api, "assignment-undo", part, {"reason": "another firm"}).status_code == 409
    assert list(disagreements()) == []


def test_money_that_came_in_is_written_and_assigned_under_a_key():
    invoice = invoiced()
    api, before = api_of(staff(invoice.contract.holder)), rows()
    body = {"booked_on": str(TODAY), "amount_won": MILLION, "payer": "Pureunsol"}
    refused = [post(api, "receipts", body=body)]
    receipt = received(invoice.contract.holder, MILLION)
    refused.append(post(api, "receipt-assign", receipt, {"invoice": str(invoice.public_id)}))
    assert [answer.status_code for answer in refused] == [400, 400]
    assert {answer.json()["errors"][0]["field"] for answer in refused} == {"Idempotency-Key"}
    receipt.refresh_from_db()
    assert (before[0], receipt.allocated_won, Allocation.objects.exists()) == ([], 0, False)


#   aside, take up, pay back, undo
ACTS = {
    "anonymous": (401,) * 4,
    "firm": (404, 404, 404, 403),
    "other": (404,) * 4,
    "staff": (200, 200, 200, 200),
}


@pytest.mark.parametrize("who", ACTS)
def test_who_may(who):
    part = paid(invoiced(), 11 * MILLION)
    contract = part.invoice.contract
    receipt = received(contract.holder, 3 * MILLION)
    people = {
        "anonymous": lambda: None,
        "firm": lambda: manager(contract.firm),
        "other": lambda: manager(concluded().holder),
        "staff": lambda: staff(contract.holder),
    }
    api = api_of(people[who]())
    acts = (
        ("receipt-aside", receipt, {"reason": "x"}),
        ("receipt-take-up", receipt, {}),
        ("receipt-pay-back", receipt, {"reason": "x", "amount_won": 1}),
        ("assignment-undo", part, {"reason": "x"}),
    )
    before = rows()
    got = tuple(post(api, name, thing, body, key=uuid4()).status_code for name, thing, body in acts)
    assert (got, rows() != before) == (ACTS[who], who == "staff")
