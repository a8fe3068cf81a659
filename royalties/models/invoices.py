from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from deals.models import Contract
from marketplace.core.models import PublicId, TimeStamped
from royalties.enums.income import (
    BANK_FILE_STATES,
    INVOICE_STATES,
    RECEIPT_STATES,
    BankFileState,
    InvoiceState,
    MatchKind,
    ReceiptState,
)
from royalties.models.calendar import Due
from royalties.querysets.income import (
    AllocationQuerySet,
    BankFileQuerySet,
    InvoiceQuerySet,
    ReceiptQuerySet,
)

SHORT_TEXT = 500
MATCH_KINDS = ["", *MatchKind.values]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Invoice(PublicId, TimeStamped):
    """The holder asks the firm for one line of the calendar, VAT apart. What was asked never changes: cancel it, and
    issue another. `paid_won` is what receipts were put to it, VAT included, kept by the ledger; `waived_won` what the
    holder gave up of it after a part was paid.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="invoices")
    due = models.ForeignKey(Due, on_delete=models.PROTECT, related_name="invoices")
    net_won = models.PositiveBigIntegerField(_("Without VAT"))
    vat_won = models.PositiveBigIntegerField(_("VAT"))
    total_won = models.PositiveBigIntegerField(_("Total"))
    paid_won = models.PositiveBigIntegerField(_("Paid"), default=0)
    waived_won = models.PositiveBigIntegerField(_("Waived"), default=0)
    pay_by = models.DateField(_("Pay by"))
    text = models.CharField(_("Words to the firm"), max_length=SHORT_TEXT, blank=True)
    issued_at = models.DateTimeField(pgettext_lazy("invoice", "Issued"))
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.UUIDField(null=True, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=InvoiceState, default=InvoiceState.ISSUED)
    cancelled_at = models.DateTimeField(_("Cancelled"), null=True, blank=True)
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancel_reason = models.CharField(_("Why it is cancelled"), max_length=SHORT_TEXT, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="invoice_state_known", condition=Q(state__in=InvoiceState.values)),
            models.CheckConstraint(name="invoice_number_form", condition=Q(number__regex=r"^I(19|20)[0-9]{8}$")),
            models.CheckConstraint(
                name="invoice_adds_up", condition=Q(total_won=F("net_won") + F("vat_won"), net_won__gte=1)
            ),
            models.CheckConstraint(name="invoice_never_overpaid", condition=Q(paid_won__lte=F("total_won"))),
            models.CheckConstraint(
                name="invoice_paid_is_paid",
                condition=Q(state=InvoiceState.PAID, total_won=F("paid_won") + F("waived_won"))
                | Q(state=InvoiceState.ISSUED, total_won__gt=F("paid_won") + F("waived_won"))
                | Q(state=InvoiceState.CANCELLED, paid_won=0),
            ),
            models.CheckConstraint(
                name="invoice_cancelled_says_why",
                condition=(
                    Q(state=InvoiceState.CANCELLED, cancelled_at__isnull=False, cancelled_by__isnull=False)
                    & ~Q(cancel_reason="")
                )
                | (
                    ~Q(state=InvoiceState.CANCELLED)
                    & Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancel_reason="")
                ),
            ),
            models.UniqueConstraint(
                fields=["due"], name="invoice_one_per_due", condition=~Q(state=InvoiceState.CANCELLED)
            ),
            models.UniqueConstraint(
                fields=["issued_by", "idempotency_key"],
                name="invoice_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "-issued_at"], name="invoices_of_contract"),
            models.Index(fields=["pay_by"], name="invoices_open", condition=Q(state="issued")),
        ]
        triggers = [pgtrigger.FSM(name="invoice_moves", field="state", transitions=INVOICE_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def last_day(self) -> date:
        """The last day in time: its own, or that of its line of the calendar where this is later. Reads `due`."""
        return max(self.pay_by, self.due.due_on)

    @property
    def open_won(self) -> int:
        """What is still to be paid, VAT included."""
        return 0 if self.state == InvoiceState.CANCELLED else self.total_won - self.paid_won - self.waived_won


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class BankFile(PublicId, TimeStamped):
    """A statement of the holder's account, read but not booked; then booked or discarded, once.

    `problems` are rows that could not be read (`ingest.problems.RowProblem`), `other_rows` counts those that are no
    deposits. The file itself is not kept.
    """

    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="bank_files")
    name = models.CharField(_("File"), max_length=200)
    checksum = models.CharField(max_length=64)
    problems = models.JSONField(default=list)
    other_rows = models.PositiveIntegerField(default=0)
    uploaded_at = models.DateTimeField(_("Uploaded"))
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=BankFileState, default=BankFileState.READ)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = BankFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="bank_file_state_known", condition=Q(state__in=BankFileState.values)),
            models.CheckConstraint(
                name="bank_file_closed_says_who",
                condition=Q(state=BankFileState.READ, closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state=BankFileState.READ) & Q(closed_at__isnull=False, closed_by__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["holder", "checksum"], name="bank_file_once", condition=~Q(state=BankFileState.DISCARDED)
            ),
        ]
        indexes = [models.Index(fields=["holder", "-uploaded_at"], name="bank_files_of_holder")]
        triggers = [pgtrigger.FSM(name="bank_file_moves", field="state", transitions=BANK_FILE_STATES.pairs())]

    def __str__(self) -> str:
        return self.name


class BankRow(models.Model):
    """A deposit of a bank file and what it probably pays. Written once. `key` tells it from all others."""

    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="rows")
    row = models.PositiveIntegerField()
    booked_on = models.DateField(pgettext_lazy("money", "Day"))
    amount_won = models.PositiveBigIntegerField(_("Amount"))
    payer = models.CharField(_("Payer"), max_length=200, blank=True)
    memo = models.CharField(_("Words of the transfer"), max_length=200, blank=True)
    reference = models.CharField(_("Number of the bank"), max_length=200, blank=True)
    key = models.CharField(max_length=64)
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    match_kind = models.CharField(_("Why"), max_length=20, choices=MatchKind, blank=True)
    is_known = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="bank_row_match_kind_known", condition=Q(match_kind__in=MATCH_KINDS)),
            models.UniqueConstraint(fields=["file", "row"], name="bank_row_once"),
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.file_id} {self.row}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Receipt(PublicId, TimeStamped):
    """Money that came to the holder. `allocated_won` was put to invoices, `returned_won` paid back, both kept by the
    ledger; what is left is open. `suggested` is an invoice that it may pay. What came never changes.
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="royalty_receipts")
    booked_on = models.DateField(pgettext_lazy("money", "Day"))
    amount_won = models.PositiveBigIntegerField(_("Amount"))
    payer = models.CharField(_("Payer"), max_length=200, blank=True)
    memo = models.CharField(_("Words of the transfer"), max_length=200, blank=True)
    reference = models.CharField(_("Number of the bank"), max_length=200, blank=True)
    bank_key = models.CharField(max_length=64, blank=True)
    bank_file = models.ForeignKey(BankFile, null=True, blank=True, on_delete=models.PROTECT, related_name="receipts")
    suggested = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    match_kind = models.CharField(_("Why"), max_length=20, choices=MatchKind, blank=True)
    entered_at = models.DateTimeField(pgettext_lazy("receipt", "Entered"))
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.UUIDField(null=True, blank=True)
    allocated_won = models.PositiveBigIntegerField(_("Put to invoices"), default=0)
    returned_won = models.PositiveBigIntegerField(_("Paid back"), default=0)
    state = models.CharField(_("State"), max_length=10, choices=ReceiptState, default=ReceiptState.OPEN)
    aside_at = models.DateTimeField(null=True, blank=True)
    aside_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    aside_reason = models.CharField(_("What it is"), max_length=SHORT_TEXT, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="receipt_state_known", condition=Q(state__in=ReceiptState.values)),
            models.CheckConstraint(name="receipt_match_kind_known", condition=Q(match_kind__in=MATCH_KINDS)),
            models.CheckConstraint(name="receipt_number_form", condition=Q(number__regex=r"^P(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="receipt_of_something", condition=Q(amount_won__gte=1)),
            models.CheckConstraint(
                name="receipt_spent_within_amount",
                condition=Q(amount_won__gte=F("allocated_won") + F("returned_won")),
            ),
            models.CheckConstraint(
                name="receipt_done_is_done",
                condition=Q(state=ReceiptState.DONE, amount_won=F("allocated_won") + F("returned_won"))
                | Q(state=ReceiptState.OPEN, amount_won__gt=F("allocated_won") + F("returned_won"))
                | Q(state=ReceiptState.ASIDE, allocated_won=0, returned_won=0),
            ),
            models.CheckConstraint(
                name="receipt_aside_says_why",
                condition=(
                    Q(state=ReceiptState.ASIDE, aside_at__isnull=False, aside_by__isnull=False) & ~Q(aside_reason="")
                )
                | (~Q(state="aside") & Q(aside_at__isnull=True, aside_by__isnull=True, aside_reason="")),
            ),
            models.UniqueConstraint(
                fields=["holder", "bank_key"], name="receipt_once_per_bank_line", condition=~Q(bank_key="")
            ),
            models.UniqueConstraint(
                fields=["entered_by", "idempotency_key"],
                name="receipt_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "-booked_on", "-id"], name="receipts_of_holder"),
            models.Index(fields=["holder", "state"], name="receipts_open", condition=Q(state="open")),
        ]
        triggers = [pgtrigger.FSM(name="receipt_moves", field="state", transitions=RECEIPT_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def open_won(self) -> int:
        return self.amount_won - self.allocated_won - self.returned_won


class Allocation(PublicId):
    """A part of a receipt that pays a part of an invoice, VAT apart. Undone by a reversal, never edited."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    amount_won = models.PositiveBigIntegerField(_("Amount"))
    net_won = models.PositiveBigIntegerField(_("Without VAT"))
    vat_won = models.PositiveBigIntegerField(_("VAT"))
    match_kind = models.CharField(_("Why"), max_length=20, choices=MatchKind)
    assigned_at = models.DateTimeField(pgettext_lazy("receipt", "Assigned"))
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.UUIDField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undo_reason = models.CharField(_("Why it was undone"), max_length=SHORT_TEXT, blank=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="allocation_match_kind_known", condition=Q(match_kind__in=MatchKind.values)),
            models.CheckConstraint(
                name="allocation_adds_up", condition=Q(amount_won=F("net_won") + F("vat_won"), amount_won__gte=1)
            ),
            models.CheckConstraint(
                name="allocation_undone_says_why",
                condition=(Q(undone_at__isnull=False, undone_by__isnull=False) & ~Q(undo_reason=""))
                | Q(undone_at__isnull=True, undone_by__isnull=True, undo_reason=""),
            ),
            models.UniqueConstraint(
                fields=["assigned_by", "idempotency_key"],
                name="allocation_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["assigned_at"], name="allocations_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.invoice_id}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None
