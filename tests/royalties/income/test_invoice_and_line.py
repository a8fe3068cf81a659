"""An invoice and the line of the calendar it asks for: what is corrected, waived or paid late meanwhile."""

import pytest
import time_machine
from django.urls import reverse

from marketplace.core.errors import NotPossibleNow
from notifications.models import Notification
from royalties.models import Due, Invoice, LateCharge
from royalties.queries.calendar import money_by_year, sums_of, waiting_kinds
from royalties.services.calendar.check_sales import accept
from royalties.services.calendar.late import accrued
from royalties.services.calendar.nightly import run_calendar
from royalties.services.calendar.remind import remind_all
from royalties.services.calendar.report_sales import report_sales
from royalties.services.calendar.settle import settle
from royalties.services.calendar.waive import waive
from royalties.services.income.agree import disagreements
from royalties.services.income.assign import assign, undo_assignment
from royalties.services.income.issue import cancel_invoice, issue_invoice
from tests.factories.accounts import sign_in
from tests.factories.royalties import calendar as calendars
from tests.factories.royalties.calendar import late_rules, moment
from tests.factories.royalties.income import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    concluded,
    due,
    invoiced,
    manager,
    paid,
    staff,
)
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


@pytest.fixture(autouse=True)
def _agrees():
    """Whatever a test did through the services, ledger and sums agree after it."""
    yield
    assert list(disagreements()) == []


# --- corrected ------------------------------------------------------------------------------------------------------


def running():
    """A running royalty that was asked for: 3 percent of 100 million."""
    made = calendars.contract()
    firm, holder = calendars.reporter(made), calendars.keeper(made)

    def sold(won, seen=0):
        given = {"contract": made, "year": 2025, "by": firm, "at": calendars.NOW}
        statement = report_sales(gross_won=won, seen=seen, **given).statement
        accept(statement=statement, text="Books seen", by=holder, at=calendars.NOW)

    sold(100 * MILLION)
    invoice = issue_invoice(due=calendars.due(made, "running:2025"), by=holder, at=calendars.NOW).invoice
    return made, invoice, holder, sold


@pytest.mark.parametrize(("won", "owed_won", "state"), [(80 * MILLION, 2_400_000, "expected"), (0, 0, "done")])
def test_a_cancelled_invoice_leaves_what_is_owed_by_now(won, owed_won, state):
    made, invoice, holder, sold = running()
    sold(won, seen=1)
    line = calendars.due(made, "running:2025")
    assert (line.state, line.amount_won, line.excess_won) == ("invoiced", 3 * MILLION, 3 * MILLION - owed_won)
    cancel_invoice(invoice=invoice, reason="Corrected", by=holder, at=calendars.NOW)
    line.refresh_from_db()
    assert (line.state, line.amount_won, line.excess_won) == (state, owed_won, 0)
    assert settle(contract=made, at=calendars.NOW) == 0
    assert run_calendar(at=calendars.NOW).written == 0
    if owed_won:
        assert issue_invoice(due=line, by=holder, at=calendars.NOW).invoice.net_won == owed_won


# --- paid in part ---------------------------------------------------------------------------------------------------


def part_paid():
    made = paid(amount_won=44 * MILLION)
    invoice = Invoice.objects.get()
    return made, invoice, manager(invoice.contract.holder)


def test_what_is_left_of_a_part_paid_invoice_is_waived():
    made, invoice, by = part_paid()
    firm = staff(invoice.contract.firm)
    with pytest.raises(NotPossibleNow, match="changed meanwhile"):
        waive(due=Due.objects.get(), reason="Insolvent", seen_won=100 * MILLION, by=by, at=NOW)
    waive(due=Due.objects.get(), reason="Insolvent", seen_won=60 * MILLION, by=by, at=NOW)
    line, rest = Due.objects.filter(kind="upfront").order_by("pk")
    assert (line.state, line.amount_won, line.paid_won) == ("done", 40 * MILLION, 40 * MILLION)
    assert (rest.key, rest.state, rest.amount_won) == ("upfront#2", "waived", 60 * MILLION)
    assert (rest.waived_by, rest.waived_reason) == (by, "Insolvent")
    invoice.refresh_from_db()
    assert (invoice.state, invoice.waived_won, invoice.open_won) == ("paid", 66 * MILLION, 0)
    assert (invoice.net_won, invoice.total_won) == (100 * MILLION, 110 * MILLION)  # what was asked stays
    told = Notification.objects.get(kind="due_waived", recipient=firm)
    assert told.url == reverse("royalties:due", args=[rest.public_id])
    assert settle(contract=invoice.contract, at=NOW) == 0
    sums = sums_of([line, rest], TODAY + 90 * DAY)
    assert (sums.owed_won, sums.paid_won, sums.open_won, sums.overdue_won) == (40 * MILLION, 40 * MILLION, 0, 0)
    assert made.invoice == invoice


