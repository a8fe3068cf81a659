"""Rows into a table by COPY: what a bulk_create spends on building SQL goes into the work instead."""

import csv
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import pack
from typing import Any

from django.db import connection, models

PIECE = 1 << 18
BINARY_HEADER = b"PGCOPY\n\xff\r\n\0" + pack("!ii", 0, 0)
BINARY_END = pack("!h", -1)


def _columns(model: type[models.Model], names: Iterable[str]) -> str:
    columns = {f.attname: connection.ops.quote_name(f.column) for f in model._meta.concrete_fields}
    return ", ".join(columns[name] for name in names)


@lru_cache
def _table(model: type[models.Model], names: tuple[str, ...]) -> str:
    return f"{connection.ops.quote_name(model._meta.db_table)} ({_columns(model, names)})"


@lru_cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    fields = {f.attname: f for f in model._meta.concrete_fields}
    filled = _columns(model, (name for name in names if not fields[name].null))
    # An empty cell is NULL, except in a column that knows none: there it is the empty text.
    return f"COPY {_table(model, names)} FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({filled}))"


def copy_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows`, values in the order of `names` (attnames), in the caller's transaction.

    Values are text, numbers, days and moments, None, or literals of PostgreSQL (see `array`).
    """
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    if out.tell() == 0:
        return
    encoded = io.BytesIO(out.getvalue().encode())
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(_statement(model, tuple(names)), encoded, size=PIECE)


def copy_plain(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """As `copy_rows` for values that hold no tab, line break or None; quicker where texts are long."""
    lines = "".join(["\t".join(map(str, row)) + "\n" for row in rows]).replace("\\", "\\\\")
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(f"COPY {_table(model, tuple(names))} FROM STDIN", io.BytesIO(lines.encode()), size=PIECE)


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
    with connection.cursor() as cursor:
        statement = f"COPY {_table(model, tuple(names))} FROM STDIN WITH (FORMAT binary)"
        cursor.cursor.copy_expert(statement, io.BytesIO(b"".join(parts)), size=PIECE)


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
