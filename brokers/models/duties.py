"""What a registered broker owes its office: reports, notices of changes; and the warnings it gets."""

from datetime import date, timedelta
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from brokers.clocks import NOTICE_DAYS
from brokers.enums.duties import (
    CHANGE_STATES,
    REPORT_STATES,
    TOLD,
    WARNING_STATES,
    ChangeKind,
    ChangeState,
    Ground,
    ReportState,
    WarningState,
)
from brokers.enums.mandates import DealOrigin
from brokers.models.mandates import BrokeredDeal
from brokers.models.registration import LONG_TEXT, SHORT_TEXT, Registration
from brokers.querysets.duties import BrokerWarningQuerySet, ChangeNoticeQuerySet, DealReportQuerySet
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import DealKind


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class DealReport(PublicId, TimeStamped):
    """The deals of one agency in a half-year, submitted once (decree art. 17(4)).

    Both days belong to the half-year. Until it is submitted its deals are read from `BrokeredDeal`; then they are
    `lines`, which stay. A correction is a further `revision` of the same half-year, with a reason. `reminded` is the
    last step of `REMIND_DAYS` that was told.
    """

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="deal_reports")
    first_on = models.DateField(_("First day"))
    last_on = models.DateField(_("Last day"))
    due_on = models.DateField(_("Due"))
    revision = models.PositiveSmallIntegerField(pgettext_lazy("report", "Revision"), default=1)
    reason = models.CharField(_("Why it is corrected"), max_length=500, blank=True)
    opened_at = models.DateTimeField(_("Correction opened"), null=True, blank=True)
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=ReportState, default=ReportState.DUE)
    reminded = models.SmallIntegerField(null=True, blank=True)
    submitted_at = models.DateTimeField(pgettext_lazy("report", "Submitted"), null=True, blank=True)
    submitted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    deal_count = models.PositiveIntegerField(_("Deals"), null=True, blank=True)
    total_won = models.PositiveBigIntegerField(_("Value of all deals"), null=True, blank=True)

    objects = DealReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="report_state_known", condition=Q(state__in=ReportState.values)),
            models.CheckConstraint(
                name="report_of_a_half_year",
                condition=Q(first_on__lt=F("last_on"), last_on__lt=F("due_on"))
                & (Q(first_on__month=1, first_on__day=1) | Q(first_on__month=7, first_on__day=1)),
            ),
            models.CheckConstraint(
                name="report_submitted_says_what",
                condition=Q(
                    state=ReportState.SUBMITTED, submitted_at__isnull=False, submitted_by__isnull=False,
                    deal_count__isnull=False, total_won__isnull=False,
                )
                | Q(
                    state=ReportState.DUE, submitted_at__isnull=True, submitted_by__isnull=True,
                    deal_count__isnull=True, total_won__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="report_corrected_says_why",
                condition=Q(revision=1, reason="", opened_at__isnull=True, opened_by__isnull=True)
                | (Q(revision__gt=1, opened_at__isnull=False, opened_by__isnull=False) & ~Q(reason="")),
            ),
            models.UniqueConstraint(fields=["registration", "first_on", "revision"], name="report_once_per_half_year"),
            models.UniqueConstraint(
                fields=["registration", "first_on"], name="report_one_open", condition=Q(state=ReportState.DUE)
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "due_on"], name="reports_due")]
        triggers = [pgtrigger.FSM(name="report_moves", field="state", transitions=REPORT_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.registration_id} {self.first_on} r{self.revision}"

    @property
    def half(self) -> int:
        return 1 if self.first_on.month == 1 else 2

    @property
    def is_due(self) -> bool:
        return self.state == ReportState.DUE

    def is_missed_on(self, day: date) -> bool:
        return self.is_due and self.revision == 1 and self.due_on < day

    @property
    def was_late(self) -> bool:
        """Submitted after its day; what corrects a report was not late by that."""
        submitted = self.submitted_at
        return submitted is not None and self.revision == 1 and timezone.localdate(submitted) > self.due_on


class DealReportLine(models.Model):
    """A deal as it was reported. `deal` is the row it was taken from, where that is still there."""

    report = models.ForeignKey(DealReport, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    deal = models.ForeignKey(BrokeredDeal, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    origin = models.CharField(_("Origin"), max_length=10, choices=DealOrigin)
    technology = models.CharField(_("Technology"), max_length=300)
    holder_name = models.CharField(_("Holder"), max_length=200)
    taker_name = models.CharField(_("Firm"), max_length=200)
    deal_kind = models.CharField(_("Deal type"), max_length=30, choices=DealKind)
    value_won = models.PositiveBigIntegerField(_("Value"))
    royalty_text = models.CharField(_("Royalty"), max_length=300, blank=True)
    signed_on = models.DateField(_("Signed on"))
    term_until = models.DateField(_("Contract until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="report_line_origin_known", condition=Q(origin__in=DealOrigin.values)),
            models.CheckConstraint(name="report_line_kind_known", condition=Q(deal_kind__in=DealKind.values)),
            models.UniqueConstraint(fields=["report", "position"], name="report_line_once_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.position}"


def place_of(notice: Any, name: str) -> str:
    """A name of ours: that of the sender tells nothing about where the file lies."""
    return f"changes/{notice.public_id}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ChangeNotice(PublicId, TimeStamped):
    """A change that a broker tells its office within 30 days (decree art. 17(5)), with a document if it likes.

    What changed on the platform is suggested by the house (`filed_by` empty until somebody tells it).
    """

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="change_notices")
    kind = models.CharField(_("What changed"), max_length=20, choices=ChangeKind)
    text = models.TextField(_("From what to what"), max_length=LONG_TEXT)
    happened_on = models.DateField(_("Changed on"))
    state = models.CharField(_("State"), max_length=15, choices=ChangeState, default=ChangeState.SUGGESTED)
    suggestion = models.CharField(max_length=100, blank=True)
    reminded = models.SmallIntegerField(null=True, blank=True)
    filed_at = models.DateTimeField(pgettext_lazy("change", "Told"), null=True, blank=True)
    filed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.FileField(storage=private_storage, upload_to=place_of, blank=True)
    evidence_name = models.CharField(_("File name"), max_length=210, blank=True)
    evidence_type = models.CharField(max_length=100, choices=DocumentType, blank=True)
    acknowledged_at = models.DateTimeField(pgettext_lazy("change", "Acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closing_text = models.CharField(_("Remark"), max_length=500, blank=True)

    objects = ChangeNoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="change_kind_known", condition=Q(kind__in=ChangeKind.values)),
            models.CheckConstraint(name="change_state_known", condition=Q(state__in=ChangeState.values)),
            models.CheckConstraint(name="change_says_what", condition=~Q(text="")),
            models.CheckConstraint(
                name="change_told_says_who",
                condition=Q(state__in=TOLD, filed_at__isnull=False, filed_by__isnull=False)
                | (~Q(state__in=TOLD) & Q(filed_at__isnull=True, filed_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="change_acknowledged_says_who",
                condition=Q(
                    state=ChangeState.ACKNOWLEDGED, acknowledged_at__isnull=False, acknowledged_by__isnull=False
                )
                | (~Q(state=ChangeState.ACKNOWLEDGED) & Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="change_four_eyes",
                condition=Q(acknowledged_by__isnull=True) | ~Q(acknowledged_by=F("filed_by")),
            ),
            models.CheckConstraint(
                name="change_dismissed_says_why", condition=~Q(state=ChangeState.DISMISSED) | ~Q(closing_text="")
            ),
            models.CheckConstraint(
                name="change_evidence_type_known",
                condition=Q(evidence="", evidence_type="")
                | (~Q(evidence="") & Q(evidence_type__in=DocumentType.values)),
            ),
            models.UniqueConstraint(
                fields=["registration", "suggestion"], name="change_suggested_once", condition=~Q(suggestion="")
            ),
        ]
        indexes = [models.Index(fields=["state", "happened_on"], name="changes_by_state")]
        triggers = [pgtrigger.FSM(name="change_moves", field="state", transitions=CHANGE_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.registration_id} {self.kind} {self.happened_on}"

    @property
    def due_on(self) -> date:
        """The last day on which it is told in time."""
        return self.happened_on + timedelta(days=NOTICE_DAYS)

    def is_late_on(self, day: date) -> bool:
        """Told after its last day, or not told on `day` although that has passed."""
        if self.filed_at is not None:
            return timezone.localdate(self.filed_at) > self.due_on
        return self.state == ChangeState.SUGGESTED and self.due_on < day


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class BrokerWarning(PublicId, TimeStamped):
    """An officer warns a broker; the broker answers once; an officer lifts it, with a reason."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="warnings")
    ground = models.CharField(_("Ground"), max_length=20, choices=Ground)
    text = models.TextField(_("What is wrong, and what is to be done"), max_length=LONG_TEXT)
    state = models.CharField(_("State"), max_length=10, choices=WarningState, default=WarningState.GIVEN)
    given_at = models.DateTimeField(_("Given"))
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answer_text = models.TextField(_("Answer"), max_length=LONG_TEXT, blank=True)
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(pgettext_lazy("warning", "Lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lift_reason = models.TextField(_("Why it is lifted"), max_length=SHORT_TEXT, blank=True)

    objects = BrokerWarningQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="warning_ground_known", condition=Q(ground__in=Ground.values)),
            models.CheckConstraint(name="warning_state_known", condition=Q(state__in=WarningState.values)),
            models.CheckConstraint(name="warning_says_what", condition=~Q(text="")),
            models.CheckConstraint(
                name="warning_answered_says_who",
                condition=(Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer_text=""))
                | Q(answered_at__isnull=True, answered_by__isnull=True, answer_text=""),
            ),
            models.CheckConstraint(
                name="warning_answered_is_answered",
                condition=~Q(state=WarningState.ANSWERED) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="warning_lifted_says_why",
                condition=(
                    Q(state=WarningState.LIFTED, lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason="")
                )
                | (~Q(state=WarningState.LIFTED) & Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["registration", "state"], name="warnings_of_registration")]
        triggers = [pgtrigger.FSM(name="warning_moves", field="state", transitions=WARNING_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.registration_id} {self.ground} {self.state}"
