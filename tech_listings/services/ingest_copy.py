"""Rows into a table by COPY: what a bulk_create spends on building SQL goes into the work instead."""

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import pack
from typing import Any

from django.db import connection, models

PIECE = 1 << 18
NULL = "\\N"
BINARY_HEADER = b"PGCOPY\n\xff\r\n\0" + pack("!ii", 0, 0)
BINARY_END = pack("!h", -1)


@lru_cache
def _table(model: type[models.Model], names: tuple[str, ...]) -> str:
    quoted = connection.ops.quote_name
    columns = {f.attname: quoted(f.column) for f in model._meta.concrete_fields}
    return f"{quoted(model._meta.db_table)} ({', '.join(columns[name] for name in names)})"


def copy_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, values in the order of `names` (attnames), in the caller's transaction.

    Values are text, numbers, days and moments, None, or literals of PostgreSQL (see `array`).
    """
    text = "".join(map(_line, rows))
    if text:
        _copy(f"COPY {_table(model, tuple(names))} FROM STDIN", text.encode())


def _line(row: Sequence[Any]) -> str:
    """A row in PostgreSQL's text format. Long texts hold next to never what has to be escaped: that is asked of the
    whole line at once."""
    cells = [NULL if value is None else value if value.__class__ is str else str(value) for value in row]
    line = "\t".join(cells)
    if (
        line.count("\t") == len(cells) - 1
        and line.count("\\") == row.count(None)
        and "\n" not in line
        and "\r" not in line
    ):
        return line + "\n"
    return "\t".join(NULL if v is None else _escaped(cell) for v, cell in zip(row, cells, strict=True)) + "\n"


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy_binary(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[bytes]]) -> None:
    """As `copy_rows` for values in the binary form of their column's type, which PostgreSQL need not read as text.

    Source: https://www.postgresql.org/docs/18/sql-copy.html, “Binary Format”.
    """
    columns = pack("!h", len(names))
    parts = [BINARY_HEADER]
    for row in rows:
        parts.append(columns)
        for value in row:
            parts += (pack("!i", len(value)), value)
    if len(parts) == 1:
        return
    parts.append(BINARY_END)
    _copy(f"COPY {_table(model, tuple(names))} FROM STDIN WITH (FORMAT binary)", b"".join(parts))


def _copy(statement: str, data: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(statement, io.BytesIO(data), size=PIECE)


def array(values: Iterable[str]) -> str:
    """A text[] literal."""
    given = list(values)
    plain = '","'.join(given)
    if "\\" not in plain and plain.count('"') == 2 * max(0, len(given) - 1):
        return f'{{"{plain}"}}' if given else "{}"
    return "{" + ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in given) + "}"


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """`count` primary keys, taken from the sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
