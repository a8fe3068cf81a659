"""Rows into a table by COPY: what a bulk_create spends on building SQL goes into the work instead."""

import csv
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

PIECE = 1 << 18


@lru_cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    fields = {f.attname: f for f in model._meta.concrete_fields}
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(fields[name].column) for name in names)
    filled = ", ".join(quoted(fields[name].column) for name in names if not fields[name].null)
    table = quoted(model._meta.db_table)
    # An empty cell is NULL, except in a column that knows none: there it is the empty text.
    return f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({filled}))"


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
    quoted = connection.ops.quote_name
    columns = {f.attname: quoted(f.column) for f in model._meta.concrete_fields}
    statement = f"COPY {quoted(model._meta.db_table)} ({', '.join(columns[name] for name in names)}) FROM STDIN"
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(statement, io.BytesIO(lines.encode()), size=PIECE)


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
