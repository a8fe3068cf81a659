"""Every night: what everybody owes today."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from marketplace.core.errors import Conflict, is_lock_timeout
from obligations import notices
from obligations.models import DutyRule, Exemption, RnDProject
from obligations.services.secrecy import withdraw_secret
from obligations.services.settle import settle

ADVISORY_LOCK = 7_304_001
BATCH = 500
FIRST = 50
"""The first batch is small: what it creates tells the database how tables that were empty are filled."""
OFFICERS_HEAR = timedelta(days=30)
"""So long before the end of an exemption without an extension officers hear of it."""
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "30s", "10min"
"""By night a batch rather waits for somebody's page, or for a busy machine, than leaves its projects for tomorrow."""


class NoRules(Conflict):
    """Nobody owes anything where no law is loaded, and that would look like a country that has done everything."""

    code = "no_duty_rules"


def run_duties(*, at: datetime, each: Callable[[int], None] | None = None) -> Counter[str] | None:
    """Settle every project, in batches of a transaction each; how many rows were written, by step.

    Idempotent; a run that was killed is gone on with by the next, which finds nothing to do in what was done. Of two
    at once the second does nothing and gives None. `each` hears how many projects have been settled. A batch of which
    somebody holds a project keeps none of the others waiting: it is tried again in the end.

    Raises:
        NoRules: `load_duty_rules` was never called.
    """
    if not DutyRule.objects.exists():
        raise NoRules("No rules of duties are loaded: call load_duty_rules.")
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


def _run(at: datetime, each: Callable[[int], None] | None) -> Counter[str]:
    written: Counter[str] = Counter()
    held: list[list[int]] = []
    last, done, look_again = 0, 0, 1
    while ids := _after(last, BATCH if done else min(FIRST, BATCH)):
        try:
            written += _batch(ids, at)
        except OperationalError as error:
            if not is_lock_timeout(error):
                raise
            held.append(ids)
        last, done = ids[-1], done + len(ids)
        if written["created"] >= look_again:
            # The first night fills empty tables faster than the database notices, and plans made for none are slow.
            _analyse()
            look_again = 4 * written["created"]
        if each:
            each(done)
    if secret := withdraw_secret(at=at):
        written["secret_withdrawn"] = secret
    _remind_of_ends(at)
    for ids in held:
        written += _batch(ids, at)
    return written


def _batch(ids: list[int], at: datetime) -> Counter[str]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
                [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
            )
        return settle(projects=ids, at=at)


def _after(last: int, many: int) -> list[int]:
    return list(RnDProject.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:many])


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE obligations_obligation, obligations_discharge")


def _remind_of_ends(at: datetime) -> None:
    """Once per exemption: the institute when its extension may be asked for, officers some days before its end.

    The institute's letters about the end are those of the calendar (`services.escalate`).
    """
    rows = Exemption.objects.select_related("obligation__project", "organization").order_by("pk")
    for exemption in rows.ending_at(at):
        notices.exemption_ending(exemption, at)
    for exemption in rows.ending_soon(timezone.localdate(at) + OFFICERS_HEAR):
        notices.exemption_ends_soon(exemption, at)
