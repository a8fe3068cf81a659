"""The product's own layout, with all three languages. The tables in `taxonomy/data` have it, and so may a table that
an operator brings for the classifications nobody publishes as a file (national S&T classes, TRL)."""

from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from taxonomy.enums import LEVELS, System
from taxonomy.numbers import ipc_level, ipc_parent, ipc_sort_key
from taxonomy.services.tables.rows import CodeRow, Problem, Table, read_csv

COLUMNS = ("code", "title_ko", "title_en", "title_zh")


def read_product(path: Path, *, system: str, revision: str) -> Table:
    """Columns `code, title_ko, title_en, title_zh` and, where they are needed, `level, parent, valid_from, valid_until,
    note`. A row with a last day is abolished. IPC levels and parents come from the symbol."""
    table = Table()
    for line, row in read_csv(path, COLUMNS):
        code = row["code"]
        is_ipc = system == System.IPC
        try:
            valid_from, valid_until = (_day(row.get(name, "")) for name in ("valid_from", "valid_until"))
        except ValueError as error:
            remedy = _("Write the day as 2024-01-18.")
            table.problems.append(Problem(path.name, line, "valid_from", str(error), _("This is not a date."), remedy))
            continue
        level = ipc_level(code) if is_ipc else row.get("level", "")
        if level not in LEVELS[system]:
            remedy = _("Use one of these levels: %s") % ", ".join(LEVELS[system])
            why = _("This level does not exist here.")
            table.problems.append(Problem(path.name, line, "level", str(level), why, remedy))
            continue
        table.rows.append(
            CodeRow(
                system=system,
                revision=revision,
                code=code,
                level=level,
                parent=ipc_parent(code) if is_ipc else row.get("parent", ""),
                title_ko=row["title_ko"],
                title_en=row["title_en"],
                title_zh=row["title_zh"],
                sort_key=ipc_sort_key(code) if is_ipc else row.get("sort_key") or code,
                is_abolished=valid_until is not None,
                valid_from=valid_from,
                valid_until=valid_until,
                note=row.get("note", ""),
                file=path.name,
                line=line,
            )
        )
    return table


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
