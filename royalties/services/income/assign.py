"""Put a receipt to an invoice, and take it off again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from deals.services.negotiation.asking import refuse_reused_key
from marketplace.core.errors import DomainError, NotPossibleNow
from royalties.enums.calendar import DUE_STATES, DueState
from royalties.enums.income import INVOICE_STATES, Account, InvoiceState, MatchKind, PostingKind, ReceiptState
from royalties.models import Allocation, Due, Invoice, Receipt
from royalties.notices import income as notices
from royalties.services.calendar.late import charge_late, take_charge_back
from royalties.services.income.checks import (
    lock_contract,
    lock_due,
    lock_invoice,
    lock_receipt,
    reason_given,
    require_keeper,
)
from royalties.services.income.ledger import About, Line, post, reverse
from royalties.services.income.receive import spend


@transaction.atomic
def assign(
    *, receipt: Receipt, invoice: Invoice, by: User, at: datetime, amount_won: int | None = None,
    match_kind: str = MatchKind.HAND, key: UUID | None = None,
) -> Allocation:  # fmt: skip
    """`amount_won` of the receipt pays the invoice: as much as both allow, where none is named. What is more than the
    invoice stays open on the receipt. VAT comes with it in proportion, so that the whole invoice brings the whole VAT.
    The same `key` gives the same allocation.

    Raises `NotAllowed`, `KeyReused`, `NotPossibleNow` where receipt or invoice have less left, `DomainError`.
    """
    contract = lock_contract(invoice.contract_id)
    require_keeper(by, contract.holder)
    locked, bill = lock_receipt(receipt.pk), lock_invoice(invoice.pk)
    if locked.holder_id != contract.holder_id:
        raise DomainError(_("The invoice is not one of this holder."), field="invoice")
    if key is not None and (earlier := Allocation.objects.filter(assigned_by=by, idempotency_key=key).first()):
        same = (earlier.receipt_id, earlier.invoice_id) == (locked.pk, bill.pk)
        if not same or amount_won not in (None, earlier.amount_won):
            refuse_reused_key()
        return earlier
    if bill.state != InvoiceState.ISSUED:
        raise NotPossibleNow(_("Nothing is to be paid of invoice %(number)s.") % {"number": bill.number})
    if locked.state != ReceiptState.OPEN:
        raise NotPossibleNow(_("Nothing of this receipt is left to be assigned."))
    most_won = min(locked.open_won, bill.open_won)
    part_won = most_won if amount_won is None else amount_won
    if part_won < 1:
        raise DomainError(_("Give a whole number of won, 1 or more."), field="amount_won")
    if part_won > most_won:
        most = {"most": f"{most_won:,}"}
        raise NotPossibleNow(_("At most %(most)s won of this receipt can go to this invoice.") % most)
    paid_won = bill.paid_won + part_won
    vat_won = _vat_of_next(bill, paid_won, part_won)
    made = Allocation.objects.create(
        receipt=locked, invoice=bill, amount_won=part_won, net_won=part_won - vat_won, vat_won=vat_won,
        match_kind=match_kind, assigned_at=at, assigned_by=by, idempotency_key=key,
    )  # fmt: skip
    lines = [
        Line(Account.UNASSIGNED, -part_won), Line(Account.VAT, vat_won), Line(Account.ROYALTY, part_won - vat_won),
    ]  # fmt: skip
    post(kind=PostingKind.ASSIGNED, about=About(locked, made), lines=lines, by=by, at=at)
    spend(locked, allocated_won=locked.allocated_won + part_won)
    _pay(bill, paid_won)
    due = lock_due(bill.due_id)
    _settle(due, made.net_won, at)
    charge_late(due=due, won=made.net_won, paid_on=locked.booked_on, source=made.public_id, at=at)
    notices.paid(bill, made, at)
    return made


@transaction.atomic
def undo_assignment(*, allocation: Allocation, reason: str, by: User, at: datetime) -> Allocation:
    """Take it off the invoice again, by a reversal. Raises `NotAllowed`, `NotPossibleNow` where it was shared out or
    undone, `DomainError` without a reason.
    """
    contract = lock_contract(allocation.invoice.contract_id)
    require_keeper(by, contract.holder)
    why = reason_given(reason)
    receipt, bill = lock_receipt(allocation.receipt_id), lock_invoice(allocation.invoice_id)
    found = Allocation.objects.select_for_update(of=["self"]).get(pk=allocation.pk)
    if found.is_undone:
        raise NotPossibleNow(_("This was taken back already."))
    if found.distributions.filter(undone_at__isnull=True).exists():
        raise NotPossibleNow(_("It was shared out. Take the distribution back first."))
    reverse(posting=found.postings.get(kind=PostingKind.ASSIGNED, reverses=None), reason=why, by=by, at=at)
    found.undone_at, found.undone_by, found.undo_reason = at, by, why
    found.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    spend(receipt, allocated_won=receipt.allocated_won - found.amount_won)
    _pay(bill, bill.paid_won - found.amount_won)
    due = lock_due(bill.due_id)
    _settle(due, -found.net_won, at)
    take_charge_back(due=due, source=found.public_id, at=at)
    notices.taken_off(bill, found, at)
    return found


def _vat_of_next(invoice: Invoice, paid_won: int, part_won: int) -> int:
    """The VAT in the next `part_won`, with which `paid_won` are paid: what is due of it by then, less what came."""
    came_won = invoice.allocations.standing().aggregate(won=Sum("vat_won"))["won"] or 0
    return min(part_won, max(0, invoice.vat_won * paid_won // invoice.total_won - came_won))


def _pay(invoice: Invoice, paid_won: int) -> None:
    to = InvoiceState.PAID if paid_won + invoice.waived_won == invoice.total_won else InvoiceState.ISSUED
    if to == invoice.state:
        invoice.paid_won = paid_won
        invoice.save(update_fields=["paid_won", "updated_at"])
    else:
        INVOICE_STATES.move(invoice, to, paid_won=paid_won)


def _settle(due: Due, net_won: int, at: datetime) -> None:
    """The line of the calendar is done when all of it has come in."""
    paid_won = due.paid_won + net_won
    to = DueState.DONE if due.amount_won is not None and paid_won >= due.amount_won else DueState.INVOICED
    if to == due.state:
        due.paid_won = paid_won
        due.save(update_fields=["paid_won", "updated_at"])
    else:
        DUE_STATES.move(due, to, paid_won=paid_won, done_at=at if to == DueState.DONE else None)
