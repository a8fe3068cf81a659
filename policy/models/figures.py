"""Values of figures: live, frozen, aimed at, and published elsewhere. What a figure is stands in the registry
(`policy.queries.figures.registry`), by its code; figures that are given up keep their frozen months here.
"""

from datetime import date

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from marketplace.core.models import PublicId, TimeStamped
from policy.enums.figures import NO_YEAR
from policy.querysets.figures import (
    LiveValueQuerySet,
    NationalValueQuerySet,
    SnapshotQuerySet,
    TargetQuerySet,
)

HASH = r"^[0-9a-f]{64}$"
CODE = r"^[a-z][a-z_]{2,39}$"
YEAR = Q(year=NO_YEAR) | Q(year__gte=2000, year__lte=2100)
LONG_TEXT, SHORT_TEXT = 2_000, 300


class Valued(models.Model):
    """A value with the numbers it was made of.

    `figure` is a code of the registry, `definition` the version of its definition, `year` the calendar year it tells
    of or 0 where it tells how things stand. `value` is in the figure's unit (basis points, won, number, days), None
    where it cannot be told. `parts` holds by key of a part `{"rows", "total", "median", "organizations"}`. Of
    `expected` institutes `answered` gave what is needed; both are 0 where no answers are needed.
    """

    figure = models.CharField(_("Figure"), max_length=40)
    definition = models.PositiveSmallIntegerField(_("Version of the definition"))
    year = models.PositiveSmallIntegerField(_("Year"), default=NO_YEAR)
    value = models.BigIntegerField(_("Value"), null=True, blank=True)
    parts = models.JSONField(default=dict)
    answered = models.PositiveIntegerField(_("Institutes that answered"), default=0)
    expected = models.PositiveIntegerField(_("Institutes asked"), default=0)

    class Meta:
        abstract = True

    @property
    def is_complete(self) -> bool:
        return self.answered >= self.expected

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.answered)

    @property
    def frozen_month(self) -> date | None:
        """The month of a frozen value, None of a live one."""
        return None

    @property
    def is_corrected(self) -> bool:
        """Whether a later version of the frozen month is there; known of what came from `with_corrections`."""
        return bool(getattr(self, "has_correction", False))


class LiveValue(Valued):
    """What a figure is now, as a worker computed it last."""

    computed_at = models.DateTimeField(_("Computed"))
    took_ms = models.PositiveIntegerField(default=0)

    objects = LiveValueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["figure", "year"], name="live_value_once"),
            models.CheckConstraint(name="live_value_code_form", condition=Q(figure__regex=CODE)),
            models.CheckConstraint(name="live_value_year_in_range", condition=YEAR),
        ]

    def __str__(self) -> str:
        return f"{self.figure} {self.year or ''}"


