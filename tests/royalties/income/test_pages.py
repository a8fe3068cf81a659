"""Pages of royalty money: what they show, what a form says when it is wrong, and exports as shown."""

import io

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import override
from openpyxl import load_workbook

from royalties.exports.income import invoice_cells, receipt_cells
from royalties.models import Distribution, Invoice, Receipt, SharePlan
from tests.factories.accounts import OrganizationFactory, sign_in
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    TODAY,
    bank_file,
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


@pytest.fixture
def office(client):
    """A holder's manager, signed in, at the moment of the factories."""
    with time_machine.travel(NOW, tick=False):
        contract = concluded()
        user = manager(contract.holder)
        sign_in(client, user)
        client.contract, client.person = contract, user
        yield client


def text_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def go(client, name, *args, **query):
    return client.get(reverse(f"royalties:{name}", args=args), query)


def test_empty_states_say_what_to_do(office):
    for name, words in (
        ("invoices", "No invoice yet"), ("to_ask_for", "Nothing can be asked for"), ("receipts", "No receipt yet"),
        ("bank_files", "No file was sent yet"), ("sharing", "Nothing waits to be shared out"),
        ("statements", "Nothing was shared out in this period"), ("fees", "No fee yet"),
        ("my_statement", "Nothing was shared out in this period"),
    ):  # fmt: skip
        assert words in go(office, name).text, name


def test_an_invoice_is_asked_for_on_the_page_and_its_faults_are_named(office):
    line = due(office.contract)
    url = reverse("royalties:invoice_new", args=[line.public_id])
    wrong = office.post(url, {"pay_by": "2026-01-01", "vat_bp": "10"})
    assert (wrong.status_code, Invoice.objects.count()) == (422, 0)
    assert "This day has passed." in wrong.text
    assert office.post(url, {"pay_by": "x", "vat_bp": "101"}).status_code == 422
    done = office.post(url, {"pay_by": "2026-12-01", "vat_bp": "10", "text": "Gaon bank 1-2-3"}, follow=True)
    assert "110,000,000" in done.text
    assert "Gaon bank 1-2-3" in done.text
    assert go(office, "to_ask_for").context["page"].paginator.count == 0


def test_a_receipt_is_written_down_assigned_and_taken_off(office):
    invoice = invoiced(due(office.contract))
    url = reverse("royalties:receipt_new")
    assert office.post(url, {"booked_on": str(TODAY), "amount_won": "12.5", "payer": "A"}).status_code == 422
    key = str(go(office, "receipt_new").context["form"].initial["key"])
    form = {"booked_on": str(TODAY), "amount_won": "120,000,000", "payer": "A", "key": key}
    office.post(url, form)
    office.post(url, form)  # clicked twice
    receipt = Receipt.objects.get()
    page = go(office, "receipt", receipt.public_id)
    assert invoice.number in page.text
    assign = reverse("royalties:receipt_assign", args=[receipt.public_id])
    assert office.post(assign, {"invoice": ""}).status_code == 422
    office.post(assign, {"invoice": str(invoice.public_id)})
    receipt.refresh_from_db()
    assert receipt.open_won == 10 * MILLION
    undo = reverse("royalties:allocation_undo", args=[receipt.allocations.get().public_id])
    assert office.post(undo, {"reason": ""}).status_code == 422
    page = office.post(undo, {"reason": "Another contract"}, follow=True)
    assert "Another contract" in page.text
    assert Receipt.objects.get().open_won == 120 * MILLION
    back = reverse("royalties:receipt_back", args=[receipt.public_id])
    assert office.post(back, {"amount_won": "1", "reason": "x"}).status_code == 302
    assert Receipt.objects.get().returned_won == 1


def test_a_receipt_is_set_aside_and_taken_up_again(office):
    receipt = received(office.contract.holder)
    office.post(reverse("royalties:receipt_aside", args=[receipt.public_id]), {"reason": "Rent"})
    assert "Rent" in go(office, "receipt", receipt.public_id).text
    office.post(reverse("royalties:receipt_take_up", args=[receipt.public_id]))
    assert Receipt.objects.get().state == "open"


