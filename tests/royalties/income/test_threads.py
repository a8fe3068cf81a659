"""At the same moment. Each race is run with the locks, and without them to show what they are for."""

import pytest
from django.db.models import Sum

from royalties.models import Allocation, Distribution, Due, Invoice, LedgerEntry, Receipt
from royalties.services.calendar.waive import waive
from royalties.services.income import assign as assigning
from royalties.services.income import issue as issuing
from royalties.services.income.agree import disagreements
from royalties.services.income.assign import assign, undo_assignment
from royalties.services.income.bank import book_bank_file
from royalties.services.income.issue import cancel_invoice, issue_invoice
from royalties.services.income.receive import pay_back
from royalties.services.share import share as sharing
from royalties.services.share.propose import propose
from royalties.services.share.share import share
from tests.factories.royalties.income import (
    MILLION,
    NOW,
    TODAY,
    bank_file,
    due,
    invoiced,
    manager,
    paid,
    planned,
    received,
    rules,
    staff,
)
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_double_click_asks_once(locked, monkeypatch):
    line = due()
    by = staff(line.contract.holder)
    meet_in(monkeypatch, issuing, "invoice_number", locked=locked)
    outcomes = at_once(*(lambda: issue_invoice(due=line, by=by, at=NOW) for _ in range(2)))
    # Without the lock the unique constraint is the last guard: the second click sees an error instead of its invoice.
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    assert Invoice.objects.count() == 1


def test_one_receipt_is_not_put_to_two_invoices_with_all_of_it(locked, monkeypatch):
    line = due()
    holder = line.contract.holder
    receipt = received(holder)
    invoices = [invoiced(line), invoiced(due(line.contract, key="second"))]
    by = staff(holder)
    meet_in(monkeypatch, assigning, "_vat_of_next", locked=locked)
    outcomes = at_once(*(lambda i=i: assign(receipt=receipt, invoice=i, by=by, at=NOW) for i in invoices))
    spent = Allocation.objects.aggregate(won=Sum("amount_won"))["won"]
    if locked:
        assert kinds(outcomes) == ["done", "told"]
        assert (spent, list(disagreements())) == (110 * MILLION, [])
    else:
        # Both saw all of it open: what came in once was spent twice.
        assert spent == 220 * MILLION
        assert list(disagreements()) != []


def test_two_receipts_do_not_overpay_an_invoice(locked, monkeypatch):
    invoice = invoiced()
    holder = invoice.contract.holder
    receipts, by = [received(holder), received(holder)], staff(holder)
    meet_in(monkeypatch, assigning, "_vat_of_next", locked=locked)
    outcomes = at_once(*(lambda r=r: assign(receipt=r, invoice=invoice, by=by, at=NOW) for r in receipts))
    # Without the lock the line of the calendar, which is never overpaid, is the last guard.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert Allocation.objects.aggregate(won=Sum("amount_won"))["won"] == 110 * MILLION


def test_paid_back_and_assigned_at_once():
    invoice = invoiced()
    receipt, by = received(invoice.contract.holder), staff(invoice.contract.holder)
    outcomes = at_once(
        lambda: assign(receipt=receipt, invoice=invoice, by=by, at=NOW),
        lambda: pay_back(receipt=receipt, amount_won=110 * MILLION, reason="x", by=by, at=NOW),
    )
    assert kinds(outcomes) == ["done", "told"]
    assert list(disagreements()) == []


def test_paid_and_cancelled_at_once():
    invoice = invoiced()
    receipt, by = received(invoice.contract.holder), staff(invoice.contract.holder)
    outcomes = at_once(
        lambda: assign(receipt=receipt, invoice=invoice, by=by, at=NOW),
        lambda: cancel_invoice(invoice=invoice, reason="x", by=by, at=NOW),
    )
    assert kinds(outcomes) == ["done", "told"]
    assert list(disagreements()) == []


def test_the_rest_is_waived_or_paid(locked, meeting):
    invoice = invoiced()
    holder = invoice.contract.holder
    paid(invoice, 44 * MILLION)
    receipt, by = received(holder, 66 * MILLION), manager(holder)
    line = Due.objects.get()
    outcomes = at_once(
        lambda: assign(receipt=receipt, invoice=invoice, by=by, at=NOW),
        lambda: waive(due=line, reason="x", seen_won=60 * MILLION, by=by, at=NOW),
    )
    invoice.refresh_from_db()
    # Without the locks the sums of the invoice are the last guard.
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert invoice.total_won == invoice.paid_won + invoice.waived_won
    assert list(disagreements()) == []


def test_it_is_shared_out_once(locked, monkeypatch):
    rules()
    allocation = paid()
    contract = allocation.invoice.contract
    planned(contract)
    by = manager(contract.holder)
    seen = propose(allocation, today=TODAY).digest
    meet_in(monkeypatch, sharing, "propose", locked=locked)
    outcomes = at_once(*(lambda: share(allocation=allocation, seen=seen, by=by, at=NOW) for _ in range(2)))
    assert kinds(outcomes) == (["done", "told"] if locked else ["database", "done"])
    assert Distribution.objects.count() == 1
    assert LedgerEntry.objects.filter(account="royalty").aggregate(won=Sum("amount_won"))["won"] == 0


def test_shared_out_and_taken_off_the_invoice_at_once():
    rules()
    allocation = paid()
    contract = allocation.invoice.contract
    planned(contract)
    by = manager(contract.holder)
    seen = propose(allocation, today=TODAY).digest
    outcomes = at_once(
        lambda: share(allocation=allocation, seen=seen, by=by, at=NOW),
        lambda: undo_assignment(allocation=allocation, reason="x", by=by, at=NOW),
    )
    assert kinds(outcomes) == ["done", "told"]
    assert list(disagreements()) == []


def test_a_file_is_booked_once():
    invoice = invoiced(amount_won=10 * MILLION)
    holder = invoice.contract.holder
    file, by = bank_file(holder, memo=invoice.number), staff(holder)
    outcomes = at_once(*(lambda: book_bank_file(file=file, by=by, at=NOW) for _ in range(2)))
    assert kinds(outcomes) == ["done", "told"]
    assert Receipt.objects.count() == 1
    assert Invoice.objects.get().state == "paid"
