"""Lists of the survey as rows for CSV and XLSX: won and counts as numbers, days as in ISO 8601."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from policy.ingest.survey import LABELS
from policy.models import SurveyFile, SurveyRound
from policy.queries.survey import OwnRecords, Place
from tech_listings.ingest.problems import RowProblem


def day(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else ""


def place_cells(round: SurveyRound, places: Iterable[Place], records: dict[int, OwnRecords]) -> Iterator[list[Any]]:
    """One line per institute: where it stands, the figures that hold, the platform's own beside them."""
    yield [
        _("Year"), _("Institute"), _("Business registration number"), _("Kind of institute"), _("Where it stands"),
        pgettext("survey", "Submitted"), _("Late"), _("Newly acquired technologies"), _("Research expenditure (won)"),
        _("Staff of the office"), pgettext("survey", "Version"), _("Technologies registered here"),
        _("Transfers recorded here"), _("Royalty received here (won)"),
    ]  # fmt: skip
    language = get_language() or "ko"
    for place in places:
        sheet, holds, own = place.sheet, place.answer, records.get(place.institute.pk, OwnRecords())
        sent = sheet.submitted_at if sheet else None
        late = bool(sent and timezone.localdate(sent) > round.due_on)
        figures: list[Any] = [""] * 3
        if place.counts:
            figures = list(place.counts.as_json().values())
        yield [
            round.year, place.institute.name_in(language), place.institute.business_number_text,
            place.institute.get_institute_kind_display(), str(place.standing.label), day(sent),
            _("Yes") if late else "",
            *figures, holds.version if holds else "", own.registered, own.transfers, own.receipts_won,
        ]  # fmt: skip


def refused_cells(file: SurveyFile) -> Iterator[list[Any]]:
    """Rows of a file that could not be taken, with the reason and what to do."""
    yield [_("Row"), _("Column"), _("Value"), _("Why"), _("What to do")]
    for found in map(RowProblem.from_json, file.problems):
        yield [found.row, str(LABELS.get(found.field, found.field)), found.value, found.why, found.remedy]


def template_cells(year: int, *, names_institutes: bool) -> Iterator[list[Any]]:
    """A file to fill in, with its header only."""
    names = ["year", "new_technologies", "research_expenditure_won", "office_staff", "reason"]
    if names_institutes:
        names = ["business_number", "institute", *names]
    yield [HEADERS[name] for name in names]


HEADERS = {
    "business_number": "사업자등록번호",
    "institute": "기관명",
    "year": "연도",
    "new_technologies": "신규확보기술",
    "research_expenditure_won": "연구비(원)",
    "office_staff": "전담인력",
    "reason": "사유",
}
"""In Korean whoever reads it: offices pass the file on."""
