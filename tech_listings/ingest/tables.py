"""What every reader gives: columns and rows of text, whatever the file was."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from typing import Any, NamedTuple

from tech_listings.ingest.known_fields import recognised
from tech_listings.ingest.problems import FileProblem, RowProblem, problem, storable

MAX_CELL = 100_000
MAX_COLUMNS = 500
MAX_ROWS = 1_000_000
HEADER_WITHIN = 30
SAMPLE_ROWS = 200
SAMPLES_SHOWN = 3
TOTAL_ROW = 200
TOTALS = re.compile(
    r"^(?:총\s*)?(?:합\s*계|총\s*계|소\s*계|누\s*계|계|total|sub\s*total|grand\s*total|sum)\s*[:：]?\s*\(?[\d,]*\s*(?:건|개)?\)?$",
    re.I,
)
UNREADABLE = "\ufffd"


class Format(StrEnum):
    KIPRIS_XML = "xml"
    DELIMITED = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"


class Row(NamedTuple):
    """`cells` in the order of the columns, one per column; `problem` says why the row cannot be used at all."""

    number: int
    cells: Sequence[str]
    problem: RowProblem | None = None


@dataclass(frozen=True)
class Column:
    """`index` in a row's cells; `name` unique in the table; up to three different `samples`."""

    index: int
    name: str
    samples: tuple[str, ...] = ()


@dataclass
class Table:
    """An opened file. `rows()` may be called once; `notes` are complete after that.

    `damaged`: some bytes do not fit the encoding, so a � was made by us; else the file itself came with it."""

    format: Format
    columns: tuple[Column, ...]
    source: Iterator[Row]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 1
    notes: list[RowProblem] = field(default_factory=list)
    blank_rows: int = 0
    damaged: bool = False

    def rows(self) -> Iterator[Row]:
        return self.source


def cell_text(value: Any) -> str:
    """A typed cell as the text it would be in a CSV: days as 2023-01-10, whole numbers without a point."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d") if value.time() == datetime.time() else value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list | tuple | dict):
        return "|".join(map(cell_text, _leaves(value)))
    return str(value)


def _leaves(value: Any) -> Iterator[Any]:
    """What a nested value holds in the end, in order, however deep it is nested."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            waiting.extend(reversed(item.values()))
        elif item not in (None, ""):
            yield item


def clean_header(text: str) -> str:
    """A header cell on one line: `출원\\n번호` is 출원번호 to a person, so breaks between Hangul close up."""
    bare = unicodedata.normalize("NFKC", text).replace("\ufeff", "").replace("\u200b", "").strip().strip("\"'")
    bare = re.sub(r"(?<=[가-힣])[^\S\r\n]*[\r\n]\s*(?=[가-힣])", "", bare)
    return re.sub(r"\s+", " ", bare).strip()[:200]


