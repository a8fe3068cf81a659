from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from brokers.enums.cases import (
    CASE_STATES,
    HEARING_STATES,
    MUST_CANCEL,
    OPEN_CASES,
    Attendance,
    CaseGround,
    CaseState,
    Decision,
    HearingState,
    StatementSide,
)
from brokers.enums.registration import RegistrationState
from brokers.models.registration import Registration
from brokers.querysets.cases import (
    CancellationCaseQuerySet,
    CaseDocumentQuerySet,
    CaseStatementQuerySet,
    HearingQuerySet,
)
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped

LONG_TEXT, REASON_TEXT = 4_000, 2_000


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class CancellationCase(PublicId, TimeStamped):
    """Whether a registration ends, for one ground: opened, notice of the hearing, hearing, decision by another officer.

    `opened_by` is None where the house opened it at night. `came_from` is the state of the registration when notice was
    given, for the record. `revision` counts what was sent or fixed: who decides says which
    they saw. Who decides is neither who opened nor who held the chair (`migrations/…_guards_of_cases`).
    """

    number = models.CharField(_("Number"), max_length=11, unique=True)
    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="cases")
    ground = models.CharField(_("Ground"), max_length=20, choices=CaseGround)
    text = models.TextField(_("What it is about"), max_length=LONG_TEXT)
    opened_at = models.DateTimeField(pgettext_lazy("case", "Opened"))
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=CaseState, default=CaseState.OPENED)
    came_from = models.CharField(max_length=12, choices=RegistrationState, blank=True)
    revision = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_reason = models.TextField(_("Why it was closed"), max_length=REASON_TEXT, blank=True)
    decision = models.CharField(_("Decision"), max_length=12, choices=Decision, blank=True)
    suspended_until = models.DateField(_("Suspended until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_text = models.TextField(_("Reason of the decision"), max_length=LONG_TEXT, blank=True)

    objects = CancellationCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="case_ground_known", condition=Q(ground__in=CaseGround.values)),
            models.CheckConstraint(name="case_state_known", condition=Q(state__in=CaseState.values)),
            models.CheckConstraint(
                name="case_came_from_known", condition=Q(came_from="") | Q(came_from__in=RegistrationState.values)
            ),
            models.CheckConstraint(
                name="case_decision_known", condition=Q(decision="") | Q(decision__in=Decision.values)
            ),
            models.CheckConstraint(name="case_number_form", condition=Q(number__regex=r"^C(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="case_says_what_about", condition=~Q(text="")),
            models.CheckConstraint(
                name="case_closed_says_why",
                condition=(Q(state=CaseState.CLOSED, closed_at__isnull=False) & ~Q(closed_reason=""))
                | (~Q(state=CaseState.CLOSED) & Q(closed_at__isnull=True, closed_by__isnull=True, closed_reason="")),
            ),
            models.CheckConstraint(
                name="case_decided_says_why",
                condition=(
                    Q(state=CaseState.DECIDED, decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(decision="")
                    & ~Q(decision_text="")
                )
                | (
                    ~Q(state=CaseState.DECIDED)
                    & Q(decided_at__isnull=True, decided_by__isnull=True, decision="", decision_text="")
                ),
            ),
            models.CheckConstraint(
                name="case_four_eyes",
                condition=Q(decided_by__isnull=True) | Q(opened_by__isnull=True) | ~Q(decided_by=F("opened_by")),
            ),
            models.CheckConstraint(
                name="case_suspension_says_until",
                condition=Q(decision=Decision.SUSPENDED, suspended_until__isnull=False)
                | (~Q(decision=Decision.SUSPENDED) & Q(suspended_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="case_decision_fits_the_ground",
                condition=Q(decision="")
                | Q(ground__in=MUST_CANCEL, decision__in=[Decision.CANCELLED, Decision.NOT_PROVEN])
                | (~Q(ground__in=MUST_CANCEL) & ~Q(decision=Decision.NOT_PROVEN)),
            ),
            models.UniqueConstraint(
                fields=["registration", "ground"],
                name="case_one_open_per_ground",
                condition=Q(state__in=OPEN_CASES),
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="cases_by_state")]
        triggers = [pgtrigger.FSM(name="case_moves", field="state", transitions=CASE_STATES.pairs())]

    def __str__(self) -> str:
        return self.number

    @property
    def must_cancel(self) -> bool:
        """Whether a proven ground leaves no other decision than to cancel."""
        return self.ground in MUST_CANCEL

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CASES


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Hearing(PublicId, TimeStamped):
    """A day for which notice was given. Postponed, another row takes over; held, it carries the record of the chair."""

    case = models.ForeignKey(CancellationCase, on_delete=models.PROTECT, related_name="hearings")
    noticed_at = models.DateTimeField(_("Notice given"))
    noticed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("Day and hour"))
    place = models.CharField(_("Place"), max_length=300)
    chair = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=HearingState, default=HearingState.NOTICED)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_reason = models.CharField(_("Why it was not held"), max_length=REASON_TEXT, blank=True)
    attendance = models.CharField(_("Attendance"), max_length=12, choices=Attendance, blank=True)
    appeared = models.CharField(_("Who appeared"), max_length=500, blank=True)
    record_text = models.TextField(_("Record"), max_length=20_000, blank=True)
    signed_at = models.DateTimeField(_("Signed"), null=True, blank=True)
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = HearingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="hearing_state_known", condition=Q(state__in=HearingState.values)),
            models.CheckConstraint(
                name="hearing_attendance_known", condition=Q(attendance="") | Q(attendance__in=Attendance.values)
            ),
            models.CheckConstraint(name="hearing_says_where", condition=~Q(place="")),
            models.CheckConstraint(
                name="hearing_not_held_says_why",
                condition=(
                    Q(state__in=[HearingState.POSTPONED, HearingState.CALLED_OFF], ended_at__isnull=False)
                    & ~Q(ended_reason="")
                )
                | (
                    Q(state__in=[HearingState.NOTICED, HearingState.HELD])
                    & Q(ended_at__isnull=True, ended_by__isnull=True, ended_reason="")
                ),
            ),
            models.CheckConstraint(
                name="hearing_held_has_a_record",
                condition=(
                    Q(state=HearingState.HELD, signed_at__gte=F("starts_at"), signed_by=F("chair"))
                    & ~Q(record_text="")
                    & (Q(attendance=Attendance.STAYED_AWAY, appeared="") | Q(attendance=Attendance.APPEARED))
                    & (Q(attendance=Attendance.STAYED_AWAY) | ~Q(appeared=""))
                )
                | (
                    ~Q(state=HearingState.HELD)
                    & Q(signed_at__isnull=True, signed_by__isnull=True, record_text="", attendance="", appeared="")
                ),
            ),
            models.UniqueConstraint(fields=["case"], name="hearing_one_ahead", condition=Q(state=HearingState.NOTICED)),
            models.UniqueConstraint(fields=["case"], name="hearing_held_once", condition=Q(state=HearingState.HELD)),
        ]
        indexes = [models.Index(fields=["starts_at"], name="hearings_ahead", condition=Q(state="noticed"))]
        triggers = [pgtrigger.FSM(name="hearing_moves", field="state", transitions=HEARING_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.case_id} {self.starts_at:%Y-%m-%d}"


class CaseStatement(PublicId, TimeStamped):
    """What the broker says in writing, or the office adds as evidence. Written once; both sides read all of it."""

    case = models.ForeignKey(CancellationCase, on_delete=models.PROTECT, related_name="statements")
    side = models.CharField(_("Side"), max_length=10, choices=StatementSide)
    text = models.TextField(pgettext_lazy("case", "Statement"), max_length=LONG_TEXT)
    sent_at = models.DateTimeField(pgettext_lazy("file", "Sent"))
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = CaseStatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="statement_side_known", condition=Q(side__in=StatementSide.values)),
            models.CheckConstraint(name="statement_says_something", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.side}"


def place_of(document: Any, name: str) -> str:
    """A name of ours: that of the sender tells nothing about where the file lies."""
    return f"cases/{document.public_id}"


class CaseDocument(PublicId, TimeStamped):
    """A file sent with a statement. Written with it, never changed."""

    statement = models.ForeignKey(CaseStatement, on_delete=models.PROTECT, related_name="documents")
    file = models.FileField(storage=private_storage, upload_to=place_of)
    name = models.CharField(_("File name"), max_length=200)
    type = models.CharField(max_length=100, choices=DocumentType)
    checksum = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("Size"))

    objects = CaseDocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="case_document_type_known", condition=Q(type__in=DocumentType.values)),
            models.CheckConstraint(name="case_document_not_empty", condition=Q(size__gt=0) & ~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
