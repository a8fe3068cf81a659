"""Advisory locks: what is guarded may have no row yet that could be locked."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection, transaction

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


@contextmanager
def one_moment(figure: Figure | None = None) -> Iterator[None]:
    """A transaction all of whose statements see the same moment: money that moves between two parts of a figure is in
    one of them. With a figure, nobody else freezes, corrects or aims at it until the end, nor freezes what is counted
    for it and for others (what may be told hangs on what was told of the same): the figure first, then its sources in
    one order. These locks are had before the transaction begins, since it would not see what it waited for.

    Inside of another transaction the locks are that one's, and each statement sees what it lets it see.
    """
    sources = {f"source {part.source}" for part in figure.parts if part.is_monthly} if figure else set()
    names = [figure.code, *sorted(sources)] if figure else []
    is_alone = not connection.in_atomic_block
    with ExitStack() as held:
        for name in names:
            if is_alone:
                held.enter_context(_held(name))
            else:
                lock_figure(name)
        with transaction.atomic():
            if is_alone:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield


@contextmanager
def _held(name: str) -> Iterator[None]:
    """What `lock_figure` takes, held by the connection until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [SPACE, name])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [SPACE, name])


def lock_figure(code: str) -> None:
    """One at a time freezes, corrects or aims at this figure. Held until the end of the transaction; waits at most
    `lock_timeout`, like any lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [SPACE, code])
