"""Choosing, ordering, claiming and paying for programs: the same rules as the pages."""

import uuid

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.vouchers.money import MILLION, NOW
from tests.factories.vouchers.orders import (
    approved,
    choice,
    drafted,
    given,
    officer,
    paper,
    prepared,
    provider,
    result_file,
    running,
    sent,
    staff,
    submitted,
    voucher,
)
from vouchers.enums.claims import ClaimState
from vouchers.models import Claim, ClaimDocument, LedgerEntry, Order, PaymentBatch, ProviderChoice

API = "/api/v1/"
TODAY = NOW.date().isoformat()


@pytest.fixture(autouse=True)
def _then():
    with time_machine.travel(NOW, tick=False):
        yield


def of(person):
    client = APIClient()
    sign_in(client, person)
    return client


def key(value=None):
    return {"Idempotency-Key": str(value or uuid.uuid4())}


def post(person, address, body=None, **also):
    return of(person).post(f"{API}{address}", body or {}, format="json", **also)


def file(words="delivered", name="report.pdf"):
    return SimpleUploadedFile(name, paper(words).read(), content_type="application/pdf")


def test_a_provider_is_searched_chosen_asked_and_ordered_from():
    made, of_office = voucher(), provider()
    firm = staff(made.holder)
    client = of(firm)
    seen = client.get(f"{API}vouchers/{made.public_id}/providers/").json()
    assert (seen["order_of"], [each["id"] for each in seen["providers"]]) == (TODAY, [str(of_office.public_id)])
    body = {"service": "prototype", "order_of": seen["order_of"], "query": {}}
    kept = client.post(f"{API}vouchers/{made.public_id}/choices/", body, format="json", headers=key()).json()
    ask = {"providers": [str(of_office.public_id)], "task": "Build it", "answer_by": TODAY}
    (quotation,) = client.post(f"{API}provider-choices/{kept['id']}/ask/", ask, format="json").json()
    price = {"supply_won": 8 * MILLION, "vat_won": 800_000, "days": 30, "text": "With drawings"}
    answer = post(staff(of_office), f"voucher-quotations/{quotation['id']}/give/", price)
    assert answer.json()["state"] == "given"
    order = client.post(
        f"{API}voucher-orders/",
        {"quotation": quotation["id"], "why": "Knows the field"},
        format="json",
        headers=key(),
    )
    assert (order.status_code, order.json()["government_won"]) == (201, 6 * MILLION)
    shown = client.get(f"{API}provider-choices/{kept['id']}/").json()
    assert (shown["chosen"]["id"], shown["why"], shown["is_open"]) == (
        str(of_office.public_id), "Knows the field", False,
    )  # fmt: skip
    assert [each["id"] for each in client.get(f"{API}vouchers/{made.public_id}/choices/").json()] == [kept["id"]]


