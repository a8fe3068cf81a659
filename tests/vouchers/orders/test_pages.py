"""Pages of choosing, ordering, claiming and paying: whole, and closed to others."""

import uuid

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.vouchers.money import DAY, NOW
from tests.factories.vouchers.orders import (
    accepted,
    answered,
    approved,
    asked,
    checked,
    choice,
    drafted,
    given,
    office_of,
    officer,
    paid,
    paper,
    provider,
    running,
    sent,
    staff,
    submitted,
    voucher,
)
from vouchers.models import PaymentBatch
from vouchers.queries.firm import todos
from vouchers.services.claims.answer import object_to_claim, submit_claim
from vouchers.services.life.over import end_early


def get(user, name, *args):
    with time_machine.travel(NOW, tick=False):
        return sign_in(Client(), user).get(reverse(f"vouchers:{name}", args=args))


def test_every_page_opens_for_whom_it_is():
    claim = paid()
    order, batch = claim.order, PaymentBatch.objects.get()
    firm, by_provider = staff(order.voucher.holder), staff(order.provider)
    by_office = officer(office_of(claim))
    pages = [
        (firm, "find", order.voucher.public_id), (firm, "choice", order.choice.public_id),
        (firm, "quotation", order.quotation.public_id), (firm, "order", order.public_id),
        (firm, "claim", claim.public_id), (firm, "orders"), (firm, "claims"), (firm, "quotations"),
        (by_provider, "quotation", order.quotation.public_id), (by_provider, "order", order.public_id),
        (by_provider, "claim", claim.public_id), (by_provider, "statement"), (by_provider, "statement_export"),
        (by_office, "choice", order.choice.public_id), (by_office, "order", order.public_id),
        (by_office, "claim", claim.public_id), (by_office, "batches"), (by_office, "batch", batch.public_id),
        (by_office, "batch_file", batch.public_id),
    ]  # fmt: skip
    for user, name, *args in pages:
        assert get(user, name, *args).status_code == 200, name


def test_others_find_nothing():
    claim = submitted()
    order = claim.order
    rival = staff(provider())
    root = UserFactory(is_superuser=True)
    for user in (rival, root, MembershipFactory().user):
        for name, thing in (
            ("order", order),
            ("claim", claim),
            ("choice", order.choice),
            ("quotation", order.quotation),
        ):
            assert get(user, name, thing.public_id).status_code == 404, name
    assert get(staff(order.provider), "choice", order.choice.public_id).status_code == 404
    assert get(rival, "batches").status_code == 403
    assert get(staff(order.voucher.holder), "statement").status_code == 403


def test_the_first_officer_is_told_that_a_second_one_approves():
    claim = checked()
    page = get(claim.checked_by, "claim", claim.public_id).content.decode()
    assert "A second officer has to approve it." in page
    assert reverse("vouchers:claim_approve", args=[claim.public_id]) not in page


@pytest.mark.parametrize("revision", ["9" * 5_000, "x", "²"])
def test_a_revision_that_is_none_decides_nothing(revision):
    claim = accepted()
    client = sign_in(Client(), officer(office_of(claim)))
    with time_machine.travel(NOW, tick=False):
        answer = client.post(reverse("vouchers:claim_check", args=[claim.public_id]), {"revision": revision})
    assert answer.status_code < 500
    claim.refresh_from_db()
    assert claim.state == "accepted"


def test_a_call_that_no_database_can_hold_is_not_there():
    client = sign_in(Client(), officer(office_of(accepted())))
    assert client.post(reverse("vouchers:batches"), {"call": "a\x00"}).status_code == 404


def test_no_get_changes_anything():
    claim = submitted()
    for name in ("claim_accept", "claim_check", "claim_approve", "claim_withdraw"):
        get(staff(claim.order.voucher.holder), name, claim.public_id)
    before = claim.state
    claim.refresh_from_db()
    assert claim.state == before


def test_a_firm_searches_keeps_and_orders():
    made, of = voucher(), provider()
    by = staff(made.holder)
    with time_machine.travel(NOW, tick=False):
        client = sign_in(Client(), by)
        url = reverse("vouchers:find", args=[made.public_id])
        page = client.get(url)
        assert of.name in page.content.decode()
        body = {"service": "prototype", **{name: page.context["form"].initial[name] for name in ("key", "order_of")}}
        answer = client.post(url, body)
        assert answer.status_code == 302
        assert client.get(answer.url).status_code == 200
    # The page was opened on the day of its order: what is kept is that order, until it is too old.
    for days, status in ((1, 302), (2, 409)):
        with time_machine.travel(NOW + days * DAY, tick=False):
            assert client.post(url, {**body, "key": uuid.uuid4()}).status_code == status
    assert {str(kept.order_of) for kept in made.choices.all()} == {NOW.date().isoformat()}
    with time_machine.travel(NOW, tick=False):
        assert client.post(url, {**body, "service": "spaceship"}).status_code == 422
        assert client.post(url, {**body, "order_of": "", "key": "x"}).status_code == 422
    assert made.choices.count() == 2


