"""Dues and lines of sales as rows for CSV. Days as in ISO 8601, amounts in whole won."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from royalties.models import Due, SalesStatement


def due_cells(dues: Iterable[Due], day: date) -> Iterator[list[Any]]:
    yield [
        _("Contract"), _("Technology title"), pgettext("money", "What"), _("Holder"), pgettext("negotiation", "Firm"),
        _("Year"),
        pgettext("money", "Due on"), _("Pay by"), _("Amount in won"), _("Paid in won"), _("State"), _("Overdue"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for due in dues:
        contract = due.contract
        yield [
            contract.number, contract.listing.text_in("title", language), due.name, contract.holder.display_name,
            contract.firm.display_name, due.year or "", due.due_on.isoformat(),
            due.pay_by.isoformat() if due.pay_by else "",
            "" if due.amount_won is None else due.amount_won, due.paid_won if due.is_money else "",
            state_of(due), _("Yes") if due.is_overdue_on(day) else _("No"),
        ]  # fmt: skip


def state_of(due: Due) -> str:
    return due.get_state_display() if due.is_owed else _("Not reached yet")


def line_cells(statement: SalesStatement) -> Iterator[list[Any]]:
    yield [_("Product"), _("Quantity"), _("Sales in won"), _("Deductions in won")]
    for line in statement.lines:
        yield [line["product"], line["quantity"], line["sales_won"], line["deductions_won"]]