def test_its_payment_can_be_taken_off_and_put_back_and_the_rest_stays_waived():
    made, invoice, by = part_paid()
    waive(due=Due.objects.get(), reason="Insolvent", seen_won=60 * MILLION, by=by, at=NOW)
    undo_assignment(allocation=made, reason="Another firm", by=by, at=NOW)
    invoice.refresh_from_db()
    line = Due.objects.get(key="upfront")
    assert (invoice.state, invoice.open_won) == ("issued", 44 * MILLION)
    assert (line.state, line.amount_won, line.paid_won) == ("invoiced", 40 * MILLION, 0)
    assign(receipt=made.receipt, invoice=invoice, by=by, at=NOW)
    invoice.refresh_from_db()
    line.refresh_from_db()
    assert (invoice.state, line.state, line.paid_won) == ("paid", "done", 40 * MILLION)


def test_what_was_asked_for_and_not_paid_is_cancelled_and_not_waived():
    invoice = invoiced()
    with pytest.raises(NotPossibleNow, match="cancel the invoice"):
        waive(due=invoice.due, reason="x", seen_won=100 * MILLION, by=manager(invoice.contract.holder), at=NOW)
    assert Due.objects.get().state == "invoiced"


def test_the_rest_is_waived_from_the_page_with_what_was_seen(client):
    _made, invoice, by = part_paid()
    with time_machine.travel(NOW, tick=False):
        sign_in(client, by)
        page = client.get(reverse("royalties:due", args=[invoice.due.public_id]))
        assert "60,000,000" in page.text
        form = page.context["waive_form"]
        assert form.initial["seen_won"] == 60 * MILLION
        act = reverse("royalties:due_waive", args=[invoice.due.public_id])
        assert client.post(act, {"reason": "Insolvent", "seen_won": 60 * MILLION}).status_code == 302
        shown = client.get(reverse("royalties:invoice", args=[invoice.public_id])).text
    assert "66,000,000" in shown


# --- interest on a payment that is taken back -----------------------------------------------------------------------


def late_interest():
    """A line paid 30 days late, and the invoice for its interest."""
    late_rules()
    invoice = invoiced(due(due_on=TODAY - 30 * DAY), at=NOW - 31 * DAY)
    by = staff(invoice.contract.holder)
    made = paid(invoice, by=by)
    line = Due.objects.get(kind="late_interest")
    return made, issue_invoice(due=line, by=by, at=NOW).invoice, by


def test_interest_that_nobody_owes_any_more_is_noted_and_gone_with_its_invoice():
    made, bill, by = late_interest()
    line = bill.due
    undo_assignment(allocation=made, reason="Another firm", by=by, at=NOW)
    line.refresh_from_db()
    assert (line.state, line.excess_won) == ("invoiced", line.amount_won)
    cancel_invoice(invoice=bill, reason="Not owed", by=by, at=NOW)
    line.refresh_from_db()
    assert (line.state, line.amount_won, line.excess_won) == ("done", 0, 0)


def test_interest_that_is_owed_again_is_no_excess():
    made, bill, by = late_interest()
    line = bill.due
    owed_won = line.amount_won
    undo_assignment(allocation=made, reason="Another invoice", by=by, at=NOW)
    made.receipt.refresh_from_db()
    assign(receipt=made.receipt, invoice=made.invoice, by=by, at=NOW)
    line.refresh_from_db()
    assert (line.amount_won, line.excess_won) == (owed_won, 0)
    assert LateCharge.objects.count() == 3
    cancel_invoice(invoice=bill, reason="Wrong day", by=by, at=NOW)
    line.refresh_from_db()
    assert (line.state, line.amount_won) == ("expected", owed_won)


def test_interest_paid_in_part_is_closed_too():
    _made, bill, by = late_interest()
    paid(bill, 110_000, by=by)
    line = bill.due
    line.refresh_from_db()
    rest_won = line.amount_won - line.paid_won
    waive(due=line, reason="Small", seen_won=rest_won, by=manager(bill.contract.holder), at=NOW)
    rest = Due.objects.get(key="late:upfront+2")
    assert (rest.state, rest.amount_won, rest.name) == ("waived", rest_won, line.name)
    assert not Due.objects.filter(kind="late_interest", state="expected").exists()


