"""Gives changes a time: what was over when a seal was made can be asked for from that time on (OAI-PMH)."""

from datetime import datetime

from django.db import connection, transaction

from open_data.models import Change, Seal
from open_data.queries.feed import top

LOCK = 0x0DA7B


def shared_lock() -> None:
    """Until the end of the transaction no seal is made: what is read and the time said beside it fit together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])


@transaction.atomic
def seal(*, clock: object) -> Seal | None:
    """One seal over everything that is over now; None where nothing new is. `clock()` gives the time.

    The time is taken once no reader is at work, so whoever reads later than a seal finds all that it covers.
    """
    below = top()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = Seal.objects.order_by("-xid_below").first()
    new = Change.objects.filter(xid__lt=below)
    if last is not None:
        new = new.filter(xid__gte=last.xid_below)
    if not new.exists():
        return None
    at: datetime = clock()  # type: ignore[operator]
    if last is not None and (last.at >= at or last.xid_below >= below):
        return None
    return Seal.objects.create(xid_below=below, at=at)


@transaction.atomic
def prune() -> int:
    """Of each object only its last change stays, tombstones for good. How many rows went.

    Whoever stands before a row that went finds the later one of the same object ahead.
    """
    below = top()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM open_data_change AS old USING open_data_change AS new"
            " WHERE new.collection = old.collection AND new.object_id = old.object_id AND new.xid > old.xid"
            " AND new.xid < %s",
            [below],
        )
        return cursor.rowcount


@transaction.atomic
def drop_idle_seals() -> int:
    """Seals between which no change of a listing is left, as `prune` leaves them: no record has their time. How many.

    The newest stays, whatever is below it: the next one begins there, and harvests that are under way end there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM open_data_seal AS seal USING ("
            " SELECT id, xid_below, lag(xid_below, 1, 0::bigint) OVER (ORDER BY xid_below) AS above,"
            " lead(id) OVER (ORDER BY xid_below) AS next FROM open_data_seal) AS stretch"
            " WHERE stretch.id = seal.id AND stretch.next IS NOT NULL AND NOT EXISTS ("
            " SELECT FROM open_data_change AS change WHERE change.collection = 'listings'"
            " AND change.xid >= stretch.above AND change.xid < stretch.xid_below)"
        )
        return cursor.rowcount
