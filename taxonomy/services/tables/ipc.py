"""IPC titles as WIPO publishes them: one file per section, a symbol, a tab and the English title on each line."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from marketplace.core.text import tidy
from taxonomy.enums import Level, System
from taxonomy.numbers import IPC_FIXED_WIDTH_IN_TEXT, ipc_code, ipc_level, ipc_parent, ipc_sort_key
from taxonomy.services.tables.rows import CodeRow, Problem, Table, read_text

# A note in brackets that names symbols (“… A01D take precedence”) guides examiners; it is no part of the title.
REFERENCE = re.compile(r"\s*\((?=[^()]*(?<![A-Z0-9])[A-H]\d{2})[^()]*(?:\([^()]*\)[^()]*)*\)")


def read_ipc(path: Path, *, revision: str) -> Table:
    """A file, or a folder of files A.txt … H.txt.

    Where a symbol stands on two lines in a row, the first is the guidance heading above a range of groups and only the
    second is the group's own title: headings are skipped and counted.
    """
    table = Table()
    for file in sorted(path.glob("*.txt")) if path.is_dir() else [path]:
        _read_file(file, revision, table)
    if not table.rows and not table.problems:
        remedy = _("Give a file, or a folder of files named A.txt to H.txt.")
        table.problems.append(Problem(str(path), 0, "", "", _("There is nothing to read."), remedy))
    return table


def _read_file(file: Path, revision: str, table: Table) -> None:
    for line, symbol, title in _lines(file):
        code = ipc_code(symbol)
        if code is None:
            remedy = _("Write it like A01B0001020000 or A01B 1/02.")
            table.problems.append(
                Problem(file.name, line, "symbol", symbol[:80], _("This is not an IPC symbol."), remedy)
            )
            continue
        if not title:
            remedy = _("Put a tab and the title after the symbol.")
            table.problems.append(Problem(file.name, line, "title", "", _("The title is missing."), remedy))
            continue
        level = ipc_level(code)
        row = CodeRow(
            system=System.IPC,
            revision=revision,
            code=code,
            level=level,
            parent=ipc_parent(code),
            title_en=clean_title(title, level),
            sort_key=ipc_sort_key(code),
            file=file.name,
            line=line,
        )
        if table.rows and table.rows[-1].code == code:
            table.rows[-1] = row
            table.skipped += 1
        else:
            table.rows.append(row)


def _lines(file: Path) -> Iterator[tuple[int, str, str]]:
    for line, text in enumerate(read_text(file).split("\n"), 1):
        if text.strip():
            symbol, _tab, title = text.partition("\t")
            yield line, symbol.strip(), tidy(title)


def clean_title(title: str, level: str) -> str:
    """The title without references to other places, capitals only where they mean something."""
    bare = re.sub(r"\s+", " ", REFERENCE.sub("", title)).strip(" ;,") or title
    bare = IPC_FIXED_WIDTH_IN_TEXT.sub(lambda symbol: ipc_code(symbol[0]) or symbol[0], bare)
    if level not in {Level.SECTION, Level.CLASS, Level.SUBCLASS}:
        return bare
    lower = re.sub(r"\[[^\]]*\]|\b[A-H]\d{2}[A-Z]?\b|[^\[]", _lowered, bare)
    return lower[:1].upper() + lower[1:]


def _lowered(part: re.Match[str]) -> str:
    """Abbreviations in square brackets and symbols stay as they are."""
    return part[0] if len(part[0]) > 1 else part[0].lower()
