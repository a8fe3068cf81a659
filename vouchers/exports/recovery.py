"""The list of recoveries as rows for CSV and XLSX: won as numbers, days as in ISO 8601."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from vouchers.models import Recovery
from vouchers.queries.recovery import left_of, next_due_on


def recovery_cells(rows: Iterable[Recovery], day: date) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), _("Voucher"), _("Who pays back"), pgettext("recovery", "Ground"),
        _("To be paid back (won)"),
        _("Surcharge (won)"), _("Addition for late payment (won)"), _("Recovered (won)"), _("Left with interest (won)"),
        _("Pay by"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for row in rows:
        due_on = next_due_on(row, day)
        yield [
            row.number, row.get_state_display(), row.voucher.number, row.debtor.name_in(language),
            row.get_ground_display(), row.principal_won, row.surcharge_won, row.late_won, row.recovered_won,
            left_of(row, day).total_won, due_on.isoformat() if due_on else "",
        ]  # fmt: skip
