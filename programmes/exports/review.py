"""The queue and a selection as rows for CSV, as the pages show them. Days are those in Korea."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from programmes.models import Application, SelectionLine
from programmes.queries.ranking import reason_in_words


def _day(moment: datetime | None) -> str:
    return timezone.localdate(moment).isoformat() if moment else ""


def queue_cells(rows: Iterable[Application]) -> Iterator[list[Any]]:
    yield [
        _("Receipt number"), pgettext("application", "Applicant"), _("Business registration number"), _("State"),
        _("Submitted"), _("Complete by"), pgettext("programme", "Government money (won)"), _("Own share (won)"),
        _("Possible ties"),
    ]  # fmt: skip
    for row in rows:
        yield [
            row.number, row.organization.name, row.organization.business_number_text, row.get_state_display(),
            _day(row.submitted_at), row.complete_by.isoformat() if row.complete_by else "", row.government_won,
            row.own_won, _("Not looked into") if row.is_flagged else "",  # type: ignore[attr-defined]
        ]  # fmt: skip


def selection_cells(lines: Iterable[SelectionLine]) -> Iterator[list[Any]]:
    yield [
        _("Rank"), _("Receipt number"), pgettext("application", "Applicant"), _("Average"),
        pgettext("application", "Outcome"),
        pgettext("programme", "Government money (won)"), _("Own share (won)"), _("Reason"),
    ]  # fmt: skip
    for line in lines:
        yield [
            line.rank, line.application.number, line.application.organization.name,
            "" if line.average is None else f"{line.average / 100:.2f}", line.get_outcome_display(),
            line.government_won, line.own_won, reason_in_words(line.reason),
        ]  # fmt: skip
