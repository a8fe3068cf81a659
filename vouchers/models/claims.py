import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped
from programmes.models import Call
from vouchers.enums.claims import (
    BATCH_STATES,
    CLAIM_STATES,
    PAYMENT_STATES,
    BatchState,
    ClaimState,
    PaymentState,
)
from vouchers.enums.orders import reason_words
from vouchers.models.orders import Order
from vouchers.models.vouchers import LONG_TEXT, SHORT_TEXT
from vouchers.querysets.claims import ClaimDocumentQuerySet, ClaimQuerySet, PaymentBatchQuerySet, PaymentQuerySet


def invoice_key(number: object) -> Func:
    """What the number of a tax invoice is compared by, in the database: letters and figures, in whatever width."""
    return Func(number, function="vouchers_invoice_key", output_field=models.TextField())


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Claim(PublicId, TimeStamped):
    """Delivered work that a provider wants paid: all of an order, or a part (`serial`; `is_last` ends the order).

    `begun_with` is the SHA-256 of what it was begun with under its `key`: what was saved since tells that no more.
    First officer (`checked_by`), second (`approved_by`), the firm's acceptance (`accepted_by`, or the clock's where
    it is empty though `accepted_at` is set) are different people, and no officer is of a party.
    """

    number = models.CharField(_("Number"), max_length=12, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="claims")
    serial = models.PositiveSmallIntegerField()
    is_last = models.BooleanField(_("Nothing more is to be delivered"), default=True)
    state = models.CharField(_("State"), max_length=10, choices=ClaimState, default=ClaimState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    text = models.TextField(_("What was delivered"), max_length=LONG_TEXT)
    supply_won = models.BigIntegerField(_("Price without VAT (won)"))
    vat_won = models.BigIntegerField(_("VAT (won)"))
    government_won = models.BigIntegerField(_("Paid by the government (won)"))
    own_won = models.BigIntegerField(_("Paid from the own share (won)"))
    invoice_number = models.CharField(_("Number of the tax invoice"), max_length=30, blank=True)
    invoice_on = models.DateField(_("Day of the tax invoice"), null=True, blank=True)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    submitted_at = models.DateTimeField(_("Submitted"), null=True, blank=True)
    answer_due_on = models.DateField(_("The firm answers by"), null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(pgettext_lazy("money", "Paid"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=SHORT_TEXT, blank=True)
    key = models.UUIDField()
    begun_with = models.CharField(max_length=64, blank=True)  # empty: begun before this was kept

    objects = ClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="claim_state_known", condition=Q(state__in=ClaimState.values)),
            models.CheckConstraint(
                name="claim_sums",
                condition=Q(supply_won__gt=0, vat_won__gte=0, government_won__gt=0, own_won__gte=0)
                & Q(supply_won=F("government_won") + F("own_won")),
            ),
            models.CheckConstraint(
                name="claim_four_eyes",
                condition=Q(approved_by__isnull=True) | Q(checked_by__isnull=False) & ~Q(approved_by=F("checked_by")),
            ),
            models.CheckConstraint(
                name="claim_paid_was_approved",
                condition=~Q(state__in=["approved", "paying", "paid"])
                | Q(checked_by__isnull=False, approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.UniqueConstraint(fields=["order", "serial"], name="claim_serial_once"),
            models.UniqueConstraint(fields=["order", "key"], name="claim_once_per_key"),
            models.UniqueConstraint(
                invoice_key(F("invoice_number")),
                name="claim_tax_invoice_once",
                condition=~Q(invoice_number="") & ~Q(state__in=["withdrawn", "disallowed"]),
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_due_on"], name="claims_by_deadline")]
        triggers = [
            pgtrigger.FSM(name="claim_moves", field="state", transitions=CLAIM_STATES.pairs()),
            pgtrigger.ReadOnly(name="claim_begun_once", fields=["number", "order", "serial", "written_by"]),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def why(self) -> str:
        return reason_words(self.reason)


class ClaimDocument(PublicId):
    """A deliverable or a paper for a claim (`key` is of the call's list). A later one for it takes its place.

    `request_key` is the idempotency key of the program that sent it; a page sends none.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="documents")
    key = models.CharField(max_length=40)
    name = models.CharField(_("File name"), max_length=200)
    file = models.FileField(upload_to="vouchers/%Y/", storage=private_storage)
    type = models.CharField(max_length=100, choices=DocumentType)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)
    request_key = models.UUIDField(null=True, blank=True)

    objects = ClaimDocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="claim_document_type_known", condition=Q(type__in=DocumentType.values)),
            models.UniqueConstraint(fields=["claim", "request_key"], name="claim_document_once_per_key"),
        ]

    def __str__(self) -> str:
        return self.name


class ClaimStep(PublicId):
    """What became of a claim, by whom and why. Written once."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10, choices=ClaimState)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.CharField(max_length=SHORT_TEXT, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="claim_step_state_known", condition=Q(state__in=ClaimState.values))]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.state}"

    @property
    def words(self) -> str:
        return reason_words(self.text)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class PaymentBatch(PublicId, TimeStamped):
    """A file of payments for the treasury, and what came back of it."""

    number = models.CharField(_("Number"), max_length=12, unique=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="payment_batches")
    state = models.CharField(_("State"), max_length=10, choices=BatchState, default=BatchState.PREPARED)
    total_won = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    key = models.UUIDField()

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="payment_batch_once_per_key"),
            models.CheckConstraint(
                name="payment_batch_sent_says_who",
                condition=Q(state__in=["prepared", "cancelled"], sent_by__isnull=True, sent_at__isnull=True)
                | Q(state__in=["sent", "settled"], sent_by__isnull=False, sent_at__isnull=False),
            ),
            models.CheckConstraint(name="payment_batch_state_known", condition=Q(state__in=BatchState.values)),
            models.CheckConstraint(
                name="payment_batch_sent_by_another",
                condition=Q(sent_by__isnull=True) | ~Q(sent_by=F("prepared_by")),
            ),
        ]
        triggers = [pgtrigger.FSM(name="payment_batch_moves", field="state", transitions=BATCH_STATES.pairs())]

    def __str__(self) -> str:
        return self.number


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Payment(PublicId, TimeStamped):
    """One line of a payment file: a claim's money to its provider's account as it was when the file was prepared."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="payments")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="payments")
    state = models.CharField(_("State"), max_length=10, choices=PaymentState, default=PaymentState.WAITING)
    government_won = models.BigIntegerField()
    own_won = models.BigIntegerField()
    payee_name = models.CharField(max_length=200)
    bank_code = models.CharField(max_length=10)
    bank_account = models.CharField(max_length=30)
    result_on = models.DateField(null=True, blank=True)
    result_text = models.CharField(max_length=SHORT_TEXT, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="payment_result_has_a_day",
                condition=Q(state__in=["waiting", "cancelled"], result_on__isnull=True)
                | Q(state__in=["paid", "failed", "returned"], result_on__isnull=False),
            ),
            models.CheckConstraint(name="payment_state_known", condition=Q(state__in=PaymentState.values)),
            models.CheckConstraint(name="payment_sums", condition=Q(government_won__gt=0, own_won__gte=0)),
            models.UniqueConstraint(
                fields=["claim"], name="payment_one_alive_per_claim", condition=Q(state__in=["waiting", "paid"])
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="payment_moves", field="state", transitions=PAYMENT_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="payment_prepared_once",
                fields=["batch", "claim", "government_won", "own_won", "payee_name", "bank_code", "bank_account"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.claim_id}"

    @property
    def total_won(self) -> int:
        """What goes to the provider: VAT is never in it."""
        return self.government_won + self.own_won


class PaymentResult(PublicId):
    """A file of the treasury that was read: the same content is read once. Written once."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="results")
    name = models.CharField(_("File name"), max_length=200)
    sha256 = models.CharField(max_length=64)
    paid = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    read_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "sha256"], name="payment_result_read_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name
