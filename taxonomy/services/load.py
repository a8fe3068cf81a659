"""Writing a table of codes: all of it or nothing, and the second time nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from taxonomy import queries
from taxonomy.enums import LEVELS, ORIGIN_RANK, Level, Origin, System
from taxonomy.models import Code
from taxonomy.services.tables.rows import CodeRow, Problem, Table, TableRefused

BATCH = 2_000
TITLES = ("title_ko", "title_en", "title_zh")
WRITTEN = [*TITLES, "level", "parent", "sort_key", "valid_from", "valid_until", "is_abolished", "note", "origin"]
LOAD_LOCK = 5_701_001  # one load at a time; the number only has to be ours


@dataclass(frozen=True)
class LoadResult:
    """`added + changed + unchanged` is the number of rows read.

    `abolished` are those of added and changed that became abolished; `kept` are rows the table calls existing although
    a dated abolition is known here; `skipped` lines are not codes (guidance headings).
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    abolished: int = 0
    kept: int = 0
    skipped: int = 0

    def __add__(self, other: "LoadResult") -> "LoadResult":
        mine, its = vars(self), vars(other)
        return LoadResult(**{name: mine[name] + its[name] for name in mine})


@transaction.atomic
def load_table(*, table: Table, origin: Origin, complete: bool = False) -> LoadResult:
    """Add and change codes so that they are as in `table`. Raises `TableRefused` with every row that is wrong.

    A title the table lacks stays as it is, and titles of a higher origin are not overwritten (`Origin`). With
    `complete`, codes of the same revisions that an earlier full table brought and this one lacks are abolished.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOAD_LOCK])
    editions = sorted({(row.system, row.revision) for row in table.rows})
    wanted = {row.code for row in table.rows} | {row.parent for row in table.rows}
    few = wanted if len(wanted) <= BATCH and not complete else None
    stored = {_key(code): code for edition in editions for code in _stored(*edition, few)}
    if problems := [*table.problems, *_problems(table.rows, stored)]:
        raise TableRefused(problems)

    known_titles = _titles_elsewhere(editions)
    counts: Counter[str] = Counter()
    for rows in _by_depth(table.rows):
        new, changed = [], []
        for row in rows:
            code = stored.get((row.system, row.revision, row.code))
            before = _snapshot(code) if code else None
            code = _merged(row, code, stored, origin, counts)
            if before is None:
                _fill_in_titles(code, known_titles)
                new.append(code)
            elif before != _snapshot(code):
                changed.append(code)
            if code.is_abolished and (before is None or not before["is_abolished"]):
                counts["abolished"] += 1
        _write(new, changed)
        stored.update({_key(code): code for code in new})
        counts["added"] += len(new)
        counts["changed"] += len(changed)
    counts["unchanged"] = len(table.rows) - counts["added"] - counts["changed"]
    if complete:
        gone = _abolish_missing(table.rows, stored)
        counts["changed"] += gone
        counts["abolished"] += gone
    transaction.on_commit(queries.forget)
    return LoadResult(**counts, skipped=table.skipped)


def _key(code: Code) -> tuple[str, str, str]:
    return code.system, code.revision, code.code


def _stored(system: str, revision: str, codes: set[str] | None) -> Iterable[Code]:
    """What is there of one revision; only `codes` when they are few beside what a full table may have loaded."""
    rows = Code.objects.filter(system=system, revision=revision).order_by("pk")
    return rows if codes is None else rows.filter(code__in=codes)


def _by_depth(rows: Sequence[CodeRow]) -> list[list[CodeRow]]:
    """Top levels first, so that a parent is written before its children."""
    found: list[list[CodeRow]] = [[] for _depth in range(max(map(len, LEVELS.values())))]
    for row in rows:
        found[LEVELS[row.system].index(Level(row.level))].append(row)
    return found


def _problems(rows: Sequence[CodeRow], stored: dict[tuple[str, str, str], Code]) -> list[Problem]:
    found: list[Problem] = []
    here: dict[tuple[str, str, str], CodeRow] = {}
    for row in rows:
        key = (row.system, row.revision, row.code)
        if earlier := here.get(key):
            why = _("The code stands on line %d already.") % earlier.line
            found.append(Problem(row.file, row.line, "code", row.code, why, _("Remove one of the two lines.")))
        here[key] = row
    for row in rows:
        key = (row.system, row.revision, row.parent)
        top = row.level == LEVELS[row.system][0]
        if not top and key not in here and key not in stored:
            why = _("There is no code above it: “%s” is neither in the table nor loaded.") % row.parent
            found.append(Problem(row.file, row.line, "code", row.code, why, _("Add the line of the upper code.")))
        if not (row.title_ko or row.title_en or row.title_zh):
            why = _("The title is missing.")
            found.append(Problem(row.file, row.line, "title", row.code, why, _("Fill in a title in one language.")))
    return found


def _snapshot(code: Code) -> dict[str, Any]:
    return {name: code.parent_id if name == "parent" else getattr(code, name) for name in WRITTEN}


def _merged(
    row: CodeRow,
    code: Code | None,
    stored: dict[tuple[str, str, str], Code],
    origin: Origin,
    counts: Counter[str],
) -> Code:
    """The stored row as the table wants it. A weaker table only fills what is empty and says what still exists."""
    if code is None:
        code = Code(system=row.system, revision=row.revision, code=row.code, level=row.level, origin=origin)
    may_overwrite = ORIGIN_RANK[origin] >= ORIGIN_RANK[code.origin]
    for name in TITLES:
        title = getattr(row, name)
        if title and (may_overwrite or not getattr(code, name)):
            setattr(code, name, title)
    if may_overwrite:
        code.level, code.sort_key, code.origin = row.level, row.sort_key, origin
        code.parent = stored[row.system, row.revision, row.parent] if row.parent else None
        code.note = row.note or code.note
        code.valid_from = row.valid_from or code.valid_from
    dated_abolition_here = code.valid_until is not None and row.valid_until is None
    if dated_abolition_here and not row.is_abolished:
        counts["kept"] += 1
    else:
        code.is_abolished = row.is_abolished
        code.valid_until = row.valid_until or code.valid_until
    return code


def _titles_elsewhere(editions: list[tuple[str, str]]) -> dict[tuple[str, str], list[Code]]:
    """Titles in three languages that other revisions of the same systems have, by code."""
    found: dict[tuple[str, str], list[Code]] = {}
    systems = {system for system, _revision in editions}
    for code in Code.objects.filter(system__in=systems).exclude(title_zh="").order_by("pk"):
        found.setdefault((code.system, code.code), []).append(code)
    return found


def _fill_in_titles(code: Code, elsewhere: dict[tuple[str, str], list[Code]]) -> None:
    """A new revision inherits translations. IPC never uses a symbol twice; elsewhere the Korean title must agree."""
    for other in elsewhere.get((code.system, code.code), []):
        if other.revision != code.revision and (code.system == System.IPC or other.title_ko == code.title_ko):
            for name in TITLES:
                setattr(code, name, getattr(code, name) or getattr(other, name))


def _write(new: list[Code], changed: list[Code]) -> None:
    Code.objects.bulk_create(new, batch_size=BATCH)
    Code.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["system", "revision", "code"],
        update_fields=WRITTEN,
    )


def _abolish_missing(rows: Sequence[CodeRow], stored: dict[tuple[str, str, str], Code]) -> int:
    listed = {(row.system, row.revision, row.code) for row in rows}
    gone = [
        code.pk
        for key, code in stored.items()
        if key not in listed and code.origin == Origin.TABLE and not code.is_abolished
    ]
    return Code.objects.filter(pk__in=gone).update(is_abolished=True)
