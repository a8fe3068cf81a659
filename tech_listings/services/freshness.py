"""Every day: remind holders to confirm what they offer, tell them what is unconfirmed, suspend what stays so.

What is due is read from days, never from how often this ran: a day that was missed is made up for by the next, with
the latest step only. Periods: `clocks`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pghistory
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Organization
from tech_listings import notices
from tech_listings.clocks import REMIND_DAYS, SUSPEND_AFTER_DAYS, confirm_by, latest_start, unconfirmed_start
from tech_listings.enums import ConfirmStep, ListingState, SuspendedFor
from tech_listings.events import listings_suspended
from tech_listings.models import ConfirmationReminder, Listing

ADVISORY_LOCK = 7_304_002

DUE = """
    due AS (
        SELECT id, holder_id, since,
            CASE WHEN since <= %(unconfirmed)s THEN 3 WHEN since <= %(second)s THEN 2 ELSE 1 END AS step
        FROM (
            SELECT id, holder_id,
                coalesce(confirmed_on, (registered_at AT TIME ZONE 'Asia/Seoul')::date) AS since
            FROM tech_listings_listing WHERE state IN ('published', 'under_negotiation')
        ) offered WHERE since <= %(first)s
    )
"""
HOLDERS = f"""
    WITH {DUE}
    SELECT DISTINCT due.holder_id FROM due
    LEFT JOIN tech_listings_confirmationreminder told ON told.listing_id = due.id
    WHERE told.step IS NULL OR told.counted_from <> due.since OR told.step < due.step
       OR (told.step = 3 AND told.told_on <= %(suspend)s)
    ORDER BY 1
"""
TELL = f"""
    WITH {DUE}
    INSERT INTO tech_listings_confirmationreminder AS told (listing_id, counted_from, step, told_on)
    SELECT id, since, step, %(today)s FROM due WHERE holder_id = %(holder)s ORDER BY id
    ON CONFLICT (listing_id) DO UPDATE
        SET counted_from = excluded.counted_from, step = excluded.step, told_on = excluded.told_on
        WHERE told.counted_from <> excluded.counted_from OR told.step < excluded.step
    RETURNING step, counted_from
"""


def run_freshness(*, at: datetime, each: Callable[[int], None] | None = None) -> Counter[str] | None:
    """Tell every holder what is due and suspend what is over, each holder in a transaction of its own.

    How many listings each step took. Idempotent; a run that was killed is gone on with by the next. Of two at once the
    second does nothing and gives None. `each` hears how many holders are done.
    """
    with connection.cursor() as cursor:
        # Of the session: it goes with the process, however that ends.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        written: Counter[str] = Counter()
        for done, holder in enumerate(_holders(_days(at)), start=1):
            written += keep_fresh(holder_id=holder, at=at)
            if each:
                each(done)
        return written
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _days(at: datetime) -> dict[str, Any]:
    """What was confirmed on these days or before is in the step of that name."""
    today = timezone.localdate(at)
    first, second = REMIND_DAYS
    return {
        "today": today,
        "first": latest_start(today + timedelta(days=first)),
        "second": latest_start(today + timedelta(days=second)),
        "unconfirmed": unconfirmed_start(today),
        "suspend": today - timedelta(days=SUSPEND_AFTER_DAYS),
    }


def _holders(days: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, days)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def keep_fresh(*, holder_id: int, at: datetime) -> Counter[str]:
    """The day of one holder: told once per step, and suspended where it was told long enough ago."""
    days = _days(at)
    holder = Organization.objects.get(pk=holder_id)
    told: defaultdict[int, list[date]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TELL, days | {"holder": holder_id})
        for step, since in cursor.fetchall():
            told[step].append(since)
    for step, since in sorted(told.items()):
        notices.to_confirm(holder, ConfirmStep(step), many=len(since), day=confirm_by(min(since)), at=at)
    written = Counter({ConfirmStep(step).name.lower(): len(since) for step, since in told.items()})
    if suspended := _suspend(holder, days, at):
        notices.to_confirm(holder, ConfirmStep.SUSPENDED, many=len(suspended), day=days["today"], at=at)
        written["suspended"] = len(suspended)
    return written


def _suspend(holder: Organization, days: dict[str, Any], at: datetime) -> list[int]:
    """Nobody is suspended who was not told a whole period before, even where this did not run for months."""
    over = Listing.objects.on_offer().filter(holder=holder).not_confirmed_since(days["unconfirmed"]).with_counted_from()
    over = over.filter(
        reminder__counted_from=F("since"),
        reminder__step=ConfirmStep.UNCONFIRMED,
        reminder__told_on__lte=days["suspend"],
    )
    # Locked before it is written: who was confirmed a moment ago is no longer found.
    ids = list(over.select_for_update(of=["self"]).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return []
    with pghistory.context(source="freshness"):
        Listing.objects.filter(pk__in=ids).update(
            state=ListingState.SUSPENDED,
            suspended_at=at,
            suspended_for=SuspendedFor.NOT_CONFIRMED,
            revision=F("revision") + 1,
            updated_at=at,
        )
    ConfirmationReminder.objects.filter(listing__in=ids).update(step=ConfirmStep.SUSPENDED, told_on=days["today"])
    listings_suspended.send(sender=Listing, listing_ids=ids, at=at)
    return ids
