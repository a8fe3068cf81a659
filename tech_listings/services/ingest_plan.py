"""The dry run: what applying a file would do, row by row, kept as planned writes that any worker can carry out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from marketplace.core.errors import Conflict
from tech_listings.enums import FINAL_STATES, RUN_STATES, ListingState, RowAction, RunKind, RunState
from tech_listings.ingest.content import as_stored, listing_content, right_content
from tech_listings.ingest.mapping import BadMapping, ColumnMapping, guess
from tech_listings.ingest.problems import FileProblem, RowProblem, problem, storable
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.records import ListingRecord, RecordReader
from tech_listings.ingest.tables import Format, Row, Table
from tech_listings.models import Listing, Run, RunBatch, RunRow
from tech_listings.services.ingest_compare import Changes, compare
from tech_listings.services.ingest_copy import copy_rows
from tech_listings.services.ingest_known import (
    Known,
    keys_by_number,
    known_listings,
    listings_with_rights,
    numbers_elsewhere,
)
from tech_listings.services.ingest_quiet import rare_collections
from tech_listings.services.ingest_targets import target_of

BATCH = 500
COMPARED_AT_ONCE = 500
MAX_ATTEMPTS = 3
PLAN_LOCK = 0x1E_0001
MAY_VANISH = frozenset({ListingState.PUBLISHED, ListingState.UNDER_NEGOTIATION})
"""Withdrawn when the full file no longer has them; what is under contract is its parties' business."""

NARROW = frozenset({"cp949", "euc-kr"})
BATCH_COLUMNS = ("run_id", "position", "rows", "publishes", "work")
ROW_COLUMNS = ("run_id", "row", "action", "key", "title", "subject_id", "problems", "changes", "cells")


class PlanningElsewhere(Conflict):
    """Another worker compares this run right now."""

    code = "planning_elsewhere"


@dataclass
class Plan:
    """What was found so far; written to the database as it grows."""

    run: Run
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    work: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            (
                "rows_read", "added", "drafts", "changed", "unchanged", "refused", "left_out", "withdrawn",
                "lost_keys", "secret",
            ),
            0,
        )
    )  # fmt: skip

    def note(
        self,
        row: int,
        action: RowAction,
        *,
        key: str = "",
        title: str = "",
        subject: int | None = None,
        problems: Sequence[RowProblem] = (),
        changes: Any = None,
        cells: Sequence[str] | None = None,
    ) -> None:
        self.rows.append((
            self.run.pk, row, action.value, key, title[:500], subject,
            storable(_json([p.as_json() for p in problems])) if problems else None,
            _json(changes) if changes else None,
            _json(list(map(storable, cells))) if cells is not None else None,
        ))  # fmt: skip
        if len(self.rows) >= 2000:
            self.flush_rows()

    def do(self, **operation: Any) -> None:
        self.work.append(operation)
        if len(self.work) >= BATCH:
            self.flush_work()

    def flush_rows(self) -> None:
        copy_rows(RunRow, ROW_COLUMNS, self.rows)
        self.rows.clear()

    def flush_work(self) -> None:
        if self.work:
            written = sum(1 for w in self.work if w["op"] != "touch")
            publishes = sum(1 for w in self.work if w["op"] == "add")
            copy_rows(RunBatch, BATCH_COLUMNS, [(self.run.pk, self.position, written, publishes, _json(self.work))])
            self.position += 1
            self.work = []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plan_run(*, run_id: UUID, at: datetime) -> Run:
    """Compare the file of a run that is being planned with what its source has. A worker that dies leaves nothing.

    Ends in `planned`, `held` or `failed`. Doing it twice, or at once with another worker, is doing it once.
    """
    if not _begin_attempt(run_id, at):
        return Run.objects.select_related("source").get(public_id=run_id)
    try:
        return _plan(run_id, at)
    except FileProblem as problem_of_file:
        return fail_run(run_id=run_id, code=problem_of_file.code, detail=problem_of_file.detail, at=at)
    except BadMapping:
        return fail_run(run_id=run_id, code="mapping_lost", detail={}, at=at)


@transaction.atomic
def _begin_attempt(run_id: UUID, at: datetime) -> bool:
    """Count the attempt in a transaction of its own, so that a file that kills its worker is not tried for ever."""
    run = Run.objects.select_for_update(of=["self"], no_key=True).get(public_id=run_id)
    if run.state != RunState.PLANNING:
        return False
    _refuse_while_another_compares(run)
    run.attempts += 1
    run.save(update_fields=["attempts", "updated_at"])
    if run.attempts > MAX_ATTEMPTS:
        RUN_STATES.move(run, RunState.FAILED, problem_code="worker_lost", ended_at=at)
        return False
    return True


