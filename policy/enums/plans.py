from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine
from policy.enums.figures import Unit


class PlanKind(models.TextChoices):
    ANNUAL = "annual", _("Annual plan")
    THREE_YEARS = "three_years", _("Three-year plan")


YEARS_OF = {PlanKind.ANNUAL: 1, PlanKind.THREE_YEARS: 3}


class PlanState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", pgettext_lazy("plan", "Replaced")
    WITHDRAWN = "withdrawn", pgettext_lazy("version", "Thrown away")


PLAN_STATES = StateMachine(
    field="state",
    moves={
        PlanState.DRAFT: frozenset({PlanState.PUBLISHED, PlanState.WITHDRAWN}),
        PlanState.PUBLISHED: frozenset({PlanState.SUPERSEDED}),
        PlanState.SUPERSEDED: frozenset(),
        PlanState.WITHDRAWN: frozenset(),
    },
)
PUBLIC_PLAN_STATES = (PlanState.PUBLISHED, PlanState.SUPERSEDED)


class TargetUnit(models.TextChoices):
    """How `value` of a target is read: basis points are shown as percent."""

    BASIS_POINTS = "bp", _("Percent")
    COUNT = "count", pgettext_lazy("unit", "Number")
    WON = "won", pgettext_lazy("unit", "Won")
    DAYS = "days", pgettext_lazy("unit", "Days")


FIGURE_UNITS: Mapping[str, Unit] = {
    TargetUnit.BASIS_POINTS: Unit.BASIS_POINTS,
    TargetUnit.COUNT: Unit.COUNT,
    TargetUnit.WON: Unit.WON,
    TargetUnit.DAYS: Unit.DAYS,
}
"""The unit of the figure that a target of a plan is about. It is written under the target, for figures change."""
TARGET_UNITS = {figure: target for target, figure in FIGURE_UNITS.items()}


class ProgressState(models.TextChoices):
    ON_TRACK = "on_track", _("On track")
    LATE = "late", pgettext_lazy("progress", "Behind plan")
    DONE = "done", pgettext_lazy("progress", "Done")
    STOPPED = "stopped", pgettext_lazy("progress", "Stopped")
