from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from deals.models import Contract, ContractVersion
from marketplace.core.models import PublicId, TimeStamped
from royalties.enums.calendar import (
    DUE_STATES,
    MONEY_KINDS,
    OPEN_STATES,
    REACHED_STATES,
    STATEMENT_STATES,
    DueKind,
    DueState,
    ReachedState,
    StatementState,
    Usage,
)
from royalties.querysets.calendar import DueQuerySet, ReachedQuerySet, StatementQuerySet, UsageQuerySet

LONG_TEXT = 4_000
OPEN = Q(state__in=["expected", "invoiced"])
SHOWN = ("state", "kind", "is_owed", "amount_won", "paid_won", "pay_by")
"""What lists are narrowed by and sums are made of: counted from the index, without looking at the rows."""


@pghistory.track(
    pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), exclude=["holder", "firm", "pay_by"]
)
class Due(PublicId, TimeStamped):
    """A line of a contract's calendar: money or a report that is owed on a day, from the terms of `version`.

    `key` says which line of the terms it is, so that settling the calendar again writes nothing twice. `amount_won` is
    without VAT and empty while it is not known (running royalty before the sales of `year` are reported). `paid_won` is
    what receipts were put against it, kept by the ledger. `told_of` is the last step of reminders that was told.
    `is_owed` is False while it depends on something: a milestone that nobody has confirmed. `excess_won` is what it
    says more than is owed since a correction: what was asked for or paid is not rewritten, but credited. `holder` and
    `firm` are the contract's, which never change: the database fills them in, so that a side with thousands of
    contracts reads its dues in their order from one index. So is `pay_by`, the day of the invoice that stands: who is
    asked late is late later (`last_day`).
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="dues")
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False, editable=False)
    firm = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False, editable=False)
    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="dues")
    kind = models.CharField(pgettext_lazy("money", "What"), max_length=20, choices=DueKind)
    key = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField(_("Year"), null=True, blank=True)
    due_on = models.DateField(pgettext_lazy("money", "Due on"))
    pay_by = models.DateField(_("Pay by"), null=True, blank=True, editable=False)
    amount_won = models.PositiveBigIntegerField(_("Amount"), null=True, blank=True)
    paid_won = models.PositiveBigIntegerField(_("Paid"), default=0)
    excess_won = models.PositiveBigIntegerField(_("Too much since a correction"), default=0)
    is_owed = models.BooleanField(default=True)
    state = models.CharField(_("State"), max_length=10, choices=DueState, default=DueState.EXPECTED)
    done_at = models.DateTimeField(pgettext_lazy("due on", "Done"), null=True, blank=True)
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    waived_reason = models.CharField(_("Why it is not owed"), max_length=500, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_reason = models.CharField(_("Why it takes longer"), max_length=500, blank=True)
    told_of = models.SmallIntegerField(null=True, blank=True, editable=False)

    objects = DueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="due_state_known", condition=Q(state__in=DueState.values)),
            models.CheckConstraint(name="due_kind_known", condition=Q(kind__in=DueKind.values)),
            models.CheckConstraint(
                name="due_reports_have_no_amount",
                condition=Q(kind__in=[str(kind) for kind in MONEY_KINDS]) | Q(amount_won__isnull=True, paid_won=0),
            ),
            models.CheckConstraint(
                name="due_asked_for_has_an_amount",
                condition=~Q(state=DueState.INVOICED) | Q(amount_won__isnull=False),
            ),
            models.CheckConstraint(
                name="due_never_overpaid", condition=Q(paid_won=0) | Q(paid_won__lte=F("amount_won"))
            ),
            models.CheckConstraint(
                name="due_done_says_when",
                condition=Q(state=DueState.DONE, done_at__isnull=False)
                | (~Q(state=DueState.DONE) & Q(done_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="due_waived_says_why", condition=~Q(state=DueState.WAIVED) | ~Q(waived_reason="")
            ),
            models.CheckConstraint(
                name="due_unsure_is_a_milestone",
                condition=Q(is_owed=True) | Q(kind=DueKind.MILESTONE) & ~Q(state=DueState.INVOICED),
            ),
            models.CheckConstraint(
                name="due_excess_within_amount", condition=Q(excess_won=0) | Q(excess_won__lte=F("amount_won"))
            ),
            models.CheckConstraint(
                name="due_extended_says_why",
                condition=Q(extended_at__isnull=True, extended_reason="")
                | (Q(extended_at__isnull=False, kind=DueKind.START) & ~Q(extended_reason="")),
            ),
            models.UniqueConstraint(fields=["contract", "key"], name="due_once_per_key"),
        ]
        indexes = [
            models.Index(fields=["contract", "due_on"], name="dues_contract_days", include=SHOWN),
            models.Index(fields=["due_on", "id"], name="dues_by_day"),
            models.Index(fields=["due_on", "id"], name="dues_open", condition=OPEN),
            models.Index(fields=["contract", "due_on"], name="dues_contract_open", condition=OPEN, include=SHOWN),
            models.Index(fields=["holder", "due_on", "id"], name="dues_holder_days", include=SHOWN),
            models.Index(fields=["firm", "due_on", "id"], name="dues_firm_days", include=SHOWN),
            models.Index(fields=["holder", "due_on", "id"], name="dues_holder_open", condition=OPEN, include=SHOWN),
            models.Index(fields=["firm", "due_on", "id"], name="dues_firm_open", condition=OPEN, include=SHOWN),
        ]
        triggers = [
            pgtrigger.FSM(name="due_moves", field="state", transitions=DUE_STATES.pairs()),
            pgtrigger.ReadOnly(name="owed_once", fields=["contract", "holder", "firm", "kind", "key"]),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.key}"

    @property
    def last_day(self) -> date:
        """The last day in time, for reminders, interest and what is called overdue: the later of both days."""
        return max(self.due_on, self.pay_by or self.due_on)

    def is_overdue_on(self, day: date) -> bool:
        return self.is_owed and self.state in OPEN_STATES and self.last_day < day

    @property
    def name(self) -> str:
        """`Instalment 2`, `Sales statement 2026`; a further line of the same is told by its number. Reads `version`."""
        if self.kind == DueKind.LATE_INTEREST:
            return gettext("Late interest on: %(what)s") % {
                "what": _named(self.key.partition(":")[2].partition("+")[0])
            }
        base, _mark, again = self.key.partition("#")
        label = _named(base)
        if self.kind == DueKind.MILESTONE:
            label = gettext("Milestone: %(words)s") % {"words": self._words_of_milestone(base.partition(":")[2])}
        return f"{label} ({again})" if again else label

    def _words_of_milestone(self, key: str) -> str:
        found = (each for each in self.version.terms.get("milestones", []) if each.get("key") == key)
        words: dict[str, Any] = next(found, {})
        return str(words.get("words") or key)

    @property
    def is_money(self) -> bool:
        return self.kind in MONEY_KINDS

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def open_won(self) -> int:
        """What is still to be paid, as far as it is known."""
        return (self.amount_won or 0) - self.paid_won if self.is_open and self.is_owed else 0


def _named(key: str) -> str:
    kind, _colon, which = key.partition("#")[0].partition(":")
    label = str(DueKind(kind).label) if kind in DueKind.values else kind
    return f"{label} {which}".strip()


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class SalesStatement(PublicId, TimeStamped):
    """What the firm sold with the technology in a calendar year: `net_sales_won` is `gross_won` less `deductions_won`.

    What was reported never changes; a correction is another statement of the same year, of which the newest counts.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="statements")
    year = models.PositiveSmallIntegerField(_("Year"))
    serial = models.PositiveSmallIntegerField(default=1)
    gross_won = models.PositiveBigIntegerField(_("Sales"))
    deductions_won = models.PositiveBigIntegerField(_("Deductions"), default=0)
    net_sales_won = models.PositiveBigIntegerField(_("Net sales"))
    lines = models.JSONField(default=list)
    text = models.TextField(pgettext_lazy("text", "Words"), max_length=LONG_TEXT, blank=True)
    reported_at = models.DateTimeField(pgettext_lazy("royalty", "Reported"))
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    content_hash = models.CharField(max_length=64, default="", blank=True)
    is_audited = models.BooleanField(_("Drawn for an audit"), default=False)
    state = models.CharField(_("State"), max_length=12, choices=StatementState, default=StatementState.REPORTED)
    checked_at = models.DateTimeField(_("Checked"), null=True, blank=True)
    checked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    check_text = models.TextField(_("What the holder says"), max_length=LONG_TEXT, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="statement_state_known", condition=Q(state__in=StatementState.values)),
            models.CheckConstraint(
                name="statement_adds_up", condition=Q(gross_won=F("net_sales_won") + F("deductions_won"))
            ),
            models.UniqueConstraint(fields=["contract", "year", "serial"], name="statement_serial_once"),
            models.UniqueConstraint(
                fields=["contract", "year"], name="statement_one_counts", condition=~Q(state=StatementState.CORRECTED)
            ),
        ]
        indexes = [
            models.Index(fields=["reported_at", "id"], name="statements_waiting", condition=Q(state="reported")),
            models.Index(fields=["contract"], name="statements_questioned", condition=Q(state="questioned")),
        ]
        triggers = [
            pgtrigger.FSM(name="statement_moves", field="state", transitions=STATEMENT_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="reported_once",
                fields=[
                    "contract", "year", "serial", "gross_won", "deductions_won", "net_sales_won", "lines", "text",
                    "reported_at", "reported_by", "is_audited",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract_id} {self.year}"


class UsageReport(PublicId):
    """What the firm says the technology is used for; the newest of a contract counts. Never changes."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="usage_reports")
    year = models.PositiveSmallIntegerField(_("Year"))
    usage = models.CharField(pgettext_lazy("usage", "Use"), max_length=10, choices=Usage)
    text = models.TextField(pgettext_lazy("text", "Words"), max_length=LONG_TEXT, blank=True)
    reported_at = models.DateTimeField(pgettext_lazy("royalty", "Reported"))
    reported_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = UsageQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="usage_known", condition=Q(usage__in=Usage.values))]
        indexes = [models.Index(fields=["contract", "-year", "-id"], name="usage_of_contract")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.year}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ReachedReport(PublicId, TimeStamped):
    """The firm says that a milestone was reached, or that production has started; the holder confirms it or not."""

    due = models.ForeignKey(Due, on_delete=models.PROTECT, related_name="reached_reports")
    reached_on = models.DateField(_("Reached on"))
    text = models.TextField(pgettext_lazy("text", "Words"), max_length=LONG_TEXT)
    reported_at = models.DateTimeField(pgettext_lazy("royalty", "Reported"))
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=ReachedState, default=ReachedState.REPORTED)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_text = models.TextField(_("What the holder says"), max_length=LONG_TEXT, blank=True)

    objects = ReachedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="reached_state_known", condition=Q(state__in=ReachedState.values)),
            models.CheckConstraint(
                name="reached_decided_says_who",
                condition=Q(state=ReachedState.REPORTED, decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state=ReachedState.REPORTED) & Q(decided_at__isnull=False, decided_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="reached_refused_says_why", condition=~Q(state=ReachedState.REFUSED) | ~Q(decided_text="")
            ),
            models.UniqueConstraint(
                fields=["due"], name="reached_one_stands", condition=Q(state__in=["reported", "confirmed"])
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="reached_moves", field="state", transitions=REACHED_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="reached_said_once", fields=["due", "reached_on", "text", "reported_at", "reported_by"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_id} {self.reached_on}"


class LateCharge(PublicId):
    """Interest on `won` of a due that were paid on `paid_on`, after its day; `rates` says how it was counted.

    A payment that is taken back gets a row with the same figures below 0. Never changes.
    """

    due = models.ForeignKey(Due, on_delete=models.PROTECT, related_name="late_charges")
    source = models.UUIDField(help_text="The receipt or entry of the ledger that paid it.")
    won = models.BigIntegerField(_("Paid late"))
    paid_on = models.DateField(_("Paid on"))
    days = models.PositiveIntegerField(_("Days late"))
    interest_won = models.BigIntegerField(_("Late interest"))
    rates = models.JSONField(default=list)
    charged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="late_charge_of_one_sign",
                condition=Q(won__gt=0, interest_won__gte=0) | Q(won__lt=0, interest_won__lte=0),
            ),
            models.UniqueConstraint(
                fields=["due", "source"], name="late_charged_once_per_source", condition=Q(won__gt=0)
            ),
            models.UniqueConstraint(
                fields=["due", "source"], name="late_taken_back_once_per_source", condition=Q(won__lt=0)
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.due_id} {self.interest_won}"


class CalendarRun(models.Model):
    """A night over all contracts: how far it came, so that one that was killed is gone on with."""

    day = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    last_contract = models.BigIntegerField(default=0)
    contracts = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="calendar_runs_newest")]

    def __str__(self) -> str:
        return f"{self.day}"
