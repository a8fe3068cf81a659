"""Every night: the calendar of every contract, in batches of a transaction each.

How far a night came stands in `CalendarRun`, written with each batch: one that was killed is gone on with on the same
day, and any later one begins anew. Repeated, it writes nothing.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone

from deals.models import Contract
from marketplace.core.errors import is_lock_timeout
from royalties.models import CalendarRun
from royalties.services.calendar.settle import settle_many

log = logging.getLogger(__name__)
ADVISORY_LOCK = 7_304_006
BATCH = 500
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "30s", "5min"
"""By night a batch rather waits for somebody's page than leaves its contracts for tomorrow."""


def run_calendar(*, at: datetime, each: Callable[[CalendarRun], None] | None = None) -> CalendarRun | None:
    """Settle every concluded contract. Of two at once the second does nothing and gives None.

    A batch of which somebody holds a contract, or the database refuses one, keeps none of the others waiting: it is
    tried again in the end, one by one, and which one it was is logged. `each` hears after every batch.
    """
    with connection.cursor() as cursor:
        # Of the session: it goes with the process, however that ends.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        return _run(at, each)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _run(at: datetime, each: Callable[[CalendarRun], None] | None) -> CalendarRun:
    run = _begin(at)
    held: list[list[int]] = []
    while ids := _after(run.last_contract):
        try:
            _batch(run, ids, at)
        except DatabaseError as error:
            _refuse_without_database(error)
            held.append(ids)
            run.refresh_from_db()
            run.last_contract = ids[-1]
            run.save(update_fields=["last_contract"])
        if each:
            each(run)
    for ids in held:
        for pk in ids:
            try:
                _batch(run, [pk], at)
            except DatabaseError as error:
                _refuse_without_database(error)
                if is_lock_timeout(error):
                    log.warning("contract %s was held all night", pk)
                else:
                    log.exception("the calendar of contract %s cannot be written", pk)
                run.refresh_from_db()
    run.finished_at = at
    run.save(update_fields=["finished_at"])
    return run


def _refuse_without_database(error: DatabaseError) -> None:
    """Raise it again where the database itself is away or gave up; what it refuses is a matter of one contract."""
    if isinstance(error, OperationalError) and not is_lock_timeout(error):
        raise error


def _begin(at: datetime) -> CalendarRun:
    day = timezone.localdate(at)
    newest = CalendarRun.objects.order_by("-started_at", "-pk").first()
    if newest is not None and newest.day == day and newest.finished_at is None:
        return newest
    return CalendarRun.objects.create(day=day, started_at=at)


def _after(last: int) -> list[int]:
    rows = Contract.objects.concluded().filter(pk__gt=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _batch(run: CalendarRun, ids: list[int], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
            [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
        )
    run.written += settle_many(contract_ids=ids, at=at)
    run.contracts += len(ids)
    run.last_contract = max(run.last_contract, ids[-1])
    run.save(update_fields=["written", "contracts", "last_contract"])