def test_a_search_that_cannot_be_read_names_the_filter():
    made = voucher()
    client = of(staff(made.holder))
    address = f"{API}vouchers/{made.public_id}/providers/"
    assert client.get(address, {"nonsense": 1}).status_code == 400
    answer = client.get(address, {"region": "atlantis"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "region")


def test_the_same_key_is_the_same_choice_order_and_claim_and_another_body_409():
    order = running()
    made = order.voucher
    firm, by_provider = staff(made.holder), staff(order.provider)
    quotation = given(made, of=order.provider, service="strategy")
    for person, address, body, other in (
        (firm, f"vouchers/{made.public_id}/choices/", {"service": "promotion", "order_of": TODAY},
         {"service": "strategy", "order_of": TODAY}),
        (firm, "voucher-orders/", {"quotation": str(quotation.public_id), "why": "x"},
         {"quotation": str(order.quotation.public_id), "why": "x"}),
        (by_provider, "voucher-claims/", {"order": str(order.public_id), "text": "x"},
         {"order": str(order.public_id), "text": "y"}),
    ):  # fmt: skip
        headers = key()
        first, again = (post(person, address, body, headers=headers) for _time in range(2))
        assert first.status_code == 201, first.json()
        assert again.json() == first.json()
        answer = post(person, address, other, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused"), address
    assert (ProviderChoice.objects.count(), Order.objects.count(), Claim.objects.count()) == (3, 2, 1)


def test_the_same_key_is_the_same_payment_file():
    claim, second = approved(), approved()
    call = claim.order.voucher.line.call
    clerk, headers = officer(call.office), key()
    body = {"call": call.number, "claims": [str(claim.public_id)]}
    first, again = (post(clerk, "payment-files/", body, headers=headers) for _time in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    other = post(clerk, "payment-files/", body | {"claims": [str(second.public_id)]}, headers=headers)
    assert other.status_code == 409
    assert PaymentBatch.objects.count() == 1


def test_who_may_do_what():
    """Who × address: the one whose it is passes, others of the order are told no, strangers find nothing."""
    order = running()
    made = order.voucher
    firm, by_provider, clerk = staff(made.holder), staff(order.provider), officer(made.line.call.office)
    strangers = (MembershipFactory(company=True).user, staff(provider()), UserFactory(is_superuser=True))
    kept, claim = choice(made, service="strategy", by=firm), drafted(order)
    document = claim.documents.first()
    batch = prepared()
    pays = officer(batch.call.office)
    rows = (
        ("get", f"vouchers/{made.public_id}/providers/", firm, (clerk,)),
        ("get", f"vouchers/{made.public_id}/choices/", firm, ()),
        ("post", f"vouchers/{made.public_id}/choices/", firm, (clerk,)),
        ("get", f"provider-choices/{kept.public_id}/", clerk, ()),
        ("post", f"provider-choices/{kept.public_id}/ask/", firm, (clerk,)),
        ("post", f"provider-choices/{kept.public_id}/drop/", firm, (clerk,)),
        ("get", f"voucher-claims/{claim.public_id}/documents/", by_provider, ()),
        ("get", f"claim-documents/{document.public_id}/", by_provider, ()),
        ("get", f"payment-files/{batch.public_id}/file/", pays, ()),
        ("get", f"payment-files/{batch.public_id}/results/", pays, ()),
    )
    bodies = {
        "choices/": {"service": "promotion", "order_of": TODAY},
        "ask/": {"providers": [kept.candidates[0]["id"]], "task": "x", "answer_by": TODAY},
        "drop/": {"reason": "x"},
    }
    for method, address, allowed, refused in rows:
        body = bodies.get(address.split("/", 2)[-1]) if method == "post" else None

        def ask(person, method=method, address=address, body=body):
            client = of(person) if person else APIClient()
            return getattr(client, method)(f"{API}{address}", body, format="json", headers=key()).status_code

        assert ask(None) in (401, 403), address
        for person in strangers:
            assert ask(person) == 404, address
        for person in refused:
            assert ask(person) == 403, address
        assert ask(allowed) in (200, 201), address
    assert ProviderChoice.objects.get(pk=kept.pk).why == "x"


def test_a_draft_is_saved_with_its_revision_and_documents_are_kept():
    claim = drafted(papers=False)
    by = claim.written_by
    client, address = of(by), f"{API}voucher-claims/{claim.public_id}/"
    body = {"revision": 1, "text": "All of it", "invoice_number": "20261120-77", "invoice_on": TODAY}
    assert client.put(address, body, format="json").json()["revision"] == 2
    stale = client.put(address, body, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    assert client.put(address, {"text": "x"}, format="json").status_code == 400

    def add(name, content, key):
        given = {"key": name, "document": content}
        headers = {"Idempotency-Key": str(key)} if key else {}
        return client.post(f"{address}documents/", given, format="multipart", headers=headers)

    key = uuid.uuid4()
    assert add("deliverable", file("deliverable"), uuid.uuid4()).status_code == 201
    sent_file = add("report", file("report"), key)
    assert sent_file.status_code == 201, sent_file.json()
    assert add("report", file("report"), key).json() == sent_file.json()
    other = add("report", file("other"), key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    # The same content with another key takes the place of the one that is there.
    assert add("report", file("report"), uuid.uuid4()).json()["id"] != sent_file.json()["id"]
    assert add("report", file("report"), None).status_code == 400
    assert add("secret", file(), uuid.uuid4()).status_code == 400
    assert add("report", SimpleUploadedFile("x.pdf", b"MZ no document"), uuid.uuid4()).status_code == 400
    rows = client.get(f"{address}documents/").json()
    assert [row["key"] for row in rows] == ["deliverable", "report"]
    download = client.get(f"{API}claim-documents/{rows[0]['id']}/")
    assert download["X-Content-Type-Options"] == "nosniff"
    assert b"".join(download.streaming_content).startswith(b"%PDF")
    assert client.delete(f"{API}claim-documents/{rows[0]['id']}/").status_code == 204
    assert client.post(f"{address}submit/", {}, format="json").status_code == 400
    assert ClaimDocument.objects.current().count() == 1


def test_documents_of_what_is_under_way_stand():
    claim = submitted()
    document = claim.documents.first()
    client = of(claim.written_by)
    assert client.delete(f"{API}claim-documents/{document.public_id}/").status_code == 409
    body = {"key": "report", "document": file("later")}
    where, headers = f"{API}voucher-claims/{claim.public_id}/documents/", {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post(where, body, format="multipart", headers=headers).status_code == 409
    firm = staff(claim.order.voucher.holder)
    assert of(firm).delete(f"{API}claim-documents/{document.public_id}/").status_code == 403
    assert claim.documents.current().count() == 2


def test_results_are_read_once_and_what_is_wrong_is_named_by_row():
    claim = approved()
    batch = sent(claim)
    clerk = officer(batch.call.office)
    client, address = of(clerk), f"{API}payment-files/{batch.public_id}/"
    content = client.get(f"{address}file/").content
    assert str(batch.payments.get().public_id) in content.decode()

    def send(body):
        return client.post(f"{address}results/", {"file": SimpleUploadedFile("r.csv", body)}, format="multipart")

    wrong = send(result_file(batch, amount_won=1))
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_result_file")
    assert wrong.json()["errors"][0]["field"] == "2: amount_won"
    assert Claim.objects.get().state == ClaimState.PAYING
    first, again = send(result_file(batch)), send(result_file(batch))
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert LedgerEntry.objects.filter(verb="disburse").count() == 1
    assert [row["paid"] for row in client.get(f"{address}results/").json()] == [1]
