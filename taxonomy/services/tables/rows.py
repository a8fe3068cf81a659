"""What every table is read into, and what is said about a row that cannot be read."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import ClassVar

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from marketplace.core.text import tidy

ENCODINGS = ("utf-8-sig", "cp949")


@dataclass(frozen=True)
class Problem:
    """Why one row is refused. `row` is the line of the file, the header being line 1; 0 is the file as a whole."""

    file: str
    row: int
    field: str
    value: str
    why: str
    remedy: str


class TableRefused(DomainError):
    """The table has rows that cannot be taken. Nothing of it was written."""

    code: ClassVar[str] = "table_refused"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(_("The table was refused and nothing was changed. Rows with mistakes: %d") % len(problems))
        self.problems = problems


@dataclass(frozen=True)
class CodeRow:
    """One code as a table has it. Empty titles mean “the table does not say”, not “there is none”."""

    system: str
    revision: str
    code: str
    level: str
    parent: str
    title_ko: str = ""
    title_en: str = ""
    title_zh: str = ""
    sort_key: str = ""
    is_abolished: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""
    file: str = ""
    line: int = 0


@dataclass
class Table:
    """Rows that could be read, problems of those that could not, and how many were left out by rule (`skipped`)."""

    rows: list[CodeRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0


def read_text(path: Path) -> str:
    """The file in whichever of UTF-8 (with or without a mark) and CP949 it is. Raises `TableRefused`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        problem = Problem(str(path), 0, "", "", str(error.strerror), _("Give the path of a file that can be read."))
        raise TableRefused([problem]) from error
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    problem = Problem(path.name, 0, "", "", _("The encoding is not known."), _("Save the file as UTF-8."))
    raise TableRefused([problem])


def read_csv(path: Path, columns: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) with tidy text. Raises `TableRefused` when a column is missing from the header."""
    reader = csv.DictReader(read_text(path).splitlines(keepends=True))
    missing = [name for name in columns if name not in (reader.fieldnames or [])]
    if missing:
        remedy = _("The first line has to name these columns: %s") % ", ".join(columns)
        raise TableRefused([Problem(path.name, 1, name, "", _("The column is missing."), remedy) for name in missing])
    for row in reader:
        yield reader.line_num, {name: tidy(value or "") for name, value in row.items() if name}
