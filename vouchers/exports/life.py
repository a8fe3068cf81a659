"""The list of vouchers as rows for CSV and XLSX: won as numbers, days as in ISO 8601."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from vouchers.models import Voucher


def voucher_cells(vouchers: Iterable[Voucher]) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), _("Call"), _("Firm"), pgettext("voucher", "Government money (won)"),
        pgettext("money", "Open (won)"), pgettext("money", "Bound to orders (won)"), pgettext("money", "Paid (won)"),
        _("Returned (won)"), _("Recovered (won)"), _("Own share (won)"), _("Own share to be paid in by"),
        pgettext("voucher", "Valid from"), _("Valid until"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for row in vouchers:
        yield [
            row.number, row.get_state_display(), row.line.call.number, row.holder.name_in(language), row.face_won,
            row.open_won, row.bound_won, row.paid_won, row.returned_won, row.recovered_won, row.own_won,
            row.deposit_by.isoformat(), row.valid_from.isoformat() if row.valid_from else "",
            row.valid_until.isoformat() if row.valid_until else "",
        ]  # fmt: skip
