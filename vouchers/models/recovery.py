import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from marketplace.core.ids import uuid7
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from vouchers.enums.recovery import (
    RECOVERY_STATES,
    SANCTION_STATES,
    RecoveryGround,
    RecoveryState,
    SanctionGround,
    SanctionKind,
    SanctionState,
)
from vouchers.models.vouchers import LONG_TEXT, Voucher
from vouchers.querysets.recovery import RecoveryQuerySet, SanctionQuerySet
from vouchers.recovery import LATE_MOST_BP, Debt


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Recovery(PublicId, TimeStamped):
    """Money that was paid and has to come back from `debtor` (the firm, or a provider who claimed falsely).

    Owed are `principal_won`, interest on it from `interest_from` on, a surcharge of at most five times the principal
    and, of what was due and did not come by its day, an addition of at most 5 percent (Subsidy Act arts. 31, 33-2). One
    officer announces, another confirms.
    """

    number = models.CharField(_("Number"), max_length=12, unique=True)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="recoveries")
    debtor = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="recoveries")
    ground = models.CharField(pgettext_lazy("recovery", "Ground"), max_length=20, choices=RecoveryGround)
    state = models.CharField(_("State"), max_length=10, choices=RecoveryState, default=RecoveryState.NOTICED)
    text = models.TextField(_("Reason"), max_length=LONG_TEXT)
    principal_won = models.BigIntegerField(_("To be paid back (won)"))
    interest_bp = models.PositiveIntegerField(_("Interest a year (basis points)"))
    interest_from = models.DateField(_("Interest from"))
    surcharge_won = models.BigIntegerField(_("Surcharge (won)"), default=0)
    recovered_won = models.BigIntegerField(default=0)
    noticed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noticed_at = models.DateTimeField()
    object_by = models.DateField(_("Objection by"))
    objection = models.TextField(_("Objection"), max_length=LONG_TEXT, blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_text = models.TextField(_("Decision"), max_length=LONG_TEXT, blank=True)
    pay_by = models.DateField(_("Pay by"), null=True, blank=True)
    plan_after = models.PositiveSmallIntegerField(default=0)  # receipts that had come in when the plan was made
    late_from = models.DateField(_("Overdue from"), null=True, blank=True)
    late_due_won = models.BigIntegerField(default=0)  # what was due the day before and had not come
    late_won = models.BigIntegerField(_("Addition for late payment (won)"), default=0)
    rules_serial = models.PositiveSmallIntegerField(default=1)
    key = models.UUIDField(default=uuid7)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="recovery_ground_known", condition=Q(ground__in=RecoveryGround.values)),
            models.CheckConstraint(name="recovery_state_known", condition=Q(state__in=RecoveryState.values)),
            models.CheckConstraint(
                name="recovery_sums",
                condition=Q(principal_won__gt=0, surcharge_won__gte=0, recovered_won__gte=0)
                & Q(surcharge_won__lte=F("principal_won") * 5)
                & Q(recovered_won__lte=F("principal_won")),
            ),
            models.CheckConstraint(
                name="recovery_four_eyes", condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("noticed_by"))
            ),
            models.CheckConstraint(
                name="recovery_surcharge_where_the_law_asks",
                condition=Q(surcharge_won=0) | Q(ground__in=[RecoveryGround.FALSE, RecoveryGround.OTHER_USE]),
            ),
            models.CheckConstraint(
                name="recovery_decided_says_who",
                condition=Q(state__in=["noticed", "objected"], decided_by__isnull=True, decided_at__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(state__in=["noticed", "objected"])
                & ~Q(decision_text=""),
            ),
            models.CheckConstraint(
                name="recovery_confirmed_has_a_day",
                condition=~Q(state__in=["confirmed", "delinquent", "paid_back"]) | Q(pay_by__isnull=False),
            ),
            models.CheckConstraint(
                name="recovery_paid_back_is_paid",
                condition=~Q(state="paid_back") | Q(recovered_won=F("principal_won")),
            ),
            models.CheckConstraint(
                name="recovery_objection_says_when",
                condition=Q(objection="", objected_at__isnull=True) | ~Q(objection="") & Q(objected_at__isnull=False),
            ),
            models.CheckConstraint(
                name="recovery_addition_where_it_came_late",
                condition=Q(late_from__isnull=True, late_due_won=0, late_won=0)
                | Q(late_from__isnull=False, late_due_won__gt=0, late_won__gte=0)
                & Q(late_won__lte=F("late_due_won") * LATE_MOST_BP / BASIS_POINTS),
            ),
            models.CheckConstraint(
                name="recovery_addition_when_it_is_overdue",
                condition=Q(late_from__isnull=True) | Q(state__in=["delinquent", "paid_back"]),
            ),
            models.UniqueConstraint(fields=["voucher", "key"], name="recovery_once_per_key"),
        ]
        indexes = [models.Index(fields=["state", "pay_by"], name="recoveries_by_deadline")]
        triggers = [pgtrigger.FSM(name="recovery_moves", field="state", transitions=RECOVERY_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def debt(self) -> Debt:
        return Debt(
            self.principal_won, self.surcharge_won, self.interest_bp, self.interest_from, self.late_won, self.late_from
        )


class RecoveryInstalment(models.Model):
    """A part of what is owed, by its day."""

    recovery = models.ForeignKey(Recovery, on_delete=models.CASCADE, related_name="instalments")
    serial = models.PositiveSmallIntegerField()
    due_on = models.DateField(pgettext_lazy("recovery", "Due on"))
    amount_won = models.BigIntegerField(_("Won"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recovery", "serial"], name="recovery_instalment_once"),
            models.CheckConstraint(name="recovery_instalment_above_zero", condition=Q(amount_won__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.recovery_id} {self.serial}"


class RecoveryStep(PublicId):
    """What became of a recovery, by whom and why. Written once."""

    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10, choices=RecoveryState)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(max_length=LONG_TEXT, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="recovery_step_state_known", condition=Q(state__in=RecoveryState.values))
        ]

    def __str__(self) -> str:
        return f"{self.recovery_id} {self.state}"


class RecoveryReceipt(PublicId):
    """What came in of a recovery: parts for principal, interest, surcharge and addition. Written once."""

    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="receipts")
    received_on = models.DateField(_("Received on"))
    reference = models.CharField(_("Reference of the bank"), max_length=60)
    principal_won = models.BigIntegerField(default=0)
    interest_won = models.BigIntegerField(default=0)
    surcharge_won = models.BigIntegerField(default=0)
    late_won = models.BigIntegerField(default=0)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    key = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="recovery_receipt_sums",
                condition=Q(principal_won__gte=0, interest_won__gte=0, surcharge_won__gte=0, late_won__gte=0),
            ),
            models.UniqueConstraint(fields=["recovery", "key"], name="recovery_receipt_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.recovery_id} {self.received_on}"

    @property
    def total_won(self) -> int:
        return self.interest_won + self.principal_won + self.surcharge_won + self.late_won


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Sanction(PublicId, TimeStamped):
    """A warning, or exclusion from programmes for at most five years (Subsidy Act art. 31-2). Two officers.

    It follows a confirmed `recovery`, where the debtor was heard; or, without one, fraud that is named by `ground` and
    `evidence`. Then whom it is for may answer until `answer_by` before it is imposed.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sanctions")
    recovery = models.ForeignKey(Recovery, null=True, blank=True, on_delete=models.PROTECT, related_name="sanctions")
    office = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("Kind"), max_length=10, choices=SanctionKind)
    state = models.CharField(_("State"), max_length=10, choices=SanctionState, default=SanctionState.PROPOSED)
    ground = models.CharField(pgettext_lazy("recovery", "Ground"), max_length=10, choices=SanctionGround, blank=True)
    evidence = models.CharField(_("Decision or judgment"), max_length=200, blank=True)
    reason = models.TextField(_("Reason"), max_length=LONG_TEXT)
    answer_by = models.DateField(_("Answer by"), null=True, blank=True)
    answer = models.TextField(_("Answer"), max_length=LONG_TEXT, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    from_on = models.DateField(_("From"))
    until_on = models.DateField(pgettext_lazy("term", "Until"), null=True, blank=True)
    is_public = models.BooleanField(_("Published"), default=False)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_text = models.TextField(max_length=LONG_TEXT, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_text = models.TextField(max_length=LONG_TEXT, blank=True)
    key = models.UUIDField(default=uuid7)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="sanction_kind_known", condition=Q(kind__in=SanctionKind.values)),
            models.CheckConstraint(name="sanction_state_known", condition=Q(state__in=SanctionState.values)),
            models.CheckConstraint(name="sanction_ground_known", condition=Q(ground__in=["", *SanctionGround.values])),
            models.CheckConstraint(
                name="sanction_without_recovery_is_heard",
                condition=Q(recovery__isnull=False, ground="", evidence="", answer_by__isnull=True, answer="")
                | Q(recovery__isnull=True, answer_by__isnull=False) & ~Q(ground="") & ~Q(evidence=""),
            ),
            models.CheckConstraint(
                name="sanction_answer_says_when",
                condition=Q(answer="", answered_at__isnull=True) | ~Q(answer="") & Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sanction_exclusion_has_an_end",
                condition=~Q(kind=SanctionKind.EXCLUSION) | Q(until_on__gt=F("from_on")),
            ),
            models.CheckConstraint(
                name="sanction_four_eyes", condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="sanction_decided_says_who",
                condition=Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sanction_lifted_says_why",
                condition=~Q(state="lifted", lift_text="")
                & (
                    Q(state="lifted", lifted_by__isnull=False, lifted_at__isnull=False)
                    | ~Q(state="lifted") & Q(lifted_by__isnull=True, lifted_at__isnull=True)
                ),
            ),
            models.UniqueConstraint(
                fields=["recovery", "kind"],
                name="sanction_one_open_per_kind",
                condition=Q(state__in=["proposed", "imposed"]),
            ),
            models.UniqueConstraint(fields=["office", "key"], name="sanction_once_per_key"),
        ]
        triggers = [pgtrigger.FSM(name="sanction_moves", field="state", transitions=SANCTION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}"

    @property
    def ground_text(self) -> str:
        """What it is for: its own ground, or the recovery's."""
        return str(self.recovery.get_ground_display() if self.recovery else self.get_ground_display())