def test_a_statement_is_read_shown_and_booked(office):
    invoice = invoiced(due(office.contract, amount_won=10 * MILLION))
    text = f"거래일,의뢰인,적요,입금액\n{TODAY},A,{invoice.number},11000000\n{TODAY},B,,7\n{TODAY},C,,x\n"
    url = reverse("royalties:bank_files")
    assert office.post(url).status_code == 422
    file = io.BytesIO(text.encode("cp949"))
    file.name = "statement.csv"
    page = office.post(url, {"file": file}, follow=True)
    assert page.context["counts"] == {"certain": 1, "by_hand": 1, "known": 0, "refused": 1}
    kept = page.context["file"]
    assert "x" in text_of(go(office, "bank_refused", kept.public_id)).splitlines()[1]
    done = office.post(reverse("royalties:bank_book", args=[kept.public_id]), follow=True)
    assert "2 receipts were booked, 1 of them put to an invoice." in done.text
    again = office.post(reverse("royalties:bank_book", args=[kept.public_id]), follow=True)  # clicked twice
    assert (again.status_code, again.context["file"], Receipt.objects.count()) == (200, kept, 2)
    assert office.post(reverse("royalties:bank_discard", args=[kept.public_id])).status_code == 409
    wrong = io.BytesIO(b"a,b\n1,2\n")
    wrong.name = "x.csv"
    assert "거래일" in office.post(url, {"file": wrong}).text


