"""Take a bank's statement: read it, show what it would do, then book it once."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import BinaryIO, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from royalties.enums.income import BANK_FILE_STATES, CERTAIN, BankFileState, InvoiceState, ReceiptState
from royalties.ingest.bank import BankLine, read_statement
from royalties.ingest.matching import OpenInvoice, match_lines, numbers_in
from royalties.models import BankFile, BankRow, Invoice, Receipt
from royalties.numbers import receipt_numbers
from royalties.services.income.assign import assign
from royalties.services.income.checks import lock_contract, require_keeper
from royalties.services.income.receive import book_received

MOST_BYTES = 5 * 1024 * 1024


class ReadFile(NamedTuple):
    """`is_new` is False where the same file had been read already."""

    file: BankFile
    is_new: bool


class Booked(NamedTuple):
    """How many receipts were written, how many of them were put to an invoice, how many were there already."""

    receipts: int
    assigned: int
    known: int


@transaction.atomic
def read_bank_file(*, holder: Organization, file: BinaryIO, name: str, by: User, at: datetime) -> ReadFile:
    """Keep what the rows say and what they probably pay. Nothing is booked. The same file again is the same.

    Raises `NotAllowed`, `FileProblem`, `NotAStatement`, `DomainError`.
    """
    require_keeper(by, holder)
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DomainError(_("At most %(most)d MB.") % {"most": MOST_BYTES >> 20}, field="file")
    checksum = hashlib.sha256(content).hexdigest()
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=holder.pk)
    same = BankFile.objects.filter(holder=holder, checksum=checksum).exclude(state=BankFileState.DISCARDED).first()
    if same is not None:
        return ReadFile(same, False)
    statement = read_statement(content, today=timezone.localdate(at), name=name)
    if not statement.lines and not statement.problems:
        raise DomainError(_("There is no deposit in this file."), field="file")
    kept = BankFile.objects.create(
        holder=holder,
        name=tidy(name).replace("\n", " ")[:200] or "–",
        checksum=checksum,
        problems=[found.as_json() for found in statement.problems],
        other_rows=statement.other_rows,
        uploaded_at=at,
        uploaded_by=by,
    )
    BankRow.objects.bulk_create(_rows(kept, statement.lines))
    return ReadFile(kept, True)


def _rows(file: BankFile, lines: list[BankLine]) -> Iterable[BankRow]:
    keys = [line.key for line in lines]
    known = set(Receipt.objects.filter(holder=file.holder, bank_key__in=keys).values_list("bank_key", flat=True))
    new = [line for line in lines if line.key not in known]
    matches = dict(zip((line.key for line in new), match_lines(new, open_invoices(file.holder, new)), strict=True))
    for line in lines:
        match = matches.get(line.key)
        yield BankRow(
            file=file,
            row=line.row,
            booked_on=line.booked_on,
            amount_won=line.amount_won,
            payer=line.payer,
            memo=line.memo,
            reference=line.reference,
            key=line.key,
            invoice_id=match.pk if match else None,
            match_kind=match.kind if match else "",
            is_known=line.key in known,
        )


def open_invoices(holder: Organization, lines: Iterable[BankLine]) -> list[OpenInvoice]:
    """What deposits may pay; paid ones too where a line names their number, and no others of ten years."""
    named = {number for line in lines for number in numbers_in(line)}
    rows = Invoice.objects.filter(contract__holder=holder).exclude(state=InvoiceState.CANCELLED)
    rows = rows.filter(Q(state=InvoiceState.ISSUED) | Q(number__in=named))
    return [
        OpenInvoice(
            invoice.pk,
            invoice.number,
            tuple(filter(None, (firm.name, firm.name_en, firm.name_zh))),
            invoice.open_won,
        )
        for invoice in rows.select_related("contract__firm").order_by("pk")
        if (firm := invoice.contract.firm)
    ]


@transaction.atomic
def book_bank_file(*, file: BankFile, by: User, at: datetime) -> Booked:
    """Write a receipt for each deposit that is not there yet, and put it to its invoice where two signs agree.

    What is uncertain, or more than the invoice, waits to be assigned by hand. All or nothing; the second time nothing.
    Raises `NotAllowed`, `IllegalTransition`.
    """
    require_keeper(by, file.holder)
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=file.holder_id)
    locked = BankFile.objects.select_for_update(of=["self"]).select_related("holder").get(pk=file.pk)
    BANK_FILE_STATES.move(locked, BankFileState.BOOKED, closed_at=at, closed_by=by)
    rows = list(locked.rows.select_related("invoice").order_by("row"))
    keys = [row.key for row in rows]
    # Another file may have brought the same lines since this one was read.
    known = set(Receipt.objects.filter(holder=locked.holder, bank_key__in=keys).values_list("bank_key", flat=True))
    new = [row for row in rows if row.key not in known]
    for pk in sorted({row.invoice.contract_id for row in new if row.invoice and row.match_kind in CERTAIN}):
        lock_contract(pk)
    numbers = receipt_numbers(at, len(new)) if new else []
    assigned = 0
    for row, number in zip(new, numbers, strict=True):
        receipt = _receipt(locked, row, number, by, at)
        if row.invoice is None or row.match_kind not in CERTAIN:
            continue
        invoice = Invoice.objects.get(pk=row.invoice.pk)
        if invoice.state == InvoiceState.ISSUED and receipt.state == ReceiptState.OPEN:
            assign(receipt=receipt, invoice=invoice, match_kind=row.match_kind, by=by, at=at)
            assigned += 1
    return Booked(len(new), assigned, len(rows) - len(new))


def _receipt(file: BankFile, row: BankRow, number: str, by: User, at: datetime) -> Receipt:
    receipt = Receipt.objects.create(
        number=number,
        holder=file.holder,
        booked_on=row.booked_on,
        amount_won=row.amount_won,
        payer=row.payer,
        memo=row.memo,
        reference=row.reference,
        bank_key=row.key,
        bank_file=file,
        suggested=row.invoice,
        match_kind=row.match_kind,
        entered_at=at,
        entered_by=by,
    )
    book_received(receipt=receipt, by=by, at=at)
    return receipt


@transaction.atomic
def discard_bank_file(*, file: BankFile, by: User, at: datetime) -> BankFile:
    """Nothing of it is booked. Raises `NotAllowed`, `IllegalTransition`."""
    require_keeper(by, file.holder)
    locked = BankFile.objects.select_for_update(of=["self"]).get(pk=file.pk)
    BANK_FILE_STATES.move(locked, BankFileState.DISCARDED, closed_at=at, closed_by=by)
    return locked
