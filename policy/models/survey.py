import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from policy.enums.figures import FIRST_YEAR, LAST_YEAR
from policy.enums.survey import (
    OPEN_SHEETS,
    SHEET_STATES,
    SURVEY_FILE_STATES,
    SheetState,
    SheetStepKind,
    SurveyFileState,
)
from policy.querysets.survey import (
    SurveyAnswerQuerySet,
    SurveyFileQuerySet,
    SurveyRoundQuerySet,
    SurveySheetQuerySet,
)
from policy.scheme.survey import Bound, bounds_from_json

REASON_LENGTH = 500


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class SurveyRound(PublicId, TimeStamped):
    """The survey about a calendar year: until which day (in Korea) it is answered, and which changes are large.

    `bounds` by figure, as `scheme.survey.bounds_from_json` reads them; what it leaves out keeps its default.
    """

    year = models.PositiveSmallIntegerField(_("Year"), unique=True)
    due_on = models.DateField(_("Answer by"))
    bounds = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    opened_at = models.DateTimeField(_("Opened"))
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = SurveyRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="survey_round_year_in_range", condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR)
            ),
            models.CheckConstraint(name="survey_round_due_after_year", condition=Q(due_on__year__gt=F("year"))),
        ]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def limits(self) -> dict[str, Bound]:
        return bounds_from_json(self.bounds)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class SurveySheet(PublicId, TimeStamped):
    """An institute's answer on its way: written, submitted, then returned or accepted by an officer; or given up.

    One that was accepted became a `SurveyAnswer` and is never changed; what is corrected is a sheet of the next
    `version`, which says why. `reasons` hold a sentence by figure for changes that are large. Figures may be missing in
    a draft only. Nobody accepts what he submitted. What was given up counts nowhere, and its `version` is free again.
    """

    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="survey_sheets")
    round = models.ForeignKey(SurveyRound, on_delete=models.PROTECT, related_name="sheets")
    version = models.PositiveSmallIntegerField(pgettext_lazy("survey", "Version"), default=1)
    new_technologies = models.PositiveIntegerField(_("Newly acquired technologies"), null=True, blank=True)
    research_expenditure_won = models.PositiveBigIntegerField(_("Research expenditure"), null=True, blank=True)
    office_staff = models.PositiveSmallIntegerField(_("Staff of the technology transfer office"), null=True, blank=True)
    reasons = models.JSONField(default=dict, blank=True)
    correction_reason = models.CharField(_("Why it is corrected"), max_length=REASON_LENGTH, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=SheetState, default=SheetState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(pgettext_lazy("survey", "Submitted"), null=True, blank=True)
    submitted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_text = models.CharField(_("What has to be changed"), max_length=REASON_LENGTH, blank=True)

    objects = SurveySheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="survey_sheet_state_known", condition=Q(state__in=SheetState.values)),
            models.CheckConstraint(
                name="survey_sheet_complete_when_sent",
                condition=Q(state__in=[SheetState.DRAFT, SheetState.WITHDRAWN])
                | Q(
                    new_technologies__isnull=False,
                    research_expenditure_won__isnull=False,
                    office_staff__isnull=False,
                    submitted_at__isnull=False,
                    submitted_by__isnull=False,
                )
                | Q(state=SheetState.RETURNED, submitted_at__isnull=False, submitted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="survey_sheet_decided_pair",
                condition=Q(
                    state__in=[SheetState.DRAFT, SheetState.SUBMITTED, SheetState.WITHDRAWN],
                    decided_at__isnull=True,
                    decided_by__isnull=True,
                )
                | Q(
                    state__in=[SheetState.RETURNED, SheetState.ACCEPTED],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="survey_sheet_returned_says_what",
                condition=~Q(state=SheetState.RETURNED) | ~Q(decision_text=""),
            ),
            models.CheckConstraint(
                name="survey_sheet_four_eyes",
                condition=~Q(state=SheetState.ACCEPTED) | ~Q(decided_by=F("submitted_by")),
            ),
            models.CheckConstraint(
                name="survey_sheet_correction_says_why",
                condition=Q(version=1, correction_reason="") | (Q(version__gt=1) & ~Q(correction_reason="")),
            ),
            models.UniqueConstraint(
                fields=["institute", "round", "version"],
                name="survey_sheet_version_once",
                condition=~Q(state=SheetState.WITHDRAWN),
            ),
            models.UniqueConstraint(
                fields=["institute", "round"],
                name="one_open_survey_sheet",
                condition=Q(state__in=[str(state) for state in OPEN_SHEETS]),
            ),
        ]
        triggers = [pgtrigger.FSM(name="survey_sheet_moves", field="state", transitions=SHEET_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.institute} {self.round_id} v{self.version}"

    @property
    def is_writable(self) -> bool:
        return self.state in {SheetState.DRAFT, SheetState.RETURNED}


class SurveyStep(models.Model):
    """That a sheet was submitted, returned, accepted or given up, with the figures as they were. Append-only."""

    sheet = models.ForeignKey(SurveySheet, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=SheetStepKind)
    figures = models.JSONField()
    reasons = models.JSONField(default=dict)
    text = models.CharField(max_length=REASON_LENGTH, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="survey_step_kind_known", condition=Q(kind__in=SheetStepKind.values))
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.kind}"


class SurveyAnswer(PublicId, TimeStamped):
    """What an institute says of a calendar year in the yearly survey (TTA art. 8; domain-facts §7), as accepted.

    A correction is a new `version` with its `reason`; the one before it keeps the moment at which it was replaced, and
    nothing else of it ever changes (migration `guards_of_survey`). `new_technologies` is what the transfer rate is
    divided by, `research_expenditure_won` what research productivity is divided by.
    """

    institute = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="survey_answers")
    year = models.PositiveSmallIntegerField(_("Year"))
    version = models.PositiveSmallIntegerField(_("Version"), default=1)
    new_technologies = models.PositiveIntegerField(_("Newly acquired technologies"))
    research_expenditure_won = models.PositiveBigIntegerField(_("Research expenditure"))
    office_staff = models.PositiveSmallIntegerField(_("Staff of the technology transfer office"))
    reason = models.CharField(_("Why it was corrected"), max_length=REASON_LENGTH, blank=True)
    sheet = models.OneToOneField(
        SurveySheet, null=True, blank=True, on_delete=models.PROTECT, related_name="answer", editable=False
    )
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("Answered at"))
    replaced_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SurveyAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institute", "year"], condition=Q(replaced_at__isnull=True), name="one_current_survey_answer"
            ),
            models.UniqueConstraint(fields=["institute", "year", "version"], name="one_survey_answer_per_version"),
            models.CheckConstraint(name="survey_year_in_range", condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR)),
        ]

    def __str__(self) -> str:
        return f"{self.institute} {self.year} v{self.version}"


class SurveyFile(PublicId, TimeStamped):
    """Answers in a file: read and compared, looked at by a person, then applied as a whole or discarded.

    `rows`: one object per row that can be taken, see `services.survey.file`; `problems`: `RowProblem`s of the others.
    """

    sender = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="survey_files")
    name = models.CharField(_("File"), max_length=200)
    checksum = models.CharField(max_length=64)
    rows = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    state = models.CharField(_("State"), max_length=10, choices=SurveyFileState, default=SurveyFileState.READ)
    uploaded_at = models.DateTimeField(_("Uploaded"))
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = SurveyFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="survey_file_state_known", condition=Q(state__in=SurveyFileState.values)),
            models.CheckConstraint(
                name="survey_file_closed_pair",
                condition=Q(state=SurveyFileState.READ, closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state=SurveyFileState.READ) & Q(closed_at__isnull=False, closed_by__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["sender", "checksum"],
                name="survey_file_once_at_a_time",
                condition=Q(state=SurveyFileState.READ),
            ),
        ]
        triggers = [pgtrigger.FSM(name="survey_file_moves", field="state", transitions=SURVEY_FILE_STATES.pairs())]

    def __str__(self) -> str:
        return self.name