def unique_names(cells: Iterable[str]) -> list[str]:
    """Empty header cells are numbered, repeated ones get (2), (3) …"""
    names: list[str] = []
    seen: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        base = clean_header(cell) or f"#{position}"
        name, count = base, 1
        while name in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name)
        names.append(name)
    return names


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Index of the header among the first rows: the first with two known names, else the first that is as full as
    the rows below and holds words rather than numbers. Title rows above a table hold one cell."""
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        if sum(1 for cell in row if cell and recognised(clean_header(cell))) >= 2:
            return index
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    usual = sorted(filled)[len(filled) // 2] if filled else 0
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        texts = [cell.strip() for cell in row if cell.strip()]
        wordy = sum(1 for cell in texts if len(cell) <= 60 and not re.fullmatch(r"[\d\s.,/:-]+", cell))
        if filled[index] >= max(1, usual * 0.6) and texts and wordy >= 0.7 * len(texts):
            return index
    return 0


def is_second_header(row: Sequence[str], below: Sequence[str]) -> bool:
    """Files of the field dictionary carry the codes in one row and their Korean names in the next."""
    texts = [clean_header(cell) for cell in below if cell.strip()]
    return len(texts) >= 2 and sum(1 for t in texts if recognised(t)) >= 0.6 * len(texts)


def build(
    raw: Iterator[tuple[int, Sequence[str]]],
    *,
    strict_width: bool,
    make: Callable[..., Table],
    max_rows: int = MAX_ROWS,
) -> Table:
    """Find the header in numbered raw rows and give the rest as checked rows.

    Raises:
        FileProblem: no header, no rows, too many columns.
    """
    first = list(islice(raw, SAMPLE_ROWS))
    written = [(n, c) for n, c in first if any(cell.strip() for cell in c)]
    if not written:
        raise FileProblem("empty_file")
    position = find_header([c for _, c in written])
    number, header = written[position]
    header = list(header)
    body = written[position + 1 :]
    if body and is_second_header(header, body[0][1]):
        body = body[1:]
    while (
        header
        and not header[-1].strip()
        and all(len(c) < len(header) or not c[len(header) - 1].strip() for _, c in body)
    ):
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise FileProblem("too_many_columns", have=len(header), want=MAX_COLUMNS)
    start = body[0][0] if body else number + 1
    table = make(columns=(), source=iter(()), header_row=number)
    table.columns = with_samples(unique_names(header), [c for _, c in body])
    rest = chain(((n, c) for n, c in first if n >= start), raw)
    table.source = _checked(table, rest, width=len(header), strict=strict_width, max_rows=max_rows)
    return table


def with_samples(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    columns = []
    for index, name in enumerate(names):
        found: dict[str, None] = {}
        for cells in rows:
            if index < len(cells) and (text := cells[index].strip()):
                found[storable(text[:120])] = None
                if len(found) == SAMPLES_SHOWN:
                    break
        columns.append(Column(index, storable(name), tuple(found)))
    return tuple(columns)


def _checked(
    table: Table, rows: Iterable[tuple[int, Sequence[str]]], *, width: int, strict: bool, max_rows: int
) -> Iterator[Row]:
    taken = 0
    for number, cells in rows:
        joined = "".join(cells)
        if not joined or joined.isspace():
            table.blank_rows += 1
            continue
        taken += 1
        if taken > max_rows:
            raise FileProblem("too_many_rows", want=max_rows)
        if len(joined) < TOTAL_ROW and is_total(cells):
            table.notes.append(problem(number, "total_row", value=first_text(cells), warning=True))
            continue
        fault = None
        if len(cells) != width:
            cells, fault = _fit(number, cells, width, strict)
        yield Row(number, cells, fault) if fault else check_cells(number, cells, table, joined)


def _fit(number: int, cells: Sequence[str], width: int, strict: bool) -> tuple[Sequence[str], RowProblem | None]:
    if len(cells) > width:
        over = [c for c in cells[width:] if c.strip()]
        fault = problem(number, "row_too_long", value=over[0], have=len(cells), want=width) if over else None
        return cells[:width], fault
    padded = [*cells, *[""] * (width - len(cells))]
    fault = problem(number, "row_cut_short", value=cells[-1], have=len(cells), want=width) if strict else None
    return padded, fault


def check_cells(number: int, cells: Sequence[str], table: Table, joined: str) -> Row:
    """The row, with a problem where a cell holds what no column may hold. `joined` is all cells in one text."""
    if len(joined) > MAX_CELL or "\x00" in joined or UNREADABLE in joined:
        for column, cell in zip(table.columns, cells, strict=False):
            if len(cell) > MAX_CELL:
                return Row(
                    number, cells, problem(number, "huge_cell", column.name, cell, have=len(cell), want=MAX_CELL)
                )
            if "\x00" in cell:
                return Row(number, cells, problem(number, "nul_character", column.name, cell))
            if UNREADABLE in cell:
                fault = problem(number, "unreadable_characters", column.name, cell, warning=not table.damaged)
                if table.damaged:
                    return Row(number, cells, fault)
                table.notes.append(fault)
    return Row(number, cells)


def first_text(cells: Sequence[str]) -> str:
    return next((c.strip() for c in cells if c.strip()), "")


def is_total(cells: Sequence[str]) -> bool:
    """A row that sums up: its first written cell says so and hardly anything else is written."""
    texts = [c.strip() for c in cells if c.strip()]
    return (
        bool(texts)
        and len(texts[0]) < 20
        and bool(TOTALS.match(texts[0]))
        and all(re.fullmatch(r"[\d,.\s]+(?:건|개|원|%)?", t) for t in texts[1:])
    )