class Snapshot(PublicId, Valued):
    """A figure as it was at the end of `month` (its first day), frozen: no row is ever changed or deleted.

    Version 1 is what the house froze. A correction is a further version with a `reason` and who corrected it; the one
    before stays. The rows it was made of are kept (`SnapshotRows`); `rows_hash` is their SHA-256.

    Of figures that the public is told by months, `settled` names the sources that say nothing of single organizations
    when they are held against what was told before, and `is_told` whether all of them do (`services.figures.settle`).
    `moved_until`: where a row is a sum itself, the key of the last entry of the ledger that these sums hold.
    """

    month = models.DateField(_("Month"))
    version = models.PositiveSmallIntegerField(pgettext_lazy("snapshot", "Version"), default=1)
    row_count = models.PositiveIntegerField(_("Rows"))
    rows_hash = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(pgettext_lazy("snapshot", "Frozen"))
    frozen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("Why it was corrected"), max_length=LONG_TEXT, blank=True)
    moved_until = models.BigIntegerField(null=True, blank=True, editable=False)
    settled = models.JSONField(default=list)
    is_told = models.BooleanField(default=False)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["figure", "month", "year", "version"], name="snapshot_once_per_version"),
            models.CheckConstraint(name="snapshot_code_form", condition=Q(figure__regex=CODE)),
            models.CheckConstraint(name="snapshot_year_in_range", condition=YEAR),
            models.CheckConstraint(name="snapshot_of_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(name="snapshot_hash_is_hex", condition=Q(rows_hash__regex=HASH)),
            models.CheckConstraint(
                name="snapshot_correction_says_why",
                condition=Q(version=1, reason="", frozen_by__isnull=True)
                | Q(version__gt=1, frozen_by__isnull=False) & ~Q(reason=""),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.figure} {self.month:%Y-%m} v{self.version}"

    @property
    def frozen_month(self) -> date | None:
        return self.month


class SnapshotRows(models.Model):
    """The rows a snapshot was made of, as they were: JSON lines, gzipped. See `services.figures.freeze`."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="kept")
    data = models.BinaryField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.snapshot_id}"


class Target(PublicId):
    """What the plan aims at for a year, in the figure's unit.

    Editing writes another version; the one before keeps the moment at which it was replaced. `is_assumption` where the
    plan does not say it: years between two that it names. Taking it back writes a last version with the reason, over
    from the start (`is_withdrawn`): from then on the year has no target until another one is set.
    """

    figure = models.CharField(_("Figure"), max_length=40)
    year = models.PositiveSmallIntegerField(_("Year"))
    version = models.PositiveSmallIntegerField(pgettext_lazy("target", "Version"), default=1)
    value = models.BigIntegerField(_("Target"))
    is_assumption = models.BooleanField(_("Assumed, not said by the plan"), default=False)
    source = models.CharField(_("Source"), max_length=SHORT_TEXT)
    reason = models.TextField(_("Why it was changed"), max_length=LONG_TEXT, blank=True)
    set_at = models.DateTimeField(pgettext_lazy("target", "Set"))
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_withdrawn = models.BooleanField(pgettext_lazy("target", "Taken back"), default=False)

    objects = TargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["figure", "year"], name="target_one_current", condition=Q(replaced_at__isnull=True)
            ),
            models.UniqueConstraint(fields=["figure", "year", "version"], name="target_once_per_version"),
            models.CheckConstraint(name="target_code_form", condition=Q(figure__regex=CODE)),
            models.CheckConstraint(name="target_year_in_range", condition=Q(year__gte=2000, year__lte=2100)),
            models.CheckConstraint(name="target_not_below_zero", condition=Q(value__gte=0)),
            models.CheckConstraint(name="target_says_whence", condition=~Q(source="")),
            models.CheckConstraint(
                name="target_changed_says_why",
                condition=Q(version=1) | Q(set_by__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="target_replaced_later", condition=Q(replaced_at__isnull=True) | Q(replaced_at__gte=F("set_at"))
            ),
            models.CheckConstraint(
                name="target_taken_back_is_over",
                condition=Q(is_withdrawn=False) | Q(version__gt=1, replaced_at=F("set_at")),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="set_once", exclude=["replaced_at"]),
            pgtrigger.Protect(
                name="replaced_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__replaced_at__isnull=False)
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.figure} {self.year} v{self.version}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class NationalValue(TimeStamped):
    """A value of a figure that was published for a year before or beside this house, with its source.

    `value` None is a gap: nothing was found, and nothing is drawn or counted in its place. Reference data, loaded by
    `load_national_series`.
    """

    figure = models.CharField(_("Figure"), max_length=40)
    year = models.PositiveSmallIntegerField(_("Year"))
    value = models.BigIntegerField(_("Value"), null=True, blank=True)
    source = models.CharField(_("Source"), max_length=SHORT_TEXT, blank=True)
    note = models.CharField(pgettext_lazy("remark", "Note"), max_length=SHORT_TEXT, blank=True)
    is_approximate = models.BooleanField(pgettext_lazy("series", "About"), default=False)

    objects = NationalValueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["figure", "year"], name="national_value_once"),
            models.CheckConstraint(name="national_value_code_form", condition=Q(figure__regex=CODE)),
            models.CheckConstraint(name="national_value_year_in_range", condition=Q(year__gte=2000, year__lte=2100)),
            models.CheckConstraint(name="national_value_says_whence", condition=Q(value__isnull=True) | ~Q(source="")),
        ]

    def __str__(self) -> str:
        return f"{self.figure} {self.year}"
