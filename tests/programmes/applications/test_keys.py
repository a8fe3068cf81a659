"""Every request that makes something, sent again with its key: the same answer, and nothing done twice.

The same key with another body is 409, and nothing is done (lessons F48).
"""

import uuid

import pytest
import time_machine
from django.db import DatabaseError

from marketplace.core.scanned import read_clean
from notifications.models import Notification
from programmes.enums.applications import Part
from programmes.models import Application, ApplicationDocument, KeyedAnswer, ReviewStep, Transfer
from programmes.services.applications import declared, documents
from programmes.services.review.check import ask_completion
from tests.factories.programmes.applications import NOW, draft, firm, open_call, paper, submitted
from tests.programmes.applications.test_access import api as api_of_officer
from tests.programmes.applications.test_pages import api, at, signed_in
from tests.programmes.applications.test_transfers import officer_of, with_contract

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


def rows():
    """Everything of this part, to see that nothing changed."""
    return [list(model.objects.order_by("pk").values()) for model in (Application, ApplicationDocument, ReviewStep)]


def twice(client, address, body, other):
    """The first answer; that it comes again; that another body is refused, each time with nothing done."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post(address, body, format="json", headers=key)
    assert first.status_code < 300, first.data
    before = rows()
    again = client.post(address, body, format="json", headers=key)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    refused = client.post(address, other, format="json", headers=key)
    assert (refused.status_code, refused.data["code"]) == (409, "idempotency_key_reused")
    assert rows() == before
    return first


def completing():
    found = submitted()
    officer = found.call.office.memberships.order_by("pk").first().user
    return ask_completion(application=found, parts={Part.SERVICES: "More, please."}, by=officer, at=NOW)


def address_of(found, end=""):
    return f"/api/v1/applications/{found.public_id}/{end}"


def test_begun():
    call, other, person = open_call(), open_call(), firm()
    twice(api(person), "/api/v1/applications/", {"call": call.number}, {"call": other.number})
    assert Application.objects.count() == 1


def test_begun_from_an_earlier_one():
    call, person = open_call(), firm()
    earlier = submitted(open_call(), person)
    body = {"call": call.number, "filled_from": str(earlier.public_id)}
    twice(api(person), "/api/v1/applications/", body, {"call": call.number})


def test_submitted():
    found = draft()
    body = {"revision": found.revision, "declared": True}
    twice(api(found.begun_by), address_of(found, "submit/"), body, body | {"revision": 99})


def test_handed_in_again():
    found = completing()
    body = {"revision": found.revision, "declared": True}
    twice(api(found.begun_by), address_of(found, "submit/"), body, body | {"revision": 99})
    assert ReviewStep.objects.filter(application=found, kind="completed").count() == 1


def test_the_key_of_the_submission_still_answers_while_it_is_completed():
    found = draft()
    client, address = api(found.begun_by), address_of(found, "submit/")
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, {"revision": found.revision, "declared": True}
    client.post(address, body, format="json", headers=key)
    found.refresh_from_db()
    officer = found.call.office.memberships.order_by("pk").first().user
    ask_completion(application=found, parts={Part.SERVICES: "More, please."}, by=officer, at=NOW)
    before = rows()
    again = client.post(address, body, format="json", headers=key)
    assert (again.status_code, again.data["number"], again.data["state"]) == (200, found.number, "completion")
    assert rows() == before


def test_withdrawn():
    found = submitted()
    body = {"revision": found.revision, "confirmed": True, "text": "No need."}
    twice(api(found.begun_by), address_of(found, "withdraw/"), body, body | {"text": "Another reason."})


def test_the_check_of_a_contract():
    """The other answer under the same key refused a contract that was accepted, and told the firm so."""
    found = with_contract()
    body = {"accept": True, "seen": "declared"}
    twice(api_of_officer(officer_of(found.call)), address_of(found, "transfers/check/"), body, body | {"accept": False})
    assert Transfer.objects.get(pk=found.transfer_id).state == "confirmed"
    assert not Notification.objects.filter(kind="programme_contract_refused").exists()


def test_papers_and_contracts_are_known_by_their_content():
    found = draft(person=firm(transfer=False), complete=False)
    client = api(found.begun_by)

    def send(words):
        document = paper(words)
        document.name = "plan.pdf"
        return client.post(address_of(found, "papers/"), {"key": "plan", "document": document}, format="multipart")

    first, again = send("one"), send("one")
    assert first.data == again.data
    assert ApplicationDocument.objects.count() == 1


@pytest.mark.parametrize("what", ["papers/", "transfers/"])
def test_a_file_sent_again_with_its_key_is_the_first_answer(what):
    """Whatever came between: of a paper a later one has taken the place. A file counts by its name and content."""
    found = draft(person=firm(transfer=False), complete=False)
    client, key = api(found.begun_by), str(uuid.uuid4())
    body = {
        "papers/": {"key": "plan"},
        "transfers/": {
            "revision": found.revision, "title": "Membrane", "holder_name": "Gaon", "signed_on": "2026-01-05",
        },
    }[what]  # fmt: skip

    def send(words, key=key):
        document = paper(words)
        document.name = "plan.pdf"
        sent = body | {"document": document}
        return client.post(address_of(found, what), sent, format="multipart", headers={"Idempotency-Key": key})

    first = send("one")
    assert first.status_code == 201, first.json()
    body["revision" if what == "transfers/" else "key"] = found.revision + 1 if what == "transfers/" else "plan"
    assert send("two", key=str(uuid.uuid4())).status_code == 201
    if what == "transfers/":
        body["revision"] -= 1
    before = rows(), list(Transfer.objects.order_by("pk").values())
    again, refused = send("one"), send("two")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert (rows(), list(Transfer.objects.order_by("pk").values())) == before


@pytest.mark.parametrize(
    ("what", "module", "model"),
    [("papers/", documents, ApplicationDocument), ("transfers/", declared, Transfer)],
)
def test_a_file_is_read_before_the_key_is_held_and_goes_with_what_fails(what, module, model, monkeypatch, tmp_path):
    found = draft(person=firm(transfer=False), complete=False)
    client, key, held = api(found.begun_by), str(uuid.uuid4()), []
    body = {
        "papers/": {"key": "plan"},
        "transfers/": {
            "revision": found.revision, "title": "Membrane", "holder_name": "Gaon", "signed_on": "2026-01-05",
        },
    }[what]  # fmt: skip

    def scanned(**given):
        held.append(KeyedAnswer.objects.exists())
        return read_clean(**given)

    def send():
        document = paper()
        document.name = "plan.pdf"
        sent = body | {"document": document}
        return client.post(address_of(found, what), sent, format="multipart", headers={"Idempotency-Key": key})

    def files():
        return [each for each in (tmp_path / "private").rglob("*") if each.is_file()]

    def fails(self, *given, update_fields=None, **named):
        if update_fields:
            raise DatabaseError("away")
        return save(self, *given, **named)

    monkeypatch.setattr(module, "read_clean", scanned)
    save, there = KeyedAnswer.save, model.objects.count()
    with monkeypatch.context() as patched:
        patched.setattr(KeyedAnswer, "save", fails)
        with pytest.raises(DatabaseError):
            send()
    assert (held, files(), model.objects.count(), KeyedAnswer.objects.exists()) == ([False], [], there, False)
    assert [send().status_code, send().status_code] == [201, 201]
    assert held == [False, False]  # what is answered is not read again
    assert (len(files()), model.objects.count()) == (1, there + 1)


@pytest.mark.parametrize("make", [draft, completing])
def test_a_form_sent_twice_leads_to_the_receipt_twice(make):
    found = make()
    client = signed_in(found.begun_by)
    form = {"revision": found.revision, "declared": "on", "key": uuid.uuid4()}
    first, again = (client.post(at(found, "submit/"), form) for _click in range(2))
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"] == at(found, "receipt/")
