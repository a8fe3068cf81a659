from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from programmes.models import Agreement
from vouchers.enums.vouchers import (
    ACTIVE,
    CHANGE_STATES,
    MOST_GOVERNMENT_WON,
    VOUCHER_STATES,
    ChangeKind,
    ChangeState,
    VoucherState,
)
from vouchers.models.money import BudgetLine
from vouchers.querysets.vouchers import VoucherQuerySet

LONG_TEXT, SHORT_TEXT = 5000, 500


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Voucher(PublicId, TimeStamped):
    """Government money that a firm may spend on services, beside its own share, until `valid_until`.

    `face_won` is the government's part; where it is now say `open_won`, `bound_won` (to orders), `paid_won`,
    `returned_won` and `recovered_won`, which add up to it from issue on. `own_won` has to be paid in before issue;
    `own_used_won` of it went to providers, `own_refunded_won` back to the firm; `own_bp` is the firm's part of a price
    in basis points, by the band it was granted in (None where that was not kept yet). VAT is never in any of it.
    `unused_bp` is what was returned of the face, set when it is closed; where it is more than the call allows, the firm
    may not apply for programmes from `barred_from` to `barred_until`.
    """

    number = models.CharField(_("Number"), max_length=12, unique=True)
    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="vouchers")
    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, related_name="voucher")
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="vouchers")
    state = models.CharField(_("State"), max_length=10, choices=VoucherState, default=VoucherState.WAITING)
    revision = models.PositiveIntegerField(default=1)
    face_won = models.BigIntegerField(pgettext_lazy("voucher", "Government money (won)"))
    open_won = models.BigIntegerField(default=0)
    bound_won = models.BigIntegerField(default=0)
    paid_won = models.BigIntegerField(default=0)
    returned_won = models.BigIntegerField(default=0)
    recovered_won = models.BigIntegerField(default=0)
    own_won = models.BigIntegerField(_("Own share (won)"))
    own_bp = models.PositiveIntegerField(null=True, blank=True)
    own_used_won = models.BigIntegerField(default=0)
    own_refunded_won = models.BigIntegerField(default=0)
    deposit_by = models.DateField(_("Own share to be paid in by"))
    issued_at = models.DateTimeField(pgettext_lazy("voucher", "Issued"), null=True, blank=True)
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_until = models.DateField(_("Valid until"), null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(_("Reason"), max_length=LONG_TEXT, blank=True)
    closed_at = models.DateTimeField(pgettext_lazy("voucher", "Closed"), null=True, blank=True)
    unused_bp = models.PositiveIntegerField(_("Unused (basis points)"), null=True, blank=True)
    barred_from = models.DateField(_("May not apply from"), null=True, blank=True)
    barred_until = models.DateField(_("May not apply until"), null=True, blank=True)

    objects = VoucherQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="voucher_state_known", condition=Q(state__in=VoucherState.values)),
            models.CheckConstraint(name="voucher_number_form", condition=Q(number__regex=r"^VC(19|20)[0-9]{8}$")),
            models.CheckConstraint(
                name="voucher_face_within_the_law", condition=Q(face_won__gt=0, face_won__lte=MOST_GOVERNMENT_WON)
            ),
            models.CheckConstraint(
                name="voucher_sums_not_below_zero",
                condition=Q(
                    open_won__gte=0, bound_won__gte=0, paid_won__gte=0, returned_won__gte=0, recovered_won__gte=0,
                    own_won__gte=0, own_used_won__gte=0, own_refunded_won__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="voucher_own_share_is_enough", condition=Q(own_won__gte=F("own_used_won") + F("own_refunded_won"))
            ),
            models.CheckConstraint(name="voucher_band", condition=Q(own_bp__isnull=True) | Q(own_bp__lt=BASIS_POINTS)),
            models.CheckConstraint(
                # Which of the two it is a deferred trigger asks (`0003_guards_of_money`): money is committed, then the
                # voucher is issued, in one transaction.
                name="voucher_parts_make_the_face",
                condition=Q(
                    issued_at__isnull=True, open_won=0, bound_won=0, paid_won=0, returned_won=0, recovered_won=0
                )
                | Q(face_won=F("open_won") + F("bound_won") + F("paid_won") + F("returned_won") + F("recovered_won")),
            ),
            models.CheckConstraint(
                name="voucher_issued_has_a_term",
                condition=Q(state__in=["waiting", "lapsed"], issued_at__isnull=True)
                | Q(issued_at__isnull=False, valid_from__isnull=False, valid_until__gte=F("valid_from"))
                & ~Q(state__in=["waiting", "lapsed"]),
            ),
            models.CheckConstraint(
                name="voucher_over_keeps_nothing_open",
                condition=~Q(state__in=["closed"])
                | Q(open_won=0, bound_won=0, closed_at__isnull=False, unused_bp__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["line", "holder"], name="voucher_one_active_per_call", condition=Q(state__in=ACTIVE)
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["holder", "state"], name="vouchers_of_holder"),
            models.Index(fields=["state", "valid_until"], name="vouchers_by_end"),
            models.Index(fields=["line", "state"], name="vouchers_of_line"),
        ]
        triggers = [
            pgtrigger.FSM(name="voucher_moves", field="state", transitions=VOUCHER_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="voucher_granted_once", fields=["number", "line", "agreement", "face_won", "own_won", "own_bp"]
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def is_usable_on(self, day: date) -> bool:
        """Whether an order may be placed on it that day."""
        return (
            self.state == VoucherState.ISSUED
            and self.valid_from is not None
            and self.valid_until is not None
            and self.valid_from <= day <= self.valid_until
        )


class Deposit(PublicId):
    """A part of the own share as it came in, or (`is_refund`) went back. Written once."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="deposits")
    is_refund = models.BooleanField(default=False)
    amount_won = models.BigIntegerField(_("Won"))
    received_on = models.DateField(pgettext_lazy("money", "Day"))
    reference = models.CharField(_("Reference of the bank"), max_length=60)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    key = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="deposit_amount_above_zero", condition=Q(amount_won__gt=0)),
            models.UniqueConstraint(fields=["voucher", "key"], name="deposit_once_per_key"),
            # What came in is held apart by `BankLine`, in the whole office.
            models.UniqueConstraint(
                fields=["voucher", "received_on", "reference"], name="refund_once_per_line", condition=Q(is_refund=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.amount_won}"


class VoucherStep(PublicId):
    """What became of a voucher, by whom (nobody: the night or the money coming in) and why. Written once."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10, choices=VoucherState)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(max_length=LONG_TEXT, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="voucher_step_state_known", condition=Q(state__in=VoucherState.values))
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.state}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ChangeRequest(PublicId, TimeStamped):
    """What a firm wants changed of its voucher, decided by an officer."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(_("Change"), max_length=10, choices=ChangeKind)
    state = models.CharField(_("State"), max_length=10, choices=ChangeState, default=ChangeState.ASKED)
    content = models.JSONField(default=dict)
    text = models.TextField(_("Reason"), max_length=LONG_TEXT)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_text = models.TextField(_("Answer"), max_length=LONG_TEXT, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="voucher_change_kind_known", condition=Q(kind__in=ChangeKind.values)),
            models.CheckConstraint(name="voucher_change_state_known", condition=Q(state__in=ChangeState.values)),
            models.CheckConstraint(
                name="voucher_change_decided_says_who",
                condition=~Q(state__in=["approved", "refused"])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decision_text=""),
            ),
            models.UniqueConstraint(
                fields=["voucher", "kind"], name="voucher_change_one_open", condition=Q(state=ChangeState.ASKED)
            ),
        ]
        triggers = [pgtrigger.FSM(name="voucher_change_moves", field="state", transitions=CHANGE_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.kind}"
