from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from obligations.enums import (
    DONE_STATES,
    DUTY_STATES,
    EXEMPTION_STATES,
    PROJECT_DUTIES,
    DropReason,
    DutyKind,
    DutyState,
    EvidenceType,
    ExemptionEnd,
    ExemptionGround,
    ExemptionState,
    RuleDate,
    VerifiedHow,
    WhyEnded,
)
from obligations.models.research import ResearchResult, RnDProject
from obligations.querysets import DischargeQuerySet, DutyRuleQuerySet, ExemptionQuerySet, ObligationQuerySet
from tech_listings.models import Listing

LONG_TEXT = 4_000


def all_or_none(name: str, *fields: str) -> models.CheckConstraint:
    """Fields that are filled together or not at all."""
    none = Q(**{f"{field}__isnull": True for field in fields})
    return models.CheckConstraint(name=name, condition=none | Q(**{f"{field}__isnull": False for field in fields}))


class DutyRule(PublicId):
    """A version of a rule of law, as data. A published one is never changed: the next one takes over from its date.

    Which version holds for a duty is told by the date that `selected_by` names. The duty is due `due_months` and then
    `due_days` after the day from which it counts. Each accepted reason moves that by at most `reason_months`, all of
    them together by at most `ceiling_months`. `is_assumption`: the source does not say this in so many words.
    """

    kind = models.CharField(_("Duty"), max_length=20, choices=DutyKind)
    version = models.PositiveSmallIntegerField(_("Version"))
    effective_from = models.DateField(_("In force from"))
    selected_by = models.CharField(_("Told by"), max_length=20, choices=RuleDate)
    due_months = models.PositiveSmallIntegerField(default=0)
    due_days = models.PositiveSmallIntegerField(default=0)
    reason_months = models.PositiveSmallIntegerField(default=0)
    ceiling_months = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(_("Source"), max_length=500)
    is_assumption = models.BooleanField(_("Assumption"), default=False)
    loaded_at = models.DateTimeField(auto_now_add=True)

    objects = DutyRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="duty_rule_kind_known", condition=Q(kind__in=DutyKind.values)),
            models.CheckConstraint(name="duty_rule_selected_by_known", condition=Q(selected_by__in=RuleDate.values)),
            models.CheckConstraint(name="duty_rule_has_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="duty_rule_reason_within_ceiling", condition=Q(reason_months__lte=F("ceiling_months"))
            ),
            models.UniqueConstraint(fields=["kind", "version"], name="duty_rule_version_once"),
            models.UniqueConstraint(fields=["kind", "effective_from"], name="duty_rule_one_per_day"),
        ]
        triggers = [pgtrigger.Protect(name="published_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"

    @property
    def why(self) -> str:
        """Its source in the reader's language, as far as `RULE_SOURCES` knows it."""
        return gettext(self.source)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Obligation(PublicId, TimeStamped):
    """What an institute owes for a result (`listing`) or a project (its report and the report's publication).

    Rows are made and moved by `services.settle`, from what projects, results, technologies and exemptions say. Whether
    it is overdue is asked (`overdue_on`) and never stored. `latest_on` is the rule's ceiling for `extended_to`.
    A duty is done when as many published technologies discharge it as `listings_needed`, or the report's date is there.
    `calendar_from` is the day on which it came back to be done after an exemption or a verified listing ended, or came
    to another institute: letters count from it where it is later than the deadline (`calendar_day`).
    """

    kind = models.CharField(_("Duty"), max_length=20, choices=DutyKind)
    project = models.ForeignKey(RnDProject, on_delete=models.PROTECT, related_name="obligations")
    result = models.ForeignKey(
        ResearchResult, null=True, blank=True, on_delete=models.PROTECT, related_name="obligations"
    )
    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="obligations")
    rule = models.ForeignKey(DutyRule, on_delete=models.PROTECT, related_name="obligations", db_index=False)
    state = models.CharField(_("State"), max_length=10, choices=DutyState, default=DutyState.DUE)
    revision = models.PositiveIntegerField(default=1)
    due_on = models.DateField(_("Due on"))
    latest_on = models.DateField(_("At the latest on"))
    extended_to = models.DateField(_("Extended to"), null=True, blank=True)
    extension_reason = models.CharField(_("Accepted reason"), max_length=500, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    calendar_from = models.DateField(null=True, blank=True)
    listings_needed = models.PositiveSmallIntegerField(_("Technologies needed"), default=1)
    done_at = models.DateTimeField(_("Done"), null=True, blank=True)
    verified_at = models.DateTimeField(_("Verified"), null=True, blank=True)
    verified_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    verified_how = models.CharField(_("How verified"), max_length=10, choices=VerifiedHow, blank=True)
    closed_reason = models.CharField(_("Why not owed"), max_length=20, choices=DropReason, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="duty_kind_known", condition=Q(kind__in=DutyKind.values)),
            models.CheckConstraint(name="duty_state_known", condition=Q(state__in=DutyState.values)),
            models.CheckConstraint(
                name="duty_of_result_or_project",
                condition=Q(kind=DutyKind.LISTING, result__isnull=False)
                | Q(kind__in=PROJECT_DUTIES, result__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["kind", "result"], name="duty_once_per_result", condition=Q(result__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["kind", "project"], name="duty_once_per_project", condition=Q(result__isnull=True)
            ),
            models.CheckConstraint(name="duty_latest_not_before_due", condition=Q(latest_on__gte=F("due_on"))),
            models.CheckConstraint(
                name="duty_extension_complete",
                condition=Q(
                    extended_to__isnull=True, extended_at__isnull=True, extended_by__isnull=True, extension_reason=""
                )
                | (
                    Q(extended_to__isnull=False, extended_at__isnull=False, extended_by__isnull=False)
                    & ~Q(extension_reason="")
                ),
            ),
            models.CheckConstraint(
                name="duty_extension_within_ceiling",
                condition=Q(extended_to__isnull=True) | Q(extended_to__gt=F("due_on"), extended_to__lte=F("latest_on")),
            ),
            models.CheckConstraint(name="duty_needs_a_listing", condition=Q(listings_needed__gte=1)),
            models.CheckConstraint(
                name="duty_done_says_when",
                condition=Q(state__in=DONE_STATES, done_at__isnull=False)
                | (~Q(state__in=DONE_STATES) & Q(done_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="duty_verified_says_how",
                condition=Q(
                    state=DutyState.VERIFIED,
                    verified_at__isnull=False,
                    verified_by__isnull=False,
                    verified_how=VerifiedHow.OFFICER,
                )
                | Q(
                    state=DutyState.VERIFIED,
                    verified_at__isnull=False,
                    verified_by__isnull=True,
                    verified_how=VerifiedHow.AUTOMATIC,
                )
                | (
                    ~Q(state=DutyState.VERIFIED)
                    & Q(verified_at__isnull=True, verified_by__isnull=True, verified_how="")
                ),
            ),
            models.CheckConstraint(
                name="duty_dropped_says_why",
                condition=Q(state=DutyState.DROPPED, closed_reason__in=DropReason.values)
                | (~Q(state=DutyState.DROPPED) & Q(closed_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "institute", "state"],
                include=["due_on", "extended_to", "project"],
                name="duty_by_institute",
                condition=~Q(state="dropped"),
            ),
            models.Index(
                F("institute"), Coalesce("extended_to", "due_on"), F("id"), name="duty_urgent", condition=Q(state="due")
            ),
            models.Index(
                F("kind"), Coalesce("extended_to", "due_on"), F("id"), name="duty_urgent_all", condition=Q(state="due")
            ),
            models.Index(fields=["done_at", "id"], name="duty_to_verify", condition=Q(state="listed")),
        ]
        triggers = [
            pgtrigger.FSM(name="duty_moves", field="state", transitions=DUTY_STATES.pairs()),
            pgtrigger.ReadOnly(name="whose_duty", fields=["kind", "project", "result"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.result_id or self.project_id}"

    @property
    def deadline(self) -> date:
        return self.extended_to or self.due_on

    @property
    def calendar_day(self) -> date:
        """The day from which the calendar of letters counts; see `querysets.CALENDAR_DAY`."""
        return max(self.deadline, self.calendar_from or self.deadline)

    def is_overdue_on(self, day: date) -> bool:
        return self.state == DutyState.DUE and self.deadline < day


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Discharge(PublicId):
    """A technology by which a duty is done, once per pair. `by` is empty where the house found it by its number.

    It counts while `ended_at` is empty. What ended because the technology was withdrawn or its rights lapsed counts
    again when that is undone.
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="discharges")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="discharges")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    why_ended = models.CharField(max_length=10, choices=WhyEnded, blank=True)

    objects = DischargeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["obligation", "listing"], name="discharge_once"),
            models.CheckConstraint(
                name="discharge_ended_says_why",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, why_ended="")
                | Q(ended_at__isnull=False, why_ended__in=WhyEnded.values),
            ),
        ]
        triggers = [pgtrigger.ReadOnly(name="which_pair", fields=["obligation", "listing"])]

    def __str__(self) -> str:
        return f"{self.obligation_id} by {self.listing_id}"


def evidence_path(exemption: Any, name: str) -> str:
    """Nothing of the given name: it may hold anything."""
    return f"exemptions/{exemption.public_id}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Exemption(PublicId, TimeStamped):
    """An institute asks not to be held to a duty for a time; somebody else, outside of it, decides.

    `asked_until` is the last day asked for, `until` the last day granted; both are days in Korea. `runs_from` is where
    the months of the ground are counted from: the day of the decision, or the end of what it `extends`.
    Who asks and who decides can never be one person, nor of one organization (`migrations/0002_guards`).
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="exemptions")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="exemptions")
    ground = models.CharField(_("Ground"), max_length=20, choices=ExemptionGround)
    text = models.TextField(_("Explanation"), max_length=LONG_TEXT)
    evidence = models.FileField(_("Evidence"), upload_to=evidence_path, max_length=200)
    evidence_name = models.CharField(max_length=255)
    evidence_type = models.CharField(max_length=80, choices=EvidenceType)
    evidence_checksum = models.CharField(max_length=64)
    extends = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="extensions")
    asked_until = models.DateField(_("Asked for until"))
    asked_at = models.DateTimeField(_("Asked"))
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=ExemptionState, default=ExemptionState.ASKED)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_text = models.TextField(_("Reason of the decision"), max_length=LONG_TEXT, blank=True)
    runs_from = models.DateField(null=True, blank=True)
    until = models.DateField(_("Exempt until"), null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    why_ended = models.CharField(max_length=10, choices=ExemptionEnd, blank=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="exemption_ground_known", condition=Q(ground__in=ExemptionGround.values)),
            models.CheckConstraint(name="exemption_state_known", condition=Q(state__in=ExemptionState.values)),
            models.CheckConstraint(
                name="exemption_evidence_known",
                condition=Q(evidence_type__in=EvidenceType.values) & ~Q(evidence="") & ~Q(text=""),
            ),
            models.CheckConstraint(
                name="exemption_four_eyes", condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by"))
            ),
            models.CheckConstraint(
                name="exemption_decision_complete",
                condition=(
                    Q(
                        state__in=[ExemptionState.GRANTED, ExemptionState.ENDED],
                        decided_at__isnull=False,
                        decided_by__isnull=False,
                        runs_from__isnull=False,
                        until__isnull=False,
                        until__gt=F("runs_from"),
                    )
                    | (
                        Q(
                            state=ExemptionState.REFUSED,
                            decided_at__isnull=False,
                            decided_by__isnull=False,
                            runs_from__isnull=True,
                            until__isnull=True,
                        )
                        & ~Q(decision_text="")
                    )
                    | Q(
                        state__in=[ExemptionState.ASKED, ExemptionState.TAKEN_BACK],
                        decided_at__isnull=True,
                        decided_by__isnull=True,
                        decision_text="",
                        runs_from__isnull=True,
                        until__isnull=True,
                    )
                ),
            ),
            all_or_none("exemption_taken_back_pair", "taken_back_at", "taken_back_by"),
            models.CheckConstraint(
                name="exemption_taken_back_says_who",
                condition=Q(state=ExemptionState.TAKEN_BACK, taken_back_at__isnull=False)
                | Q(why_ended=ExemptionEnd.GIVEN_UP, taken_back_at__isnull=False)
                | (
                    ~Q(state=ExemptionState.TAKEN_BACK)
                    & ~Q(why_ended=ExemptionEnd.GIVEN_UP)
                    & Q(taken_back_at__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="exemption_ended_says_why",
                condition=Q(state=ExemptionState.ENDED, ended_at__isnull=False, why_ended__in=ExemptionEnd.values)
                | (~Q(state=ExemptionState.ENDED) & Q(ended_at__isnull=True, why_ended="")),
            ),
            models.UniqueConstraint(
                fields=["obligation"], name="exemption_one_asked", condition=Q(state=ExemptionState.ASKED)
            ),
            models.UniqueConstraint(
                fields=["obligation"], name="exemption_one_granted", condition=Q(state=ExemptionState.GRANTED)
            ),
            models.UniqueConstraint(
                fields=["extends"],
                name="exemption_one_open_extension",
                condition=Q(state__in=[ExemptionState.ASKED, ExemptionState.GRANTED], extends__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["until"], name="exemption_ends", condition=Q(state="granted")),
            models.Index(fields=["asked_at"], name="exemption_waits", condition=Q(state="asked")),
        ]
        triggers = [
            pgtrigger.FSM(name="exemption_moves", field="state", transitions=EXEMPTION_STATES.pairs()),
        ]

    def __str__(self) -> str:
        return f"{self.obligation_id} {self.state}"
