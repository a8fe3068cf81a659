"""Programs ask, cancel, enter, assign, share and book as pages do; what is sent twice is done once."""

import json
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from royalties.models import Allocation, BankFile, BankRow, Distribution, Invoice, Receipt, SharePlan
from royalties.services.income.agree import disagreements
from tests.brokers.conftest import api_of
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    SHARES,
    TODAY,
    concluded,
    due,
    invoiced,
    manager,
    paid,
    planned,
    received,
    rules,
    shared,
    staff,
)


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def post(api, name, thing=None, body=None, key=None, **also):
    headers = {"HTTP_IDEMPOTENCY_KEY": str(key)} if key else {}
    url = reverse(f"royalties-api:{name}", args=[thing.public_id] if thing else [])
    return api.post(url, body or {}, **{"format": "json"} | also, **headers)


def test_an_invoice_is_asked_for_once_and_its_key_finds_it_also_when_it_was_cancelled():
    line = due()
    api, key = api_of(staff(line.contract.holder)), uuid4()
    body = {"due": str(line.public_id), "text": "x"}

    first = post(api, "invoices", body=body, key=key)
    again = post(api, "invoices", body=body, key=key)
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
    assert first.json()["total_won"] == 110 * MILLION

    other = due(line.contract, key="second")
    reused = post(api, "invoices", body={"due": str(other.public_id)}, key=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")

    invoice = Invoice.objects.get()
    cancelled = [post(api, "invoice-cancel", invoice, {"reason": "wrong sum"}) for _ in range(2)]
    assert [answer.status_code for answer in cancelled] == [200, 200]
    assert cancelled[1].json()["state"] == "cancelled"
    assert post(api, "invoice-cancel", invoice, {"reason": "another"}).status_code == 409

    # The first answer again, not a second invoice; without the key the line is asked for anew.
    assert post(api, "invoices", body=body, key=key).json()["state"] == "cancelled"
    assert Invoice.objects.count() == 1
    assert post(api, "invoices", body=body).status_code == 201


def test_what_is_wrong_with_an_invoice_is_said_and_nothing_is_written():
    line = due()
    api = api_of(staff(line.contract.holder))
    assert post(api, "invoices", body={"due": str(uuid4())}).json()["errors"][0]["field"] == "due"
    late = post(api, "invoices", body={"due": str(line.public_id), "pay_by": "2026-01-01"})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (400, "pay_by")
    assert post(api, "invoices", body={"due": str(line.public_id)}, key="x").status_code == 400
    firm = api_of(staff(line.contract.firm))
    assert post(firm, "invoices", body={"due": str(line.public_id)}).status_code == 403
    assert not Invoice.objects.exists()


def test_a_receipt_is_entered_once_and_put_to_an_invoice_once():
    invoice = invoiced()
    api, key = api_of(staff(invoice.contract.holder)), uuid4()
    body = {"booked_on": str(TODAY), "amount_won": 30 * MILLION, "payer": "Pureunsol"}
    answers = [post(api, "receipts", body=body, key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert post(api, "receipts", body=body | {"payer": "Other"}, key=key).status_code == 409
    receipt, assigning = Receipt.objects.get(), uuid4()

    part = {"invoice": str(invoice.public_id), "amount_won": 11 * MILLION}
    for _ in range(2):
        done = post(api, "receipt-assign", receipt, part, key=assigning)
        assert (done.status_code, done.json()["open_won"]) == (200, 19 * MILLION)
    reused = post(api, "receipt-assign", receipt, part | {"amount_won": 1}, key=assigning)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    assert Allocation.objects.count() == 1
    # Another key is another part; nothing more than the receipt has.
    assert post(api, "receipt-assign", receipt, part, key=uuid4()).json()["open_won"] == 8 * MILLION
    assert post(api, "receipt-assign", receipt, part, key=uuid4()).status_code == 409
    assert (Allocation.objects.count(), list(disagreements())) == (2, [])


PEOPLE = [
    {"pot": "researchers", "name": "Kim Haneul", "email": "haneul@example.org", "share_bp": 10_000},
    {"pot": "contributors", "name": "Park Sol", "email": "sol@example.org", "share_bp": 10_000},
]


LONG_EMAIL = "a" * 60 + "@" + ".".join(["b" * 60] * 3) + ".example.org"  # 255 characters


def test_a_plan_is_written_seen_and_written_over_by_who_saw_it():
    contract = concluded()
    api = api_of(manager(contract.holder))
    body = {"seen": 0, "government_won": 80, "total_won": 100, "shares_bp": SHARES, "people": PEOPLE}
    made = post(api, "share-plans", contract, body)
    assert (made.status_code, made.json()["serial"]) == (201, 1)
    assert {part["email"]: part["share_bp"] for part in made.json()["people"]} == {
        "haneul@example.org": 10_000,
        "sol@example.org": 10_000,
    }
    assert post(api, "share-plans", contract, body).status_code == 409
    assert post(api, "share-plans", contract, body | {"seen": 1}).json()["serial"] == 2
    listed = api.get(reverse("royalties-api:share-plans", args=[contract.public_id])).json()
    assert [plan["serial"] for plan in listed["results"]] == [2, 1]
    for wrong, field in (
        ({"government_won": 200}, "total_won"),
        ({"people": [PEOPLE[0] | {"share_bp": 9_999}]}, "people"),
        ({"people": [PEOPLE[0] | {"email": LONG_EMAIL}, *PEOPLE[1:]]}, "people.0.email"),
        ({"shares_bp": SHARES | {"rest": 1}}, "shares"),
        ({"donors": 1}, "donors"),
    ):
        answer = post(api, "share-plans", contract, body | {"seen": 2} | wrong)
        assert answer.status_code == 400, wrong
        assert field in {error["field"] for error in answer.json()["errors"]}, answer.json()
    assert SharePlan.objects.count() == 2


def test_what_came_in_is_proposed_shared_out_and_taken_back():
    rules()
    part = paid()
    contract = part.invoice.contract
    api = api_of(manager(contract.holder))
    waiting = api.get(reverse("royalties-api:to-share")).json()["results"]
    assert [(row["id"], row["royalty_won"]) for row in waiting] == [(str(part.public_id), 100 * MILLION)]
    address = reverse("royalties-api:proposal", args=[part.public_id])
    assert api.get(address).status_code == 409  # no plan yet
    planned(contract)
    proposal = api.get(address).json()
    assert sum(proposal["amounts"].values()) == proposal["royalty_won"] == 100 * MILLION

    assert post(api, "share-out", part, {"seen": "0" * 64}).status_code == 409
    assert not Distribution.objects.exists()
    done = post(api, "share-out", part, {"seen": proposal["seen"]})
    assert done.status_code == 201
    assert done.json()["amounts"] == proposal["amounts"]
    got, proposed = ({p["name"]: p["amount_won"] for p in of["people"]} for of in (done.json(), proposal))
    assert got == proposed
    assert post(api, "share-out", part, {"seen": proposal["seen"]}).status_code == 409
    assert api.get(reverse("royalties-api:to-share")).json()["count"] == 0
    assert api.get(reverse("royalties-api:distributions")).json()["count"] == 1

    made = Distribution.objects.get()
    assert post(api, "distribution-undo", made, {}).status_code == 400
    back = post(api, "distribution-undo", made, {"reason": "wrong people"})
    assert (back.status_code, back.json()["undo_reason"]) == (200, "wrong people")
    assert api.get(reverse("royalties-api:to-share")).json()["count"] == 1
    assert list(disagreements()) == []


def statement(memo, amount_won=110 * MILLION):
    text = f"거래일,의뢰인,적요,입금액\n{TODAY},Pureunsol,{memo},{amount_won}\n{TODAY},Other,,5000\n{TODAY},X,,abc\n"
    return SimpleUploadedFile("statement.csv", text.encode())


def test_a_statement_is_sent_read_matched_and_booked_once():
    invoice = invoiced()
    api = api_of(staff(invoice.contract.holder))
    answers = [post(api, "bank-files", body={"file": statement(invoice.number)}, format="multipart") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    sent = answers[0].json()
    assert (sent["certain"], sent["by_hand"], len(sent["refused"]), sent["state"]) == (1, 1, 1, "read")
    assert sent["refused"][0]["row"] == 4
    file = BankFile.objects.get()
    rows = api.get(reverse("royalties-api:bank-rows", args=[file.public_id])).json()["results"]
    assert [(row["invoice"], row["why"], row["is_certain"]) for row in rows] == [
        (invoice.number, "reference", True),
        (None, "", False),
    ]
    assert not Receipt.objects.exists()

    booked = post(api, "bank-book", file)
    assert (booked.status_code, booked.json()) == (200, {"receipts": 2, "assigned": 1, "known": 0})
    assert post(api, "bank-book", file).status_code == 409
    assert post(api, "bank-discard", file).status_code == 409
    assert (Receipt.objects.count(), Invoice.objects.get().state, list(disagreements())) == (2, "paid", [])


def test_a_statement_with_characters_that_cannot_be_kept_shows_them_as_question_marks():
    invoice = invoiced()
    api = api_of(staff(invoice.contract.holder))
    rows = [
        {"거래일": str(TODAY), "의뢰인": "가\ud800나", "적요": "\ud800", "입금액": "5"},
        {"거래일": str(TODAY), "의뢰인": "다", "적요": "", "입금액": "5\ud800"},
    ]
    sent = post(
        api, "bank-files", body={"file": SimpleUploadedFile("x.csv", json.dumps(rows).encode())}, format="multipart"
    )
    assert sent.status_code == 201, sent.text
    assert BankRow.objects.get().payer == "가?나"
    assert sent.json()["refused"][0]["value"] == "5?"


def test_a_statement_that_is_none_is_refused_and_one_may_be_discarded():
    holder = concluded().holder
    api = api_of(staff(holder))
    nothing = post(api, "bank-files", body={"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")}, format="multipart")
    assert nothing.status_code == 400
    assert post(api, "bank-files", body={}, format="multipart").status_code == 400
    assert not BankFile.objects.exists()
    post(api, "bank-files", body={"file": statement("")}, format="multipart")
    done = post(api, "bank-discard", BankFile.objects.get())
    assert (done.status_code, done.json()["state"], Receipt.objects.exists()) == (200, "discarded", False)


class Sides:
    def __init__(self):
        self.made = shared(paid(amount_won=55 * MILLION))
        self.contract = self.made.contract
        self.part = paid(Invoice.objects.get(), 11 * MILLION)
        self.receipt = received(self.contract.holder, 3 * MILLION)
        self.invoice = invoiced(due(self.contract, key="b", amount_won=7 * MILLION))
        api = api_of(staff(self.contract.holder))
        post(api, "bank-files", body={"file": statement("", MILLION)}, format="multipart")
        self.file = BankFile.objects.get()


#   cancel, assign, plan, share out, take back, book
WRITES = {
    "anonymous": (401,) * 6,
    "firm": (403, 404, 404, 404, 404, 404),
    "other": (404,) * 6,
    "staff": (200, 200, 403, 403, 403, 200),
}


@pytest.mark.parametrize("who", WRITES)
def test_who_may_write(who):
    sides = Sides()
    people = {
        "anonymous": lambda: None,
        "firm": lambda: manager(sides.contract.firm),
        "other": lambda: manager(concluded().holder),
        "staff": lambda: staff(sides.contract.holder),
    }
    api = api_of(people[who]())
    plan = {"seen": 1, "shares_bp": SHARES, "people": PEOPLE}
    acts = (
        ("invoice-cancel", sides.invoice, {"reason": "x"}),
        ("receipt-assign", sides.receipt, {"invoice": str(sides.part.invoice.public_id)}),
        ("share-plans", sides.contract, plan),
        ("share-out", sides.part, {"seen": "0" * 64}),
        ("distribution-undo", sides.made, {"reason": "x"}),
        ("bank-book", sides.file, {}),
    )
    models = (Invoice, Allocation, SharePlan, Distribution, Receipt, BankFile)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    sent = [post(api, name, thing, body, key=uuid4()) for name, thing, body in acts]
    assert tuple(answer.status_code for answer in sent) == WRITES[who]
    after = [list(model.objects.order_by("pk").values()) for model in models]
    assert (after != before) == (who == "staff")
    assert after[2:4] == before[2:4]
