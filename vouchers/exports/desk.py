"""The desk as rows for CSV and XLSX: what waits, and the money of each call."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vouchers.models import BudgetLine
from vouchers.queries.queue import Task


def queue_cells(tasks: Iterable[Task]) -> Iterator[list[Any]]:
    yield [
        pgettext("office", "What"),
        _("Number"),
        pgettext("money", "Day"),
        pgettext("recovery", "Overdue"),
        _("First officer"),
    ]
    for task in tasks:
        day = task.due_on.isoformat() if task.due_on else ""
        yield [task.what, task.number, day, _("yes") if task.is_overdue else "", task.first_by]


def money_cells(lines: Iterable[BudgetLine]) -> Iterator[list[Any]]:
    yield [
        _("Call"), _("Title"), _("Allocated (won)"), _("Available (won)"), _("Reserved (won)"), _("Committed (won)"),
        pgettext("money", "Paid (won)"), _("Recovered (won)"),
    ]  # fmt: skip
    for line in lines:
        yield [
            line.call.number, line.call.title, line.allocated_won, line.available_won, line.reserved_won,
            line.committed_won, line.paid_won, line.recovered_won,
        ]  # fmt: skip
