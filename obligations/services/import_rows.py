"""What imports of projects and of results have alike: a walk over the rows, and whom a row's names mean."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils import timezone

from accounts.enums import OrganizationKind
from accounts.models import Organization
from obligations.ingest.records import Record, ResearchReader
from obligations.ingest.words import organization_key
from tech_listings.enums import RowAction, RunKind
from tech_listings.ingest.mapping import ColumnMapping, Fields
from tech_listings.ingest.problems import RowProblem, problem
from tech_listings.ingest.records import is_same_but_for_encoding
from tech_listings.ingest.tables import Row, Table
from tech_listings.models import Run
from tech_listings.services.ingest_plan import NARROW, Plan

COMPARED_AT_ONCE = 500
HELD_ABOVE_PERCENT = 10
SHOWN = 2_000


@dataclass(frozen=True)
class Known:
    """A row of the source's own. `is_live`: not deleted, not merged."""

    pk: int
    key: str
    raw_hash: str
    is_live: bool


class Institutes:
    """Institutes by business number and by name, in any of their languages, however it is spaced."""

    def __init__(self) -> None:
        self.by_number: dict[str, Organization] = {}
        self.by_name: dict[str, set[Organization]] = {}
        for row in Organization.objects.filter(kind=OrganizationKind.INSTITUTE).order_by("pk").iterator():
            self.by_number[row.business_number] = row
            for name in filter(None, (row.name, row.name_en, row.name_zh)):
                self.by_name.setdefault(organization_key(name), set()).add(row)

    def find(self, name: str, number: str = "") -> Organization | str:
        """The institute, or the code of the problem."""
        if number:
            return self.by_number.get(number, "unknown_institute")
        found = self.by_name.get(organization_key(name), set())
        return "unknown_institute" if not found else "two_institutes" if len(found) > 1 else next(iter(found))