# --- the later of both days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("later", "days"), [(20, -1), (20, 0), (20, 1), (-5, 0), (-5, 1)])
def test_overdue_is_after_the_line_and_after_its_invoice(client, later, days):
    """Everywhere by one day: row, list, sums, page, export, API, home and interest."""
    late_rules()
    contract = concluded()
    line = due(contract, due_on=TODAY + 10 * DAY)
    pay_by = line.due_on + later * DAY
    by = staff(contract.holder)
    invoice = issue_invoice(due=line, pay_by=pay_by, by=by, at=NOW).invoice
    line.refresh_from_db()
    assert line.pay_by == pay_by
    day = max(pay_by, line.due_on) + days * DAY
    expected = days > 0
    assert line.is_overdue_on(day) is expected
    assert Due.objects.overdue_on(day).exists() is expected
    assert sums_of([line], day).overdue_won == (100 * MILLION if expected else 0)
    assert sum(row.overdue_won for row in money_by_year(contract.holder, day)) == (100 * MILLION if expected else 0)
    assert (accrued(line, day).won > 0) is expected
    payer = staff(contract.firm)
    [item] = waiting_on(payer, contract.firm, today=day)
    assert (item.due_on, item.is_overdue) == (line.last_day, expected)
    with time_machine.travel(moment(day), tick=False):
        sign_in(client, payer)
        assert client.get("/royalties/dues/?tab=overdue").context["page"].paginator.count == expected
        for address in ("/royalties/dues/", reverse("royalties:invoice", args=[invoice.public_id])):
            page = client.get(address).text
            assert (">Overdue</span>" in page.replace(" ", "").replace("\n", "")) is expected, address
        export = b"".join(client.get("/royalties/dues/export.csv").streaming_content).decode("utf-8-sig")
        assert export.strip().endswith("Yes" if expected else "No")
        assert pay_by.isoformat() in export
        [row] = client.get("/api/v1/royalties/dues/").json()["results"]
        assert (row["pay_by"], row["is_overdue"]) == (pay_by.isoformat(), expected)


def test_reminders_go_by_the_later_day_and_back_when_the_invoice_is_cancelled():
    contract = concluded()
    line = due(contract, due_on=TODAY - 20 * DAY)
    by, payer = staff(contract.holder), staff(contract.firm)

    def told():
        rows = Notification.objects.filter(recipient=payer, kind__startswith="dues_").order_by("pk")
        return [(row.kind, row.params["day"]) for row in rows]

    assert remind_all(at=NOW) == 1
    before = [("dues_overdue", line.due_on.isoformat())]
    assert told() == before
    pay_by = TODAY + 29 * DAY
    invoice = issue_invoice(due=line, pay_by=pay_by, by=by, at=NOW).invoice
    assert [remind_all(at=moment(pay_by + days * DAY)) for days in (-15, -14, -3, 0, 1)] == [0, 1, 1, 0, 1]
    soon, late = ("dues_soon", pay_by.isoformat()), ("dues_overdue", pay_by.isoformat())
    assert told() == [*before, soon, soon, late]
    cancel_invoice(invoice=invoice, reason="Wrong sum", by=by, at=moment(pay_by + DAY))
    line.refresh_from_db()
    assert (line.pay_by, line.last_day) == (None, line.due_on)


def test_the_database_keeps_the_day_of_the_invoice_that_stands():
    invoice = invoiced()
    line, by = invoice.due, staff(invoice.contract.holder)

    def kept():
        line.refresh_from_db()
        return line.pay_by

    assert kept() == invoice.pay_by
    cancel_invoice(invoice=invoice, reason="x", by=by, at=NOW)
    assert kept() is None
    again = issue_invoice(due=line, pay_by=TODAY + 40 * DAY, by=by, at=NOW).invoice
    assert kept() == again.pay_by
    paid(again, by=by)
    assert kept() == again.pay_by


# --- from a due to its invoice --------------------------------------------------------------------------------------


def test_from_the_due_each_side_comes_to_its_invoice(client):
    line = due()
    contract = line.contract
    people = {"holder": staff(contract.holder), "firm": staff(contract.firm)}
    page = reverse("royalties:due", args=[line.public_id])
    ask = reverse("royalties:invoice_new", args=[line.public_id])
    with time_machine.travel(NOW, tick=False):
        for side, may_ask in (("holder", True), ("firm", False)):
            sign_in(client, people[side])
            assert (f'href="{ask}"' in client.get(page).text) is may_ask
        invoice = invoiced(line, by=people["holder"])
        for user in people.values():
            sign_in(client, user)
            text = client.get(page).text
            assert f'href="{reverse("royalties:invoice", args=[invoice.public_id])}"' in text
            assert invoice.number in text
            assert f'href="{ask}"' not in text