@transaction.atomic
def fail_run(*, run_id: UUID, code: str, detail: dict[str, str], at: datetime) -> Run:
    """End a run that cannot go on, with the reason people are shown. `code` is a key of `FILE_WORDINGS`."""
    run = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(public_id=run_id)
    if RUN_STATES.can(run, RunState.FAILED):
        RUN_STATES.move(run, RunState.FAILED, problem_code=code, problem_detail=detail, ended_at=at)
    return run


@transaction.atomic
def _plan(run_id: UUID, at: datetime) -> Run:
    run = Run.objects.select_related("source").get(public_id=run_id)
    _refuse_while_another_compares(run)
    run.rows.all().delete()
    run.batches.all().delete()
    plan = Plan(run)
    with run.file.open("rb") as file:
        table = _open(file, run)
        with rare_collections():
            target_of(run).compare(run, table, plan, at)
    plan.flush_rows()
    plan.flush_work()
    return _conclude(run, plan, at)


def _refuse_while_another_compares(run: Run) -> None:
    """Holds until the transaction ends. Who finds another worker at it has not tried, and counts no attempt."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [PLAN_LOCK, run.pk % 2**31])
        if not cursor.fetchone()[0]:
            raise PlanningElsewhere(_("This import is being compared by another worker."))


def _open(file: BinaryIO, run: Run) -> Table:
    """The table as it was opened when it was received: a format that a person chose is not guessed anew."""
    return open_table(file, name=run.file_name, format=Format(run.format) if run.format else None)


def _conclude(run: Run, plan: Plan, at: datetime) -> Run:
    locked = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(pk=run.pk)
    if locked.state != RunState.PLANNING:  # cancelled meanwhile
        locked.rows.all().delete()
        locked.batches.all().delete()
        return locked
    to = RunState.HELD if target_of(run).holds(run, plan.counts) else RunState.PLANNED
    RUN_STATES.move(locked, to, planned_at=at, attempts=0, planned_against=run.source.applied, **plan.counts)
    return locked


class Comparison:
    """One pass over the rows of a file, against the listings the source has."""

    def __init__(self, run: Run, table: Table, plan: Plan) -> None:
        self.run, self.table, self.plan = run, table, plan
        mapping = ColumnMapping(run.mapping) if run.mapping else guess(table.columns)
        self.reader = RecordReader(mapping, table.columns, lossy=table.encoding in NARROW)
        self.known = {listing.key: listing for listing in known_listings(run)}
        self.by_hash = {listing.raw_hash: listing for listing in self.known.values() if listing.raw_hash}
        self.by_number: dict[str, str] | None = None
        self.elsewhere: dict[str, str] | None = None
        self.seen: dict[str, int] = {}
        self.to_compare: list[tuple[Known, ListingRecord, list[RowProblem], Row]] = []

    def all_rows(self) -> None:
        counts = self.plan.counts
        for row in self.table.rows():
            counts["rows_read"] += 1
            if row.problem is not None:
                self.reader.last_key = ""
                self.plan.counts["lost_keys"] += 1
                self._refuse(row, [row.problem])
                continue
            raw_hash = self.reader.raw_hash(row)
            listing = self.by_hash.get(raw_hash)
            if listing is not None and listing.key not in self.seen and not listing.vanished:
                self.seen[listing.key] = row.number
                counts["unchanged"] += 1
            else:
                self._row(row, raw_hash)
        self._compare()
        for note in self.table.notes:
            if note.code == "total_row":
                counts["rows_read"] += 1
                counts["left_out"] += 1
            self.plan.note(note.row, RowAction.NOTE, problems=[note])
        if self.run.kind == RunKind.FULL:
            self._vanished()

    def _row(self, row: Row, raw_hash: str) -> None:
        record, problems = self.reader.read(row, raw_hash)
        key = self.reader.last_key
        if record is not None:
            key = self._key_on_file(record)
        if key in self.seen:
            again = problem(row.number, "repeated_key", value=_shown(key), key=_shown(key), first=self.seen[key])
            self._refuse(row, [*problems, again])
            return
        if key:
            self.seen[key] = row.number
        if record is None:
            self._refuse(row, problems)
            self.plan.counts["lost_keys"] += not key
        elif (listing := self.known.get(key)) is None:
            self._add(row, record, problems)
        elif listing.state in FINAL_STATES:
            self.plan.counts["left_out"] += 1
            self.plan.note(
                row.number,
                RowAction.NOTE,
                key=key,
                problems=[problem(row.number, str(listing.state), value=_shown(key), warning=True)],
            )
        else:
            self.to_compare.append((listing, record, problems, row))
            if len(self.to_compare) >= COMPARED_AT_ONCE:
                self._compare()

    def _key_on_file(self, record: ListingRecord) -> str:
        """Under which key the source knows this technology: files with and without own identifiers may alternate."""
        if record.key in self.known or not self.known or not record.application_number:
            return record.key
        if self.by_number is None:
            self.by_number = keys_by_number(self.run)
        return self.by_number.get(record.application_number, record.key)

    def _elsewhere(self) -> dict[str, str]:
        """Application numbers of the organization's technologies outside this source, with their listing numbers."""
        if self.elsewhere is None:
            self.elsewhere = numbers_elsewhere(self.run)
        return self.elsewhere

    def _refuse(self, row: Row, problems: list[RowProblem]) -> None:
        self.plan.counts["refused"] += 1
        self.plan.note(row.number, RowAction.REFUSE, key=self.reader.last_key, problems=problems, cells=row.cells)

    def _add(self, row: Row, record: ListingRecord, problems: list[RowProblem]) -> None:
        stored = as_stored(record)
        if number := self._elsewhere().get(record.application_number):
            also = problem(row.number, "also_listed", value=record.application_number, number=number, warning=True)
            problems = [*problems, also]
        draft = not (record.overview or record.abstract)
        self.plan.counts["added"] += 1
        self.plan.counts["drafts"] += draft
        title = record.title or record.invention_title or record.title_en or record.title_zh
        self.plan.note(row.number, RowAction.ADD, key=record.key, title=title)
        if problems:
            self.plan.note(row.number, RowAction.NOTE, key=record.key, title=title, problems=problems)
        self.plan.do(op="draft" if draft else "add", record=stored)

    def _compare(self) -> None:
        waiting, self.to_compare = self.to_compare, []
        if not waiting:
            return
        lossy = self.table.encoding if self.table.encoding in NARROW else ""
        listings = listings_with_rights([known.pk for known, *_rest in waiting])
        for known, record, problems, row in waiting:
            stored = as_stored(record)
            changes = compare(listings[known.pk], listing_content(stored), right_content(stored), lossy=lossy)
            seen = listings[known.pk].revision
            publish = known.vanished or (known.state == ListingState.DRAFT and changes.completes(listings[known.pk]))
            if changes.lost:
                problems = [p for p in problems if p.code != "possibly_lost_character"]
                problems += [problem(row.number, "lost_characters", n, lost=c, warning=True) for n, c in changes.lost]
            self._compared(known, record, changes, problems, row.number, publish, seen)

    def _compared(
        self,
        known: Known,
        record: ListingRecord,
        changes: Changes,
        problems: list[RowProblem],
        row: int,
        publish: bool,
        seen: int,
    ) -> None:
        counts = self.plan.counts
        if problems:
            self.plan.note(row, RowAction.NOTE, key=known.key, subject=known.pk, problems=problems)
        if not changes and not publish:
            counts["unchanged"] += 1
            if not changes.lost:
                self.plan.do(op="touch", listing=known.pk, hash=record.raw_hash)
            return
        shown = [*changes.shown, *([["state", known.state, ListingState.PUBLISHED.value]] if publish else [])]
        title = record.title or record.invention_title or record.title_en
        counts["changed"] += 1
        self.plan.note(row, RowAction.CHANGE, key=known.key, title=title, subject=known.pk, changes=shown)
        self.plan.do(
            op="change",
            listing=known.pk,
            row=row,
            seen=seen,
            hash=record.raw_hash,
            set=changes.listing,
            right=changes.right,
            publish=publish,
        )

    def _vanished(self) -> None:
        """Listings the full file no longer has. Where a row's number could not be read, nobody can say which."""
        if self.plan.counts["lost_keys"]:
            return
        gone = [k for k in self.known.values() if k.state in MAY_VANISH and k.key not in self.seen]
        titles = dict(Listing.objects.filter(pk__in=[k.pk for k in gone]).values_list("pk", "title_ko"))
        for known in gone:
            self.plan.counts["withdrawn"] += 1
            self.plan.note(0, RowAction.WITHDRAW, key=known.key, title=titles[known.pk], subject=known.pk)
            self.plan.do(op="withdraw", listing=known.pk)


def _shown(key: str) -> str:
    return key.partition(":")[2]


def is_stale(run: Run) -> bool:
    """Another import was applied to the source after this one was compared."""
    return run.planned_against != run.source.applied