PLAN_FORM = {
    "seen": "0", "government_won": "80,000,000", "total_won": "100,000,000", "researchers_bp": "55",
    "contributors_bp": "10", "transfer_bp": "15", "rest_bp": "20", "researchers-0-name": "Kim Haneul",
    "researchers-0-email": "Haneul@Example.org", "researchers-0-share": "100",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rest_bp": "19"}, "exactly 100"),
        ({"researchers-0-share": "99"}, "exactly 100"),
        ({"researchers-0-email": ""}, "each person has a name"),
        ({"researchers-0-email": "nobody"}, "valid email"),
        ({"government_won": "200,000,000"}, "part of all the money"),
        ({"transfer_bp": "1.555"}, "two decimals"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(office, changes, words):
    response = office.post(reverse("royalties:plan", args=[office.contract.public_id]), PLAN_FORM | changes)
    assert (response.status_code, SharePlan.objects.count()) == (422, 0)
    assert words in response.text


def test_plan_proposal_distribution_and_back(office):
    rules()
    allocation = paid(invoiced(due(office.contract)))
    assert "First write down" in go(office, "proposal", allocation.public_id).text
    plan = reverse("royalties:plan", args=[office.contract.public_id])
    assert office.post(plan, PLAN_FORM).status_code == 302
    assert "haneul@example.org" in office.get(plan).text
    assert office.post(plan, PLAN_FORM).status_code == 409  # another tab was first
    page = go(office, "proposal", allocation.public_id)
    assert "55,000,000" in page.text
    share = reverse("royalties:share_out", args=[allocation.public_id])
    assert office.post(share, {"seen": "old"}).status_code == 409
    done = office.post(share, {"seen": page.context["proposal"].digest}, follow=True)
    assert "shared out" in done.text
    made = Distribution.objects.get()
    again = office.post(share, {"seen": page.context["proposal"].digest})  # clicked twice
    assert (again.status_code, again.url) == (302, reverse("royalties:distribution", args=[made.public_id]))
    assert go(office, "proposal", allocation.public_id).status_code == 302
    undo = reverse("royalties:distribution_undo", args=[Distribution.objects.get().public_id])
    assert office.post(undo, {"reason": ""}).status_code == 422
    assert "Wrong person" in office.post(undo, {"reason": "Wrong person"}, follow=True).text


def test_a_floor_of_the_other_law_that_is_missed_is_a_warning(office):
    made = shared(paid(invoiced(due(office.contract))), by=office.person)
    page = go(office, "distribution", made.public_id)
    assert "for comparison, the other law prevails" in page.text
    assert [floor.missing_won for floor in page.context["floors"]] == [0] * 5


def test_statements_and_payroll_say_what_was_shared_and_taken_back(office):
    from royalties.services.share.share import undo_sharing

    made = shared(paid(invoiced(due(office.contract))), by=office.person)
    page = go(office, "statements")
    assert {total.payee.name: total.total_won for total in page.context["totals"]} == {
        "Kim Haneul": 33 * MILLION, "Lee Bada": 22 * MILLION, "Park Sol": 10 * MILLION,
    }  # fmt: skip
    payroll = text_of(go(office, "payroll")).splitlines()
    assert payroll[1] == "A-1,Kim Haneul,haneul@example.org,33000000,0,0,33000000"
    book = load_workbook(io.BytesIO(go(office, "payroll", format="xlsx").content)).active
    assert book.cell(2, 7).value == 33_000_000
    assert go(office, "statements", start="2027-01-01").context["totals"] == []

    undo_sharing(distribution=made, reason="x", by=office.person, at=NOW)
    assert [total.total_won for total in go(office, "statements").context["totals"]] == [0, 0, 0]
    lines = text_of(go(office, "payroll", lines="true")).splitlines()
    assert len(lines) == 7
    assert sum(int(line.split(",")[-2]) for line in lines[1:]) == 0
    payee = made.people.first().payee
    assert [line.is_reversal for line in go(office, "statement", payee.public_id).context["lines"]] == [True, False]


@pytest.mark.parametrize(("start", "end", "name"), [("x", "", "start"), ("2027-01-02", "2027-01-01", "end")])
def test_what_is_no_period_gives_no_sums(office, start, end, name):
    """Those of all time would be taken for those of the period."""
    made = shared(paid(invoiced(due(office.contract))), by=office.person)
    payee = made.people.first().payee
    asked = {"start": start, "end": end}
    for page, named in (("statements", ()), ("statement", (payee.public_id,)), ("my_statement", ())):
        answer = office.get(reverse(f"royalties:{page}", args=named), asked)
        assert answer.status_code == 422
        assert name in answer.context["form"].errors
        assert not answer.context.get("totals")
        assert not answer.context.get("lines")
    for file, named in (("payroll", ()), ("statement_export", (payee.public_id,)), ("my_statement_export", ())):
        for more in ({}, {"lines": "true"}):
            assert office.get(reverse(f"royalties:{file}", args=named), asked | more).status_code == 400


def test_lists_are_narrowed_and_exports_are_as_shown(office):
    invoice = invoiced(due(office.contract))
    paid(invoiced(due(office.contract, key="b", amount_won=5 * MILLION)))
    assert go(office, "invoices", state="paid").context["page"].paginator.count == 1
    assert go(office, "invoices", q=invoice.number).context["page"].paginator.count == 1
    assert "No invoice has all of this" in go(office, "invoices", q="nothing").text
    assert len(text_of(go(office, "invoices_export", state="paid")).splitlines()) == 2
    assert go(office, "receipts", state="open").context["page"].paginator.count == 0
    assert len(text_of(go(office, "receipts_export")).splitlines()) == 2
    with override("ko"):  # what is not assigned yet is not unpaid
        assert "잔액(원)" in next(receipt_cells([]))
        assert "미납액(원)" in next(invoice_cells([]))
    part = office.get(reverse("royalties:invoices"), HTTP_HX_REQUEST="true")
    assert "<html" not in part.text


def test_a_company_that_licenses_out_sees_what_it_owes_the_government(client):
    import datetime

    from royalties.services.share.plan import Given

    with time_machine.travel(NOW, tick=False):
        contract = concluded(holder=OrganizationFactory(company=True))
        boss = manager(contract.holder)
        sign_in(client, boss)
        rules()
        allocation = paid(invoiced(due(contract)))
        given = Given(
            government_won=500 * MILLION, total_won=600 * MILLION, agreed_on=datetime.date(2025, 1, 1),
            task_ended_on=datetime.date(2026, 1, 31), firm_size="sme",
        )  # fmt: skip
        planned(contract, given, by=boss)
        page = go(client, "proposal", allocation.public_id)
        assert "2,500,000" in page.text
        assert "firm_size" in go(client, "plan", contract.public_id).text


def test_a_company_that_only_pays_has_no_office_pages(client):
    with time_machine.travel(NOW, tick=False):
        contract = concluded()
        sign_in(client, staff(contract.firm))
        assert go(client, "receipts").status_code == 403
        assert "No invoice yet" in go(client, "invoices").text
        assert bank_file(contract.holder).holder == contract.holder


def test_a_statement_beyond_the_ceiling_says_so_and_its_sums_are_of_all(office, monkeypatch):
    monkeypatch.setattr("royalties.views.statements.CEILING", 2)
    shared(paid(invoiced(due(office.contract))), by=office.person)
    shared(paid(invoiced(due(office.contract, key="second"))), by=office.person)
    shared(paid(invoiced(due(office.contract, key="third"))), by=office.person)
    page = go(office, "statements")
    assert page.context["sum_won"] == 3 * 65 * MILLION
    person = page.context["totals"][0].payee
    theirs = go(office, "statement", person.public_id)
    assert (len(theirs.context["lines"]), theirs.context["are_more"]) == (2, True)
    assert theirs.context["sum_won"] == 3 * 33 * MILLION
    assert "Only the newest 10,000 lines are listed" in theirs.text
    refused = go(office, "payroll", lines="true")
    assert refused.status_code == 400
    assert "Choose a shorter period." in refused.text
    assert len(text_of(go(office, "payroll")).splitlines()) == 4
