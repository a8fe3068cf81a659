"""One row of a file as what it says of a project or a result."""

import datetime
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from obligations.enums import ResultKind
from obligations.ingest import words
from obligations.numbers import project_key
from tech_listings.ingest import values
from tech_listings.ingest.patent_numbers import application_number
from tech_listings.ingest.problems import BadValue, RowProblem, problem
from tech_listings.ingest.records import CellReader, clean_text
from tech_listings.ingest.tables import Column, Row, Table, with_samples

PLACES = {"lead", "lead_number", "partners", "owner", "owner_number"}


@dataclass(frozen=True)
class Record:
    """What a row says. `content` holds only filled cells: an empty one changes nothing. `places` names organizations.

    `key` recognises the row of this source next time; `project` is the key of the project's number.
    """

    row: int
    key: str
    project: str
    raw_hash: str
    content: dict[str, Any]
    places: dict[str, Any] = field(default_factory=dict)
    is_secret: bool = False


def text(limit: int) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        cleaned = clean_text(cell)
        if len(cleaned) > limit:
            raise BadValue("too_long", cleaned, have=len(cleaned), want=limit)
        return "" if values.is_empty(cleaned) else cleaned

    return parse


def _names(cell: str) -> tuple[str, ...]:
    return values.names(clean_text(cell))


class ResearchReader(CellReader):
    """What both kinds of file have alike."""

    def filled(self, row: Row) -> tuple[dict[str, Any], list[RowProblem]]:
        found, problems = self.values_of(row)
        return {name: value for name, value in found.items() if value not in (None, "", ())}, problems

    def need(self, row: Row, found: Mapping[str, Any], target: str, problems: list[RowProblem]) -> None:
        name = self.names.get(target, "")
        if target not in found and not any(p.field == name for p in problems):
            problems.append(problem(row.number, "required", name))


class ProjectReader(ResearchReader):
    parsers = {
        "number": words.project_number,
        "title": text(500),
        "ministry": text(100),
        "programme": text(200),
        "lead": text(200),
        "lead_number": words.business_number,
        "partners": _names,
        "investigator_name": text(80),
        "investigator_email": words.email,
        "period": words.period,
        "starts_on": values.date,
        "ends_on": values.date,
        "completed_on": values.date,
        "report_submitted_on": values.date,
        "report_published_on": values.date,
        "government_won": words.won,
        "total_won": words.won,
        "is_security": words.security,
    }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whether a bare number means won or thousands of won stands in the header.
        money = {name: partial(words.won, header=self.names[name]) for name in ("government_won", "total_won")
                 if name in self.names}  # fmt: skip
        self.parsed = [(target, index, money.get(target, parse)) for target, index, parse in self.parsed]

    def is_secret(self, row: Row) -> bool:
        """Whether the row says that it is of a security project; a cell that cannot be read may mean it."""
        index = self.indexes.get("is_security")
        if index is None:
            return False
        try:
            return bool(words.security(row.cells[index]))
        except BadValue:
            return True

    def read(self, row: Row, raw_hash: str) -> tuple[Record | None, list[RowProblem]]:
        """The record, or None with every problem of the row; `last_key` as far as it could be read."""
        found, problems = self.filled(row)
        key = self.last_key = f"p:{project_key(found['number'])}" if "number" in found else ""
        self.need(row, found, "number", problems)
        self.need(row, found, "title", problems)
        if days := found.pop("period", None):
            found.setdefault("starts_on", days[0])
            found.setdefault("ends_on", days[1])
        if problems:
            return None, problems
        content = {name: value for name, value in found.items() if name not in PLACES}
        places = {name: value for name, value in found.items() if name in PLACES}
        secret = bool(content.get("is_security"))
        return Record(row.number, key, key[2:], raw_hash, content, places, secret), []


class ResultReader(ResearchReader):
    parsers = {
        "project": words.project_number,
        "external_id": text(100),
        "kind": words.result_kind,
        "title": text(500),
        "application_number": application_number,
        "registration_number": text(40),
        "owner": text(200),
        "owner_number": words.business_number,
        "inventors": words.people,
        "contribution_bp": words.share,
        "completed_on": values.date,
        "application_on": values.date,
        "is_expected": words.yes_no,
    }  # fmt: skip

    def read(self, row: Row, raw_hash: str) -> tuple[Record | None, list[RowProblem]]:
        """The record, or None with every problem of the row; `last_key` as far as it could be read."""
        found, problems = self.filled(row)
        for target in ("project", "title"):
            self.need(row, found, target, problems)
        applied, registered = found.pop("application_number", ""), found.pop("registration_number", "")
        if "kind" not in found and applied:
            found["kind"] = str(ResultKind.PATENT)
        self.need(row, found, "kind", problems)
        found.setdefault("completed_on", found.get("application_on"))
        found.pop("application_on", None)
        project = project_key(found.pop("project", ""))
        self.last_key = self._key(found, project, applied or registered)
        if any(not p.warning for p in problems):
            return None, problems
        is_patent = found["kind"] == ResultKind.PATENT
        number = applied if is_patent else (registered or applied)
        if is_patent and number and not (number.isdigit() and len(number) == 13):
            problems.append(
                problem(row.number, "foreign_number", self.names["application_number"], number, warning=True)
            )
            number = ""
        if number:
            found["number"] = number
        if "inventors" in found:
            found["inventors"] = [{"name": name[:80], "email": ""} for name in found["inventors"]]
        content = {n: v for n, v in found.items() if n not in PLACES and n != "external_id" and v is not None}
        places = {name: value for name, value in found.items() if name in PLACES}
        return Record(row.number, self.last_key, project, raw_hash, content, places), problems

    def _key(self, found: Mapping[str, Any], project: str, number: str) -> str:
        """The file's own identifier, else the number, else kind and title: within its project."""
        if own := found.get("external_id"):
            return f"id:{own}"
        if not project:
            return ""
        if number:
            return f"n:{number}@{project}"
        named = title_key(found.get("kind", ""), found.get("title", ""))
        return f"t:{named}@{project}" if found.get("title") else ""


def title_key(kind: str, title: str) -> str:
    """Recognises a result without a number: kind and title, whatever the blanks and the case."""
    return hashlib.blake2b(f"{kind}\x1f{words.organization_key(title)}".encode(), digest_size=12).hexdigest()


def days_as_text(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` as JSON can hold it."""
    return {n: v.isoformat() if isinstance(v, datetime.date) else v for n, v in content.items()}


def days_as_days(content: Mapping[str, Any]) -> dict[str, Any]:
    return {n: datetime.date.fromisoformat(v) if n.endswith("_on") and v else v for n, v in content.items()}


MOST_SAMPLES_FROM = 200


def columns_without_secrets(table: Table, mapping: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns with samples of rows that are of no security project, as far as the columns are known."""
    name = mapping.get("is_security")
    if name is None:
        return table.columns
    index = next(column.index for column in table.columns if column.name == name)
    rows = []
    for row in table.rows():
        try:
            secret = bool(words.security(row.cells[index]))
        except BadValue:
            secret = True
        if not secret:
            rows.append(row.cells)
        if len(rows) == MOST_SAMPLES_FROM:
            break
    return with_samples([column.name for column in table.columns], rows)