def test_a_quotation_that_was_not_given_yet_stands_beside_the_others():
    quotation = asked()
    firm = staff(quotation.choice.voucher.holder)
    for name, *args in (("choice", quotation.choice.public_id), ("quotations",)):
        assert get(firm, name, *args).status_code == 200, name


def test_the_voucher_says_what_is_next_and_leads_to_the_search():
    made, of = voucher(), provider()
    firm = staff(made.holder)
    assert reverse("vouchers:find", args=[made.public_id]) in get(firm, "voucher", made.public_id).content.decode()
    quotation = given(made, of=of)
    claim = submitted(running(made, of=of, service="strategy"))
    page = get(firm, "voucher", made.public_id).content.decode()
    assert reverse("vouchers:choice", args=[quotation.choice.public_id]) in page
    assert reverse("vouchers:claim", args=[claim.public_id]) in page


def test_an_order_is_placed_once_however_often_it_is_sent():
    quotation = given()
    client = sign_in(Client(), staff(quotation.choice.voucher.holder))
    with time_machine.travel(NOW, tick=False):
        body = {"why": "Best", "key": "0190f0c4-0000-7000-8000-000000000001"}
        url = reverse("vouchers:quotation_order", args=[quotation.public_id])
        assert client.post(url, body).url == client.post(url, body).url


def test_a_firm_gets_from_a_quotation_to_its_comparison_and_asks_no_more():
    quotation = asked()
    firm, by_provider = staff(quotation.choice.voucher.holder), staff(quotation.provider)
    compare = reverse("vouchers:choice", args=[quotation.choice.public_id])
    withdraw = reverse("vouchers:quotation_withdraw", args=[quotation.public_id])
    text = get(firm, "quotation", quotation.public_id).content.decode()
    assert compare in text
    assert withdraw in text
    text = get(by_provider, "quotation", quotation.public_id).content.decode()
    assert compare not in text
    assert withdraw not in text
    with time_machine.travel(NOW, tick=False):
        assert sign_in(Client(), firm).post(withdraw, {"reason": "Done by ourselves"}).status_code == 302
    quotation.refresh_from_db()
    assert quotation.state == "withdrawn"


def test_names_of_whom_a_search_showed_are_in_the_readers_language():
    quotation = asked()
    office = quotation.provider
    office.name_en = "Readable in English"
    office.save()
    client = Client(headers={"accept-language": "en"})
    with time_machine.travel(NOW, tick=False):
        sign_in(client, staff(quotation.choice.voucher.holder))
        text = client.get(reverse("vouchers:choice", args=[quotation.choice.public_id])).content.decode()
    assert text.count("Readable in English") >= 2  # beside its quotation, and among those that were seen
    assert {each["name"] for each in quotation.choice.candidates} != {"Readable in English"}  # kept as it was


def test_a_firm_is_not_told_to_go_on_with_what_cannot_be_ordered_any_more():
    made = voucher()
    asked(made, service="market")
    given(made, service="promotion")
    day = NOW.date()
    assert [str(made.choices.get(service="promotion").public_id) in each.url for each in todos(made, day)] == [True]
    choice(made, service="market")
    assert len(todos(made, day)) == 2
    running(made, service="market")
    assert len(todos(made, day)) == 1  # its other searches are no business of anybody's now
    end_early(voucher=made, text="x", by=officer(made.line.call.office), at=NOW)
    made.refresh_from_db()
    assert todos(made, day) == []


def test_a_provider_reads_that_a_payment_did_not_arrive_and_what_to_do():
    claim = approved()
    words = "Check the account in your organization"
    by_provider, by_firm = staff(claim.order.provider), staff(claim.order.voucher.holder)
    assert words not in get(by_provider, "claim", claim.public_id).text
    answered(sent(claim), "failed", text="No such account")
    shown = get(by_provider, "claim", claim.public_id).text
    assert f"The payment for claim {claim.number} did not arrive" in shown
    assert words in shown
    assert words not in get(by_firm, "claim", claim.public_id).text
    answered(sent(claim))
    assert words not in get(by_provider, "claim", claim.public_id).text


