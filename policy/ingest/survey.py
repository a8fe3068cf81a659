"""Read answers of the yearly survey from a file (CSV, XLSX): one row per institute and year, columns in any order."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.numbers import digits
from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from obligations.ingest.problems import ROW_WORDINGS
from policy.scheme.survey import FIGURES, MOST
from tech_listings.ingest.known_fields import IN_BRACKETS, header_key
from tech_listings.ingest.problems import RowProblem, Wording, problem
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.tables import Row

MOST_ROWS = 2_000
REASON_LENGTH = 500
WORDS = {
    "institute": "기관 기관명 연구기관 공공연구기관 연구기관명 institute institution organization name 研究机构",
    "business_number": "사업자등록번호 사업자번호 businessnumber brn businessregistrationnumber 营业执照登记号",
    "year": "연도 기준연도 년도 year 年份 年度",
    "new_technologies": "신규확보기술 신규기술 신규확보기술수 newtechnologies newlyacquiredtechnologies 新获得技术",
    "research_expenditure_won": "연구비 연구개발비 연구비집행액 researchexpenditure researchexpenditurewon 研发经费",
    "office_staff": "전담인력 전담조직인력 전담인력수 officestaff staff staffoftheoffice 技术转移机构人员",
    "reason": "사유 정정사유 변동사유 비고 reason reasons note 理由",
}
"""As people write them, and as `LABELS` names them in every language of the house: a message may send them there."""
BY_KEY = {header_key(word): name for name, known in WORDS.items() for word in known.split()}
NEEDED = ("year", *FIGURES)
LABELS: Mapping[str, Any] = {
    "institute": gettext_lazy("Institute"),
    "business_number": gettext_lazy("Business registration number"),
    "year": gettext_lazy("Year"),
    "new_technologies": gettext_lazy("Newly acquired technologies"),
    "research_expenditure_won": gettext_lazy("Research expenditure (won)"),
    "office_staff": gettext_lazy("Staff of the office"),
    "reason": gettext_lazy("Reason"),
}
ROW_WORDINGS.update(
    {
        "bad_survey_year": Wording(gettext_lazy("This is not a year."), gettext_lazy("Write four figures, like 2025.")),
        "no_survey_round": Wording(
            gettext_lazy("The survey of this year is not open."),
            gettext_lazy("Leave the row out, or ask the office to open the survey of that year."),
        ),
        "bad_survey_figure": Wording(
            gettext_lazy("This is not a whole number from 0 to %(most)s."),
            gettext_lazy("Write the number in figures, without a unit and without decimals."),
        ),
        "survey_reason_needed": Wording(
            gettext_lazy("The figure changed from %(before)s to %(now)s, which is a large change."),
            gettext_lazy("Check the figure. If it is right, say why in the column “Reason” of the row."),
        ),
        "survey_correction_needs_reason": Wording(
            gettext_lazy("Another answer was accepted for this year."),
            gettext_lazy("To correct it, say why in the column “Reason” of the row."),
        ),
        "survey_waits": Wording(
            gettext_lazy("The answer of this year waits for an officer and cannot be changed."),
            gettext_lazy("Leave the row out, and send it again when the answer was returned or accepted."),
        ),
        "survey_is_written": Wording(
            gettext_lazy("The institute is writing this answer and has not sent it yet."),
            gettext_lazy("Leave the row out, and ask the institute to send its answer."),
        ),
        "survey_row_twice": Wording(
            gettext_lazy("Row %(first)s is about the same institute and year."), gettext_lazy("Keep one of the two.")
        ),
        "survey_reason_too_long": Wording(
            gettext_lazy("The reason is longer than %(most)s characters."), gettext_lazy("Shorten it.")
        ),
    }
)


class NotASurvey(DomainError):
    """The file has not the columns of the survey."""

    code = "not_a_survey"


@dataclass(frozen=True)
class SurveyRow:
    """A row that could be read. Figures as numbers; whose it is, as it was written."""

    row: int
    institute: str
    business_number: str
    year: int
    figures: Mapping[str, int]
    reason: str


@dataclass
class SurveyTable:
    rows: list[SurveyRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


@lru_cache(maxsize=1024)
def field_of_header(header: str) -> str | None:
    """What a column holds, by its header; None for one that is not needed."""
    return BY_KEY.get(header_key(header)) or BY_KEY.get(header_key(IN_BRACKETS.sub("", header)))


def read_survey(content: bytes, *, name: str, names_institutes: bool) -> SurveyTable:
    """Every row of the file. With `names_institutes` each row says whose it is, by name or business number.

    Raises `FileProblem` and `NotASurvey` where the file as a whole cannot be taken.
    """
    table = open_table(content, name=name)
    places: dict[str, int] = {}
    for column in table.columns:
        if found := field_of_header(column.name):
            places.setdefault(found, column.index)
    missing = [name for name in NEEDED if name not in places]
    if names_institutes and not {"institute", "business_number"} & set(places):
        missing.insert(0, "institute")
    if missing:
        names = ", ".join(str(LABELS[name]) for name in missing)
        raise NotASurvey(
            _("These columns were not found: %(names)s. Take the template, and fill it in.") % {"names": names},
            field="file",
        )
    read = SurveyTable()
    for row in table.rows():
        if len(read.rows) + len(read.problems) >= MOST_ROWS:
            raise NotASurvey(_("At most %(most)s rows at once.") % {"most": f"{MOST_ROWS:,}"}, field="file")
        _read_row(row, places, read)
    return read


def _read_row(row: Row, places: Mapping[str, int], read: SurveyTable) -> None:
    if row.problem:
        read.problems.append(row.problem)
        return
    cells = {name: unicodedata.normalize("NFKC", row.cells[place]).strip() for name, place in places.items()}
    if not any(cells.values()):
        return
    found: list[RowProblem] = []
    year = _whole(cells["year"].removesuffix("년"))
    if year is None or not 1000 <= year <= 9999:
        found.append(problem(row.number, "bad_survey_year" if cells["year"] else "required", "year", cells["year"]))
    elif not 2000 <= year <= 2100:  # a year, but none that was ever asked about
        found.append(problem(row.number, "no_survey_round", "year", cells["year"]))
    figures = {}
    for name in FIGURES:
        value = _whole(cells[name])
        if value is None or value > MOST[name]:
            code = "bad_survey_figure" if cells[name] else "required"
            found.append(problem(row.number, code, name, cells[name], most=f"{MOST[name]:,}"))
        else:
            figures[name] = value
    reason = tidy(cells.get("reason", ""))
    if len(reason) > REASON_LENGTH:
        found.append(problem(row.number, "survey_reason_too_long", "reason", reason[:80], most=REASON_LENGTH))
    if found:
        read.problems += found
        return
    assert year is not None
    number = digits(cells.get("business_number", ""))
    read.rows.append(SurveyRow(row.number, cells.get("institute", ""), number, year, figures, reason))


def _whole(text: str) -> int | None:
    """`1,200` or `1200원` as 1200; None for what is no whole number of 0 or more."""
    bare = re.sub(r"[\s,₩]|원$|명$|건$", "", text)
    bare = re.sub(r"\.0+$", "", bare)
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 18 else None


def twice(keys: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """Row numbers that repeat an earlier row's institute and year (`keys` by row number), with that row's number."""
    first: dict[tuple[int, int], int] = {}
    return {row: first[key] for row, key in keys.items() if first.setdefault(key, row) != row}
