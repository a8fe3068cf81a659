"""A line of the bank statement is entered once in an office, on whichever voucher or recovery.

What a firm names with a transfer is the same for all parts of it: day and reference together tell a line.
"""

import unicodedata
from contextlib import AbstractContextManager
from datetime import date

from django.utils.translation import gettext as _

from marketplace.core.errors import Conflict
from marketplace.core.unique import refused_as
from vouchers.models import BankLine, Voucher


class ReferenceUsed(Conflict):
    """That line of the bank statement was entered before: it is the same money."""

    code = "reference_used"


def once_per_line(voucher: Voucher, day: date, reference: str) -> AbstractContextManager[None]:
    """Around writing a deposit or a receipt. Raises `ReferenceUsed`, naming what the line was entered on.

    The unique index is asked, not the rows: two officers each hold the lock of another voucher.
    """
    return refused_as("bank_line_once", lambda: _used(voucher, day, reference))


def _used(voucher: Voucher, day: date, reference: str) -> ReferenceUsed:
    said = unicodedata.normalize("NFKC", reference).upper()
    rows = BankLine.objects.filter(office=voucher.line.call.office_id, received_on=day, reference=said)
    line = rows.select_related("deposit__voucher", "receipt__recovery").first()
    number = "–"  # where upper case in the database and here differ, in a rare script
    if line is not None and line.deposit is not None:
        number = line.deposit.voucher.number
    elif line is not None and line.receipt is not None:
        number = line.receipt.recovery.number
    return used_on(number)


def used_on(number: str) -> ReferenceUsed:
    text = _(
        "A payment of that day with this reference is entered already, on %(number)s. It counts once. If these are two "
        "payments of one day, add the time or the serial of the line."
    )
    return ReferenceUsed(text % {"number": number}, field="reference")
