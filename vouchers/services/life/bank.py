"""A line of the bank statement is entered once in an office, on whichever voucher or recovery."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.core.errors import Conflict
from vouchers.models import BankLine, Voucher


class ReferenceUsed(Conflict):
    """That line of the bank statement was entered before: it is the same money."""

    code = "reference_used"


@contextmanager
def once_per_line(voucher: Voucher, day: date, reference: str) -> Iterator[None]:
    """Around writing a deposit or a receipt. Raises `ReferenceUsed`, naming what the line was entered on.

    The unique index is asked, not the rows: two officers each hold the lock of another voucher.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != "bank_line_once":
            raise
        raise ReferenceUsed(
            _("A payment of that day with this reference is entered already, on %(number)s. It counts once.")
            % {"number": _entered_on(voucher, day, reference)},
            field="reference",
        ) from None


def _entered_on(voucher: Voucher, day: date, reference: str) -> str:
    said = unicodedata.normalize("NFKC", reference).upper()
    line = (
        BankLine.objects.filter(office=voucher.line.call.office_id, received_on=day, reference=said)
        .select_related("deposit__voucher", "receipt__recovery")
        .first()
    )
    if line is None:  # upper case of the database and of Python differ in rare scripts
        return "–"
    return line.deposit.voucher.number if line.deposit else line.receipt.recovery.number  # type: ignore[union-attr]
