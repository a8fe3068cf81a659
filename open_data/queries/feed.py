"""The change feed: nothing skipped, nothing twice, whoever writes meanwhile (lessons F46)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from open_data.queries.cursors import Position
from open_data.queries.records import records

# Ids of transactions are given out at the first write and committed in any order. Below the oldest one that still
# writes, nothing can come any more. Those of other databases on the same server are not waited for; one of which it is
# not known where it writes is. Our own counts: its rows are seen by us, but not yet by others.
WATERMARK = """
LEAST(
    COALESCE(
        (SELECT min(running::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) AS running
         WHERE NOT EXISTS (
            SELECT FROM pg_stat_activity AS other
            WHERE other.datname <> current_database() AND other.backend_xid = running::xid)),
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint),
    pg_current_xact_id_if_assigned()::text::bigint)
"""
MOST = 500


class FeedNotReady(DomainError):
    """The database came back from a copy, and nobody has begun the feed anew (`manage.py restart_feed`)."""

    code = "feed_not_ready"
    status = 503


@dataclass(frozen=True)
class Moved:
    """That an object changed. `record` is what everybody may read of it now; None: nothing any more."""

    object_id: UUID
    xid: int
    at: datetime
    record: dict[str, Any] | None = None
    number: str | None = None


@dataclass(frozen=True)
class FeedPage:
    moved: list[Moved]
    end: Position
    more: bool


def top() -> int:
    """Transactions below this one are over, as the database sees it now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {WATERMARK}")
        return int(cursor.fetchone()[0])


def moved_after(position: Position, *, limit: int) -> FeedPage:
    """The next changes, at most `limit`, without records; of an object only the last of them.

    Raises `FeedNotReady`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH seen AS MATERIALIZED (SELECT {WATERMARK} AS top)
            SELECT object_id, xid, at, (SELECT top FROM seen) FROM open_data_change
            WHERE collection = %(collection)s AND xid < (SELECT top FROM seen)
            AND (xid, object_id) > (%(xid)s, %(object_id)s)
            AND (%(snapshot)s = '' OR NOT pg_visible_in_snapshot(
                xid::text::xid8, NULLIF(%(snapshot)s, '')::pg_snapshot))
            ORDER BY xid, object_id LIMIT %(limit)s
            """,
            {
                "collection": position.collection, "xid": position.xid, "object_id": str(position.object_id),
                "snapshot": position.snapshot, "limit": limit + 1,
            },
        )  # fmt: skip
        found = cursor.fetchall()
    if not found:
        _refuse_from_a_copy(position)
    rows = [Moved(object_id, xid, at) for object_id, xid, at, _top in found[:limit]]
    last = {row.object_id: row for row in rows}
    end = position.after(rows[-1].xid, rows[-1].object_id) if rows else position
    return FeedPage([row for row in rows if last[row.object_id] is row], end, len(found) > limit)


def _refuse_from_a_copy(position: Position) -> None:
    """In a new server ids of transactions begin anew: what is noted from now on would stand before what was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(xid) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM open_data_change"
            " WHERE collection = %s AND xid < 9223372036854775807",
            [position.collection],
        )
        if cursor.fetchone()[0] and not connection.in_atomic_block:
            raise FeedNotReady(_("The feed is being set up after a restore. Try again in an hour."))


def page_after(position: Position, *, limit: int, fields: Iterable[str] | None = None) -> FeedPage:
    """The next changes with what everybody may read of each now (`records.FIELDS`, or those of `fields`)."""
    page = moved_after(position, limit=limit)
    known = records(position.collection, [row.object_id for row in page.moved], fields=fields)
    filled = [Moved(row.object_id, row.xid, row.at, *(known.get(row.object_id) or (None, None))) for row in page.moved]
    return FeedPage(filled, page.end, page.more)