class RowsWalk(ABC):
    """One pass over the rows of a file. Rows whose cells are known are unchanged without being parsed.

    `own` is the institute that imports, None where an office does it for all.
    """

    fields: ClassVar[Fields]
    reader_class: ClassVar[type[ResearchReader]]
    named_by: ClassVar[tuple[str, ...]]
    """Targets by which a person knows a row, the first that is filled: a key of ours says nothing to anybody."""

    def __init__(self, run: Run, table: Table, plan: Plan, at: datetime) -> None:
        self.run, self.table, self.plan = run, table, plan
        mapping = ColumnMapping(run.mapping, self.fields)
        self.reader: Any = self.reader_class(mapping, table.columns)
        self.lossy = table.encoding if table.encoding in NARROW else ""
        organization = run.source.organization
        self.own = organization if organization.kind != OrganizationKind.GOVERNMENT else None
        self.institutes = Institutes()
        self.today: date = timezone.localdate(at)
        self.known = {row.key: row for row in self.rows_of_source()}
        self.by_hash = {row.raw_hash: row for row in self.known.values() if row.raw_hash and row.is_live}
        self.seen: dict[str, tuple[int, str]] = {}
        self.planned: dict[int, int] = {}
        self.waiting: list[tuple[Record, list[RowProblem], Row]] = []

    @abstractmethod
    def rows_of_source(self) -> Iterable[Known]:
        """The rows that this source brought before."""

    @abstractmethod
    def compare(self, waiting: Sequence[tuple[Record, list[RowProblem], Row]]) -> None:
        """Plan what these rows change."""

    @abstractmethod
    def vanished(self) -> None:
        """Plan what becomes of rows of the source that the full file no longer has."""

    def all_rows(self) -> None:
        counts = self.plan.counts
        for row in self.table.rows():
            counts["rows_read"] += 1
            if row.problem is not None:
                counts["lost_keys"] += 1
                self.refuse(row, "", [row.problem], secret=self.is_secret(row))
                continue
            raw_hash = self.reader.raw_hash(row)
            known = self.by_hash.get(raw_hash)
            if known is not None and known.key not in self.seen:
                self.seen[known.key] = (row.number, raw_hash)
                counts["unchanged"] += 1
            else:
                self._row(row, raw_hash)
        self._compare()
        for note in self.table.notes:
            if note.code == "total_row":
                counts["rows_read"] += 1
                counts["left_out"] += 1
            self.plan.note(note.row, RowAction.NOTE, problems=[note])
        # Where a row's number could not be read nobody can say what is missing.
        if self.run.kind == RunKind.FULL and not counts["lost_keys"]:
            self.vanished()

    def is_secret(self, row: Row) -> bool:
        return False

    def _row(self, row: Row, raw_hash: str) -> None:
        record, problems = self.reader.read(row, raw_hash)
        key = self.reader.last_key
        if key in self.seen:
            first, first_hash = self.seen[key]
            if first_hash == raw_hash:
                self.leave_out(row, key, "same_project", first=first)
                return
            shown = "" if self.is_secret(row) else self.written(row, *self.named_by)
            problems = [*problems, problem(row.number, "repeated_key", value=shown, key=shown, first=first)]
            self.refuse(row, key, problems, secret=self.is_secret(row))
            return
        if key:
            self.seen[key] = (row.number, raw_hash)
        if record is None:
            self.refuse(row, key, problems, secret=self.is_secret(row))
            self.plan.counts["lost_keys"] += not key
            return
        self.waiting.append((record, problems, row))
        if len(self.waiting) >= COMPARED_AT_ONCE:
            self._compare()

    def _compare(self) -> None:
        waiting, self.waiting = self.waiting, []
        if waiting:
            self.compare(waiting)

    def refuse(self, row: Row, key: str, problems: Sequence[RowProblem], *, secret: bool = False) -> None:
        """Nothing that a security project's row says is kept: its number in the file has to do."""
        self.plan.counts["refused"] += 1
        if secret:
            bare = []
            for found in problems:
                detail: dict[str, Any] = {**dict(found.detail), "key": ""}
                bare.append(problem(row.number, found.code, found.field, **detail))
            self.plan.note(row.number, RowAction.REFUSE, problems=bare)
        else:
            self.plan.note(row.number, RowAction.REFUSE, key=key, problems=problems, cells=row.cells)

    def leave_out(self, row: Row, key: str, code: str, *, secret: bool = False, **detail: Any) -> None:
        self.plan.counts["left_out"] += 1
        said = [problem(row.number, code, warning=True, **detail)]
        self.plan.note(row.number, RowAction.NOTE, key="" if secret else key, problems=said)

    def name_of(self, target: str) -> str:
        """The column that fills a target, for a problem."""
        return self.reader.names.get(target, "")

    def written(self, row: Row, *targets: str) -> str:
        """What the person wrote for the first of these targets that is filled."""
        cells = (row.cells[index].strip() for name in targets if (index := self.reader.indexes.get(name)) is not None)
        return next(filter(None, cells), "")

    def institute(self, record: Record, target: str, row: Row, problems: list[RowProblem]) -> Organization | None:
        """Whom `target` names; None where it names nobody, or somebody unknown, which is then a problem."""
        name, number = record.places.get(target, ""), record.places.get(f"{target}_number", "")
        if not name and not number:
            return None
        found = self.institutes.find(name, number)
        if isinstance(found, str):
            column = self.name_of(f"{target}_number" if number else target)
            problems.append(problem(row.number, found, column, number or name))
            return None
        return found

    def differences(
        self, stored: Any, content: Mapping[str, Any], row: Row, problems: list[RowProblem]
    ) -> dict[str, Any]:
        """What of `content` is otherwise on the stored row; what only its encoding could not hold is kept."""
        found: dict[str, Any] = {}
        for name, new in content.items():
            old = getattr(stored, name)
            if old == new:
                continue
            texts = isinstance(old, str) and isinstance(new, str)
            if self.lossy and texts and (lost := is_same_but_for_encoding(new, old, self.lossy)):
                problems.append(problem(row.number, "lost_characters", self.name_of(name), lost=lost, warning=True))
                continue
            found[name] = new
        return found


def shown_change(name: str, old: Any, new: Any) -> list[str]:
    """A change as `RunRow.changes` keeps it: texts; codes and days as they are stored."""
    return [name, _as_text(old), _as_text(new)]


def _as_text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each.get("name", each)) if isinstance(each, dict) else str(each) for each in value)[:SHOWN]
    return (value.isoformat() if hasattr(value, "isoformat") else str(value))[:SHOWN]


def too_many(withdrawn: int, live: int) -> bool:
    """Whether so many deletions of so many rows are for a person to confirm (lessons F45)."""
    return withdrawn * 100 > live * HELD_ABOVE_PERCENT
