"""Lists of royalty money as rows for CSV and XLSX: won and basis points as numbers, days as in ISO 8601."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from marketplace.core.money import in_percent
from royalties.enums.income import FeePayer
from royalties.models import BankFile, FeeShare, Invoice, Receipt
from royalties.queries.statements import Entry
from tech_listings.ingest.problems import RowProblem


def day(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else ""


def invoice_cells(invoices: Iterable[Invoice]) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), _("Contract"), _("Holder"), _("Firm"), _("Technology"), pgettext("money", "What"),
        _("Issued"),
        _("Pay by"), _("Without VAT (won)"), _("VAT (won)"), _("Total (won)"), _("Paid (won)"),
        _("Waived (won)"), _("Open (won)"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for row in invoices:
        contract = row.contract
        yield [
            row.number, row.get_state_display(), contract.number, contract.holder.name_in(language),
            contract.firm.name_in(language), contract.listing.text_in("title", language), row.due.get_kind_display(),
            day(row.issued_at), row.pay_by.isoformat(), row.net_won, row.vat_won, row.total_won, row.paid_won,
            row.waived_won, row.open_won,
        ]  # fmt: skip


def receipt_cells(receipts: Iterable[Receipt]) -> Iterator[list[Any]]:
    yield [
        _("Number"), _("State"), pgettext("money", "Day"), _("Payer"), _("Words of the transfer"), _("Amount (won)"),
        _("Put to invoices (won)"), _("Paid back (won)"), pgettext("money", "Open (won)"), _("Invoices"),
    ]  # fmt: skip
    for row in receipts:
        invoices = " ".join(a.invoice.number for a in row.allocations.all() if not a.is_undone)
        yield [
            row.number, row.get_state_display(), row.booked_on.isoformat(), row.payer, row.memo, row.amount_won,
            row.allocated_won, row.returned_won, row.open_won, invoices,
        ]  # fmt: skip


def statement_cells(entries: Iterable[Entry]) -> Iterator[list[Any]]:
    """One line per person, use and distribution; what was taken back is a line of its own, less than 0."""
    yield [
        pgettext("money", "Day"), _("Distribution"), _("Name"), _("E-mail"), _("Staff number"), _("Use"), _("Contract"),
        _("Technology"), _("Royalty (won)"), _("Share (%)"), _("Amount (won)"), pgettext("money", "Taken back"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for entry in entries:
        share, contract = entry.share, entry.share.distribution.contract
        yield [
            entry.day.isoformat(), share.distribution.number, share.payee.name, share.payee.email,
            share.payee.staff_number, share.get_pot_display(), contract.number,
            contract.listing.text_in("title", language), share.distribution.royalty_won, in_percent(share.share_bp),
            entry.amount_won, _("Yes") if entry.is_reversal else "",
        ]  # fmt: skip


def payroll_cells(totals: Iterable[Any]) -> Iterator[list[Any]]:
    """One line per person, for the payroll of a period."""
    yield [
        _("Staff number"),
        _("Name"),
        _("E-mail"),
        _("As inventor (won)"),
        _("As contributor (won)"),
        _("As donor (won)"),
        _("Total (won)"),
    ]
    for total in totals:
        yield [
            total.payee.staff_number, total.payee.name, total.payee.email, total.researchers_won,
            total.contributors_won, total.donor_won, total.total_won,
        ]  # fmt: skip


def fee_cells(fees: Iterable[FeeShare]) -> Iterator[list[Any]]:
    yield [
        pgettext("money", "Day"), _("Distribution"), _("Broker"), _("Contract"), _("Pays"), _("Royalty (won)"),
        _("Without VAT (won)"), _("VAT (won)"), _("Total (won)"), pgettext("money", "Taken back"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for fee in fees:
        made, contract = fee.distribution, fee.distribution.contract
        payer = contract.holder if fee.payer == FeePayer.HOLDER else contract.firm
        yield [
            day(made.shared_at), made.number, fee.broker.name_in(language), contract.number, payer.name_in(language),
            made.royalty_won, fee.net_won, fee.vat_won, fee.total_won, day(made.undone_at),
        ]  # fmt: skip


def refused_cells(file: BankFile) -> Iterator[list[Any]]:
    """Rows of a bank file that could not be read, with the reason and what to do."""
    yield [_("Row"), _("Column"), _("Value"), _("Why"), _("What to do")]
    for found in map(RowProblem.from_json, file.problems):
        column = FIELDS[found.field]() if found.field in FIELDS else found.field
        yield [found.row, column, found.value, found.why, found.remedy]


FIELDS = {"booked_on": lambda: pgettext("money", "Day"), "deposit": lambda: _("Amount")}
