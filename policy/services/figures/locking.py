"""Advisory locks: what is guarded may have no row yet that could be locked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from policy.queries.figures.figure import Figure

SPACE = 43_000
"""Tells locks of figures from all other advisory locks."""


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Whether this connection is the only one that does `name` now. Held until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [SPACE, name])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [SPACE, name])


def lock_sources(figure: Figure) -> None:
    """One at a time freezes what is counted for several figures: what may be told hangs on what was told of the same.
    Taken after the figure, in one order."""
    for source in sorted({part.source for part in figure.parts if part.is_monthly}):
        lock_figure(f"source {source}")


def lock_figure(code: str) -> None:
    """One at a time freezes, corrects or aims at this figure. Held until the end of the transaction; waits at most
    `lock_timeout`, like any lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [SPACE, code])