def test_an_officer_accepts_in_the_place_of_a_firm_that_objects():
    claim = submitted()
    firm, first, second = staff(claim.order.voucher.holder), officer(office_of(claim)), officer(office_of(claim))
    address = reverse("vouchers:claim_answer", args=[claim.public_id])
    assert address not in get(first, "claim", claim.public_id).content.decode()
    object_to_claim(claim=claim, reason="Not what we wanted", by=firm, at=NOW)
    assert address not in get(firm, "claim", claim.public_id).content.decode()
    assert address in get(first, "claim", claim.public_id).content.decode()
    with time_machine.travel(NOW, tick=False):
        assert sign_in(Client(), firm).post(address, {"reason": "x"}).status_code == 403
        assert sign_in(Client(), first).post(address, {"reason": "It was delivered"}).status_code == 302
    claim.refresh_from_db()
    assert claim.state == "accepted"
    check = reverse("vouchers:claim_check", args=[claim.public_id])
    assert check not in get(first, "claim", claim.public_id).content.decode()
    page = get(second, "claim", claim.public_id).content.decode()
    assert check in page
    assert "It was delivered" in page
    assert "Accepted by the office in the firm's place" in page


def typed(claim, **also):
    return {
        "revision": claim.revision, "text": "All of it, typed just now", "invoice_number": "20261120-77",
        "invoice_on": NOW.date().isoformat(), **also,
    }  # fmt: skip


@pytest.mark.parametrize("button", ["claim", "claim_document_add", "claim_submit", "claim_document_remove"])
def test_every_button_of_a_claim_keeps_what_was_typed(button, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    claim = drafted()
    of = claim.documents.first() if button == "claim_document_remove" else claim
    file = {"paper": "deliverable", "document": SimpleUploadedFile("work.pdf", paper().read())}
    body = typed(claim, **(file if button == "claim_document_add" else {}))
    client = sign_in(Client(), staff(claim.order.provider))
    with time_machine.travel(NOW, tick=False):
        assert client.post(reverse(f"vouchers:{button}", args=[of.public_id]), body).status_code == 302
    claim.refresh_from_db()
    assert (claim.text, claim.invoice_number) == ("All of it, typed just now", "20261120-77")
    assert claim.state == ("submitted" if button == "claim_submit" else "draft")


@pytest.mark.parametrize("button", ["claim", "claim_document_add", "claim_submit"])
def test_what_does_not_fit_is_shown_with_what_was_typed_and_nothing_is_done(button, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    claim = drafted()
    body = typed(claim, invoice_on="yesterday", paper="deliverable", document=SimpleUploadedFile("a.pdf", b"%PDF-1.7"))
    client = sign_in(Client(), staff(claim.order.provider))
    with time_machine.travel(NOW, tick=False):
        answer = client.post(reverse(f"vouchers:{button}", args=[claim.public_id]), body)
    assert answer.status_code == 422
    assert "All of it, typed just now" in answer.content.decode()
    before = (claim.text, "draft", claim.documents.count())
    claim.refresh_from_db()
    assert (claim.text, claim.state, claim.documents.count()) == before


def test_a_firm_accepts_only_what_it_has_seen():
    claim = submitted()
    seen = claim.revision
    firm = staff(claim.order.voucher.holder)
    with time_machine.travel(NOW, tick=False):
        object_to_claim(claim=claim, reason="The report is missing", by=firm, at=NOW)
        handed_in = submit_claim(claim=claim, by=staff(claim.order.provider), at=NOW)
        client, url = sign_in(Client(), firm), reverse("vouchers:claim_accept", args=[claim.public_id])
        client.post(url, {"revision": seen})
        claim.refresh_from_db()
        assert claim.state == "submitted"
        client.post(url, {"revision": handed_in.revision})
    claim.refresh_from_db()
    assert claim.state == "accepted"


def test_a_reason_that_is_refused_stays_in_its_box():
    claim = submitted()
    client = sign_in(Client(), staff(claim.order.voucher.holder))
    with time_machine.travel(NOW, tick=False):
        answer = client.post(reverse("vouchers:claim_object", args=[claim.public_id]), {"reason": "x" * 501})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "x" * 501 in page
    assert 'id="object" open' in page
    claim.refresh_from_db()
    assert claim.state == "submitted"


def test_why_a_provider_is_taken_stays_when_the_order_is_refused():
    quotation = given(days=700)
    client = sign_in(Client(), staff(quotation.choice.voucher.holder))
    with time_machine.travel(NOW, tick=False):
        body = {"why": "Knows the field best of all", "key": uuid.uuid4()}
        answer = client.post(reverse("vouchers:quotation_order", args=[quotation.public_id]), body)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Knows the field best of all" in page
    assert "Ask for a shorter time." in page
    quotation.refresh_from_db()
    assert quotation.state == "given"


def test_a_part_whose_vat_is_not_said_is_asked_for_it():
    order = running()
    client = sign_in(Client(), staff(order.provider))
    body = {"key": uuid.uuid4(), "text": "The first part", "supply_won": "1,000,000", "vat_won": ""}
    with time_machine.travel(NOW, tick=False):
        answer = client.post(reverse("vouchers:claim_new", args=[order.public_id]), body)
    assert answer.status_code == 422
    assert "Write the VAT of this part" in answer.content.decode()
    assert not order.claims.exists()
