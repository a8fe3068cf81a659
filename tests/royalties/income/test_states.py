"""State tables of invoices, receipts and bank files: Python and the database agree on every pair."""

import itertools

import pytest
from django.db import DatabaseError, transaction

from marketplace.core.states import IllegalTransition
from royalties.enums.income import (
    BANK_FILE_STATES,
    INVOICE_STATES,
    RECEIPT_STATES,
    BankFileState,
    InvoiceState,
    ReceiptState,
)
from royalties.services.income.bank import book_bank_file, discard_bank_file
from royalties.services.income.issue import cancel_invoice
from royalties.services.income.receive import set_aside
from tests.factories.accounts import OrganizationFactory
from tests.factories.royalties.income import MILLION, NOW, bank_file, invoiced, paid, received, staff


def invoice_in(state):
    found = invoiced()
    if state == InvoiceState.PAID:
        paid(found)
    if state == InvoiceState.CANCELLED:
        return cancel_invoice(invoice=found, reason="x", by=staff(found.contract.holder), at=NOW)
    found.refresh_from_db()
    return found


def receipt_in(state):
    if state == ReceiptState.DONE:
        return paid().receipt
    found = received(OrganizationFactory(institute=True))
    if state == ReceiptState.ASIDE:
        return set_aside(receipt=found, reason="x", by=staff(found.holder), at=NOW)
    return found


def file_in(state):
    found = bank_file(OrganizationFactory(institute=True))
    act = {BankFileState.BOOKED: book_bank_file, BankFileState.DISCARDED: discard_bank_file}.get(state)
    if act:
        act(file=found, by=staff(found.holder), at=NOW)
        found.refresh_from_db()
    return found


def of_invoice(after, found):
    by = found.issued_by
    return {
        InvoiceState.PAID: {"paid_won": found.total_won},
        InvoiceState.ISSUED: {"paid_won": 0},
        InvoiceState.CANCELLED: {"cancelled_at": NOW, "cancelled_by": by, "cancel_reason": "x", "paid_won": 0},
    }[after]


def of_receipt(after, found):
    nobody = {"aside_at": None, "aside_by": None, "aside_reason": ""}
    return {
        ReceiptState.OPEN: {"allocated_won": 0, **nobody},
        ReceiptState.DONE: {"allocated_won": found.amount_won, **nobody},
        ReceiptState.ASIDE: {
            "allocated_won": 0, "aside_at": NOW, "aside_by": found.entered_by, "aside_reason": "x",
        },
    }[after]  # fmt: skip


def of_file(after, found):
    closed = after != BankFileState.READ
    return {"closed_at": NOW if closed else None, "closed_by": found.uploaded_by if closed else None}


KINDS = {
    "invoice": (INVOICE_STATES, InvoiceState, invoice_in, of_invoice),
    "receipt": (RECEIPT_STATES, ReceiptState, receipt_in, of_receipt),
    "bank file": (BANK_FILE_STATES, BankFileState, file_in, of_file),
}
PAIRS = [(kind, *pair) for kind, (_m, states, *_r) in KINDS.items() for pair in itertools.permutations(states, 2)]


@pytest.mark.parametrize(("kind", "before", "after"), PAIRS)
def test_every_move(kind, before, after):
    machine, _states, make, fields = KINDS[kind]
    found = make(before)
    model, was = type(found), type(found).objects.filter(pk=found.pk).values().get()
    changes = fields(after, found)
    if machine.can(found, after):
        machine.move(found, after, **changes)
        assert model.objects.get(pk=found.pk).state == after
        return
    with pytest.raises(IllegalTransition):
        machine.move(found, after, **changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=found.pk).update(state=after, **changes)
    assert model.objects.filter(pk=found.pk).values().get() == was


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (lambda: invoice_in("issued"), {"paid_won": 200 * MILLION}),
        (lambda: invoice_in("issued"), {"state": "paid"}),
        (lambda: invoice_in("issued"), {"state": "moon"}),
        (lambda: invoice_in("cancelled"), {"cancel_reason": ""}),
        (lambda: receipt_in("open"), {"returned_won": 200 * MILLION}),
        (lambda: receipt_in("open"), {"state": "done"}),
        (lambda: receipt_in("aside"), {"aside_reason": ""}),
        (lambda: receipt_in("done"), {"allocated_won": 1}),
        (lambda: file_in("read"), {"closed_at": NOW}),
    ],
)
def test_what_cannot_be(make, changes):
    found = make()
    model, was = type(found), type(found).objects.filter(pk=found.pk).values().get()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=found.pk).update(**changes)
    assert model.objects.filter(pk=found.pk).values().get() == was
