import hashlib
import json

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.money import BASIS_POINTS
from policy.enums.plans import (
    PLAN_STATES,
    YEARS_OF,
    PlanKind,
    PlanState,
    ProgressState,
    TargetUnit,
)
from policy.querysets.plans import PlanQuerySet, PlanVersionQuerySet

FIRST_PLAN_YEAR, LAST_PLAN_YEAR = 2000, 2100
TEXT_LENGTH, SHORT_LENGTH, MARK_LENGTH = 4_000, 500, 16
CODE_FORM = r"^[a-z0-9][a-z0-9_.-]{0,59}$"


class Plan(PublicId, TimeStamped):
    """The promotion plan of a year, or of three (TTA arts 4, 5): what it says stands in its versions."""

    kind = models.CharField(_("Kind"), max_length=12, choices=PlanKind)
    first_year = models.PositiveSmallIntegerField(_("First year"))
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_kind_known", condition=Q(kind__in=PlanKind.values)),
            models.CheckConstraint(
                name="plan_year_in_range", condition=Q(first_year__gte=FIRST_PLAN_YEAR, first_year__lte=LAST_PLAN_YEAR)
            ),
            models.UniqueConstraint(fields=["kind", "first_year"], name="plan_once_per_kind_and_year"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_year}"

    @property
    def last_year(self) -> int:
        return self.first_year + YEARS_OF[PlanKind(self.kind)] - 1

    @property
    def years(self) -> str:
        """`2026`, or `2026–2028`."""
        return str(self.first_year) if self.first_year == self.last_year else f"{self.first_year}–{self.last_year}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class PlanVersion(PublicId, TimeStamped):
    """What a plan says. Officers write a draft; one who did not begin it publishes it, and it is never changed again.

    A later version says why it differs, and replaces the published one.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField(pgettext_lazy("plan", "Version"))
    title = models.CharField(_("Title in Korean"), max_length=200)
    title_en = models.CharField(_("Title in English"), max_length=200, blank=True)
    title_zh = models.CharField(_("Title in Chinese"), max_length=200, blank=True)
    summary = models.TextField(pgettext_lazy("plan", "Summary"), max_length=TEXT_LENGTH, blank=True)
    reason = models.CharField(_("Why it was changed"), max_length=SHORT_LENGTH, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=PlanState, default=PlanState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("Published"), null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_state_known", condition=Q(state__in=PlanState.values)),
            models.CheckConstraint(name="plan_has_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="plan_four_eyes", condition=Q(published_by__isnull=True) | ~Q(published_by=F("written_by"))
            ),
            models.CheckConstraint(
                name="plan_published_says_when",
                condition=Q(
                    state__in=[PlanState.PUBLISHED, PlanState.SUPERSEDED],
                    published_at__isnull=False,
                    published_by__isnull=False,
                )
                | Q(
                    state__in=[PlanState.DRAFT, PlanState.WITHDRAWN],
                    published_at__isnull=True,
                    published_by__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="plan_superseded_says_when",
                condition=Q(state=PlanState.SUPERSEDED, superseded_at__isnull=False)
                | (~Q(state=PlanState.SUPERSEDED) & Q(superseded_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="plan_changed_says_why",
                condition=Q(version=1, reason="") | (Q(version__gt=1) & ~Q(reason="")),
            ),
            models.UniqueConstraint(fields=["plan", "version"], name="plan_version_once"),
            models.UniqueConstraint(fields=["plan"], name="one_draft_of_a_plan", condition=Q(state=PlanState.DRAFT)),
            models.UniqueConstraint(
                fields=["plan"], name="one_published_version_of_a_plan", condition=Q(state=PlanState.PUBLISHED)
            ),
        ]
        triggers = [pgtrigger.FSM(name="plan_version_moves", field="state", transitions=PLAN_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"

    @property
    def display_title(self) -> str:
        """The title for whoever reads the page."""
        wanted = {"en": self.title_en, "zh": self.title_zh}.get((get_language() or "ko")[:2], "")
        return wanted or self.title

    @property
    def is_draft(self) -> bool:
        return self.state == PlanState.DRAFT


def mark_of(row: models.Model, names: tuple[str, ...]) -> str:
    """Short for what stands in a row: who saves says which was on the page (lessons F58)."""
    said = json.dumps([str(getattr(row, name)) for name in names])
    return hashlib.sha256(said.encode()).hexdigest()[:MARK_LENGTH]


class Measure(PublicId):
    """What the plan promises to do, by whom. `code` stays the same in later versions: progress hangs on it."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="measures")
    code = models.PositiveSmallIntegerField(pgettext_lazy("measure", "Number"))
    title = models.CharField(pgettext_lazy("measure", "Measure"), max_length=200)
    text = models.TextField(_("What is done"), max_length=TEXT_LENGTH, blank=True)
    body = models.CharField(_("Responsible body"), max_length=200)
    due_on = models.DateField(pgettext_lazy("measure", "Done by"), null=True, blank=True)
    figure = models.CharField(_("Figure"), max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="measure_code_once"),
            models.CheckConstraint(name="measure_says_what_and_who", condition=~Q(title="") & ~Q(body="")),
            models.CheckConstraint(name="measure_figure_form", condition=Q(figure="") | Q(figure__regex=CODE_FORM)),
        ]

    def __str__(self) -> str:
        return f"{self.code}. {self.title}"

    @property
    def mark(self) -> str:
        return mark_of(self, ("title", "text", "body", "due_on", "figure"))


class PlanTarget(PublicId):
    """What a figure is to be in a year: `value` in `unit` (basis points, a count, whole won, or days).

    Published, it is the `Target` of its figure: a deferred trigger lets no transaction leave the two saying different
    things, nor two plans that hold (`0007_one_target`).
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="targets")
    figure = models.CharField(_("Figure"), max_length=60)
    year = models.PositiveSmallIntegerField(_("Year"))
    unit = models.CharField(_("Unit"), max_length=8, choices=TargetUnit)
    value = models.PositiveBigIntegerField(pgettext_lazy("plan", "Target"))
    note = models.CharField(pgettext_lazy("remark", "Note"), max_length=SHORT_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "figure", "year"], name="plan_target_once"),
            models.CheckConstraint(name="plan_target_figure_form", condition=Q(figure__regex=CODE_FORM)),
            models.CheckConstraint(name="plan_target_unit_known", condition=Q(unit__in=TargetUnit.values)),
            models.CheckConstraint(
                name="plan_target_within_100_percent",
                condition=~Q(unit=TargetUnit.BASIS_POINTS) | Q(value__lte=BASIS_POINTS),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.figure} {self.year}: {self.value}"

    @property
    def mark(self) -> str:
        return mark_of(self, ("figure", "year", "value", "note"))


class PlanProgress(PublicId):
    """How a measure stands, in words. Append-only; the newest entry counts. What was wrong is said in a new entry."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="progress")
    code = models.PositiveSmallIntegerField(pgettext_lazy("measure", "Number"))
    state = models.CharField(pgettext_lazy("progress", "How it stands"), max_length=10, choices=ProgressState)
    text = models.CharField(_("What was done"), max_length=1_000)
    key = models.UUIDField(null=True, blank=True, unique=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_progress_state_known", condition=Q(state__in=ProgressState.values)),
            models.CheckConstraint(name="plan_progress_says_what", condition=~Q(text="")),
        ]
        indexes = [models.Index(fields=["plan", "code", "-id"], name="plan_progress_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.code}: {self.state}"
