"""A plan as rows for CSV and XLSX."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from policy.enums.plans import FIGURE_UNITS
from policy.exports.figures import number
from policy.exports.survey import day
from policy.models import PlanVersion
from policy.queries.plans import figure_name, standings


def plan_cells(version: PlanVersion) -> Iterator[list[Any]]:
    """One line per measure with how it stands, then one per target, in percent where its unit is percent."""
    yield [
        pgettext("plan", "What"), pgettext("measure", "Number"), _("Title"), _("Responsible body"), _("Code"),
        _("Figure"), pgettext("measure", "Done by"), pgettext("progress", "How it stands"), _("What was done"),
        pgettext("progress", "Entered"), _("Year"), pgettext("plan", "Target"), _("Unit"),
    ]  # fmt: skip
    for each in standings(version):
        measure, newest = each.measure, each.entries[0] if each.entries else None
        yield [
            pgettext("measure", "Measure"), measure.code, measure.title, measure.body, measure.figure,
            figure_name(measure.figure), measure.due_on.isoformat() if measure.due_on else "",
            newest.get_state_display() if newest else "", newest.text if newest else "",
            day(newest.at) if newest else "", "", "", "",
        ]  # fmt: skip
    for target in version.targets.all():
        yield [
            pgettext("plan", "Target"), "", target.note, "", target.figure, figure_name(target.figure), "", "", "", "",
            target.year, number(FIGURE_UNITS[target.unit], target.value), target.get_unit_display(),
        ]  # fmt: skip
