"""Ask the firm for a line of the calendar, and take it back."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from deals.services.negotiation.asking import refuse_reused_key
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.money import BASIS_POINTS, share_rounded_down
from marketplace.core.text import tidy
from royalties.enums.calendar import DUE_STATES, MONEY_KINDS, DueKind, DueState
from royalties.enums.income import INVOICE_STATES, VAT_BP, InvoiceState
from royalties.models import Due, Invoice
from royalties.models.invoices import SHORT_TEXT
from royalties.notices import income as notices
from royalties.numbers import invoice_number
from royalties.services.calendar.late import settle_interest
from royalties.services.calendar.settle import settle
from royalties.services.income.checks import lock_contract, lock_due, lock_invoice, reason_given, require_keeper


class Issued(NamedTuple):
    """`is_new` is False where the line had been asked for already."""

    invoice: Invoice
    is_new: bool


@transaction.atomic
def issue_invoice(
    *, due: Due, by: User, at: datetime, pay_by: date | None = None, vat_bp: int = VAT_BP, text: str = "",
    key: UUID | None = None,
) -> Issued:  # fmt: skip
    """Number it and tell the firm. VAT on top, fractions of a won dropped. To be paid by the line's day, or today.

    Clicked twice it is one invoice; the same `key` gives the same one, also when it was cancelled meanwhile. Raises
    `NotAllowed`, `KeyReused` where the key asked for another line, `NotPossibleNow` where nothing is owed or its amount
    is not known yet, `DomainError` naming the field.
    """
    contract = lock_contract(due.contract_id)
    require_keeper(by, contract.holder)
    locked = lock_due(due.pk)
    if key is not None and (earlier := Invoice.objects.filter(issued_by=by, idempotency_key=key).first()):
        if earlier.due_id != locked.pk:
            refuse_reused_key()
        return Issued(earlier, False)
    standing = locked.invoices.exclude(state=InvoiceState.CANCELLED).first()
    if standing is not None:
        return Issued(standing, False)
    if locked.kind not in MONEY_KINDS or locked.state != DueState.EXPECTED:
        raise NotPossibleNow(_("There is nothing to ask for here any more. Reload the page."))
    if not locked.is_owed:
        raise NotPossibleNow(_("This milestone was not confirmed yet: it is owed when it was reached."))
    if not locked.amount_won:
        raise NotPossibleNow(_("Its amount is not known yet: the firm has to report its sales first."))
    today, said = timezone.localdate(at), tidy(text)
    last_day = pay_by or max(locked.due_on, today)
    if last_day < today:
        raise DomainError(_("This day has passed."), field="pay_by")
    if not 0 <= vat_bp <= BASIS_POINTS:
        raise DomainError(_("Give a rate between 0 and 100 %."), field="vat_bp")
    if len(said) > SHORT_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": SHORT_TEXT}, field="text")
    vat_won = share_rounded_down(locked.amount_won, vat_bp)
    invoice = Invoice.objects.create(
        number=invoice_number(at), contract=contract, due=locked, net_won=locked.amount_won, vat_won=vat_won,
        total_won=locked.amount_won + vat_won, pay_by=last_day, text=said, issued_at=at, issued_by=by,
        idempotency_key=key,
    )  # fmt: skip
    _asked_until(locked, last_day)
    DUE_STATES.move(locked, DueState.INVOICED, told_of=locked.told_of)
    notices.issued(invoice, at)
    return Issued(invoice, True)


@transaction.atomic
def cancel_invoice(*, invoice: Invoice, reason: str, by: User, at: datetime) -> Invoice:
    """Nothing of it is to be paid any more; the line of the calendar waits to be asked for again, with what is owed by
    now. Said once more it changes nothing.

    Raises `NotAllowed`, `NotPossibleNow` where something was paid of it, `DomainError` without a reason.
    """
    contract = lock_contract(invoice.contract_id)
    require_keeper(by, contract.holder)
    why = reason_given(reason)
    locked = lock_invoice(invoice.pk)
    if (locked.cancelled_by_id, locked.cancel_reason) == (by.pk, why):
        return locked
    if locked.paid_won:
        raise NotPossibleNow(_("Something was paid of it. Take the payments off it first."))
    due = lock_due(locked.due_id)
    INVOICE_STATES.move(locked, InvoiceState.CANCELLED, cancelled_at=at, cancelled_by=by, cancel_reason=why)
    if due.state == DueState.INVOICED:
        _asked_until(due, None)
        DUE_STATES.move(due, DueState.EXPECTED, told_of=due.told_of)
    if due.kind == DueKind.LATE_INTEREST:
        settle_interest(due, at)
    settle(contract=contract, at=at)
    notices.cancelled(locked, at)
    return locked


def _asked_until(due: Due, day: date | None) -> None:
    """The invoice's day, which the database keeps on the line (trigger `royalties_due_pay_by`): where it moves the last
    day in time, reminders begin anew.
    """
    before, due.pay_by = due.last_day, day
    if due.last_day != before:
        due.told_of = None
