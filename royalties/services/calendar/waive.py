"""The holder gives up what is owed, and says why."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import NotPossibleNow
from royalties.enums.calendar import DUE_STATES, DueKind, DueState
from royalties.enums.income import INVOICE_STATES, InvoiceState
from royalties.models import Due
from royalties.notices import calendar as notices
from royalties.services.calendar.acting import locked_due, require, require_open, words
from royalties.services.calendar.late import AGAIN, settle_interest
from royalties.services.calendar.settle import MARK, settle


@transaction.atomic
def waive(*, due: Due, reason: str, seen_won: int | None, by: User, at: datetime) -> Due:
    """Not owed any more. Of what was asked for and paid in part, the rest: the line is done with what was paid, and the
    rest a further line that is not owed. It binds the holder, so its managers do it. Once.

    `seen_won` is what the page showed as open. Raises `NotAllowed`, `NotOpen`, `NotPossibleNow` where the amount is
    not known yet or changed meanwhile, `DomainError` naming the field.
    """
    locked = locked_due(due)
    require(by, Permission.AGREE_TERMS, locked.contract.holder)
    reason = words(reason, most=500, field="reason", missing=_("Say why it is not owed: the firm will read it."))
    require_open(locked)
    if locked.state == DueState.INVOICED and not locked.paid_won:
        raise NotPossibleNow(_("The firm was asked for it: cancel the invoice first."))
    if locked.is_money and locked.amount_won is None:
        raise NotPossibleNow(_("How much it is is not known yet: wait for the sales statement."))
    if locked.is_money and seen_won != (locked.amount_won or 0) - locked.paid_won:
        raise NotPossibleNow(_("The amount changed meanwhile. Reload the page and look at it."))
    said = {"waived_at": at, "waived_by": by, "waived_reason": reason}
    if locked.state == DueState.INVOICED:
        waived = _waive_rest(locked, said, at)
    else:
        DUE_STATES.move(locked, DueState.WAIVED, **said)
        waived = locked
    if locked.kind == DueKind.LATE_INTEREST:
        settle_interest(locked, at)
    settle(contract=locked.contract, at=at)
    notices.waived(waived, at)
    return locked


def _waive_rest(due: Due, said: dict[str, Any], at: datetime) -> Due:
    """Close the line and its invoice with what was paid; what is given up is a line of its own."""
    rest_won = (due.amount_won or 0) - due.paid_won
    invoice = due.invoices.select_for_update(of=["self"]).get(state=InvoiceState.ISSUED)
    INVOICE_STATES.move(invoice, InvoiceState.PAID, waived_won=invoice.waived_won + invoice.open_won)
    DUE_STATES.move(due, DueState.DONE, amount_won=due.paid_won, excess_won=0, done_at=at)
    return Due.objects.create(
        contract=due.contract, version_id=due.version_id, kind=due.kind, year=due.year, key=_further_key(due),
        due_on=due.due_on, amount_won=rest_won, state=DueState.WAIVED, **said,
    )  # fmt: skip


def _further_key(due: Due) -> str:
    """Of the next line of the same."""
    mark = AGAIN if due.kind == DueKind.LATE_INTEREST else MARK
    base = due.key.partition(mark)[0]
    keys = Due.objects.filter(contract=due.contract_id, kind=due.kind).values_list("key", flat=True)
    return f"{base}{mark}{sum(key.partition(mark)[0] == base for key in keys) + 1}"
