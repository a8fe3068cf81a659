"""KSIC as Statistics Korea's tables are passed around: one code per line, one industry per line, or old to new."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from taxonomy.enums import Level, System
from taxonomy.numbers import ksic_level
from taxonomy.services.tables.rows import CodeRow, Problem, Table, read_csv, read_text

LIST_COLUMNS = ("cd", "nm", "ksic_C")
TREE_COLUMNS = ("ksic1_cd", "ksic1_nm", "ksic2_cd", "ksic3_cd", "ksic4_cd", "ksic5_cd", "ksic5_nm", "ksic_C")
MAPPING_COLUMNS = ("ksic9_cd", "ksic10_cd", "detail")
SECTION_RANGE = re.compile(r"\s*\((\d{2})(?:\s*~\s*(\d{2}))?\)$")


@dataclass(frozen=True)
class MappingRow:
    source: str
    target: str
    detail: str
    file: str
    line: int


def read_ksic(path: Path, *, revision: str = "") -> Table:
    """Either layout, told by its header; every revision in it, or only the one asked for."""
    header = read_text(path).split("\n", 1)[0]
    table = _read_tree(path) if "ksic5_cd" in header else _read_list(path)
    if revision:
        table.rows = [row for row in table.rows if row.revision == revision]
    return table


def read_ksic_mapping(path: Path) -> tuple[list[MappingRow], list[Problem]]:
    rows, problems = [], []
    for line, row in read_csv(path, MAPPING_COLUMNS):
        for column in ("ksic9_cd", "ksic10_cd"):
            if ksic_level(row[column]) != Level.SUBCLASS:
                problems.append(_not_a_code(path, line, column, row[column]))
        rows.append(MappingRow(row["ksic9_cd"], row["ksic10_cd"], row["detail"], path.name, line))
    return rows, problems


def _read_list(path: Path) -> Table:
    table = Table()
    section_of: dict[tuple[str, str], str] = {}
    last_section: dict[str, str] = {}
    for line, row in read_csv(path, LIST_COLUMNS):
        revision, code = row["ksic_C"].removeprefix("C"), row["cd"]
        if ksic_level(code) == Level.SECTION:
            last_section[revision] = code
            for division in _divisions(row["nm"]):
                section_of[revision, division] = code

        def parent(code: str, revision: str = revision) -> str:
            return section_of.get((revision, code)) or last_section.get(revision, "")

        _add(table, path, line, revision, ("cd", code), ("nm", row["nm"]), parent)
    return table


def _read_tree(path: Path) -> Table:
    table = Table()
    seen: dict[tuple[str, str], str] = {}
    for line, row in read_csv(path, TREE_COLUMNS):
        revision = row["ksic_C"].removeprefix("C")
        for depth in range(1, 6):
            code, name = (f"ksic{depth}_cd", row[f"ksic{depth}_cd"]), (f"ksic{depth}_nm", row[f"ksic{depth}_nm"])
            if (revision, code[1]) in seen:
                if seen[revision, code[1]] != name[1]:
                    remedy = _("Correct the name so that it is the same on every line.")
                    why = _("The same code has another name further up.")
                    table.problems.append(Problem(path.name, line, name[0], name[1], why, remedy))
                continue
            seen[revision, code[1]] = name[1]
            section = row["ksic1_cd"]
            _add(table, path, line, revision, code, name, lambda _code, section=section: section)  # type: ignore[misc]
    return table


def _add(
    table: Table,
    path: Path,
    line: int,
    revision: str,
    code: tuple[str, str],
    name: tuple[str, str],
    section_of: Callable[[str], str],
) -> None:
    """`code` and `name` come with the name of their column."""
    level = ksic_level(code[1])
    if level is None:
        table.problems.append(_not_a_code(path, line, *code))
    elif not name[1]:
        remedy = _("Fill in the name of the industry.")
        table.problems.append(Problem(path.name, line, name[0], "", _("The title is missing."), remedy))
    elif not revision.isdigit():
        remedy = _("Write the revision as C9 or C10.")
        table.problems.append(Problem(path.name, line, "ksic_C", revision, _("The revision is not known."), remedy))
    else:
        if level == Level.SECTION:
            parent = ""
        else:
            parent = section_of(code[1]) if level == Level.DIVISION else code[1][:-1]
        title = SECTION_RANGE.sub("", name[1])
        table.rows.append(
            CodeRow(
                system=System.KSIC,
                revision=revision,
                code=code[1],
                level=level,
                parent=parent,
                title_ko=title,
                sort_key=code[1],
                file=path.name,
                line=line,
            )
        )


def _divisions(title: str) -> list[str]:
    """“제조업(10~34)” → 10 … 34."""
    found = SECTION_RANGE.search(title)
    if not found:
        return []
    return [f"{n:02d}" for n in range(int(found[1]), int(found[2] or found[1]) + 1)]


def _not_a_code(path: Path, line: int, column: str, value: str) -> Problem:
    remedy = _("Give the code as text with its leading zero: a letter, or two to five digits.")
    return Problem(path.name, line, column, value, _("This is not a KSIC code."), remedy)
