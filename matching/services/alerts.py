"""Mail about new matches: one per person and period, over all searches and needs, an item never twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.enums import MailRate
from accounts.models import Membership, User
from matching import alert_notices
from matching.enums import AlertRate, NeedState, SearchState
from matching.models import AlertBox, Alerted, Match, Need, SavedSearch
from notifications import delivery
from tech_listings.enums import PUBLIC_STATES

logger = structlog.get_logger(__name__)

IN_SLOTS = (AlertRate.DAILY, AlertRate.WEEKLY, AlertRate.MONTHLY)


def last_slot(rate: str, at: datetime) -> datetime:
    """The latest moment up to `at` at which alerts of this rate were due: 9:00 in Korea, on Mondays, on the first."""
    if rate == AlertRate.MONTHLY:
        return delivery.last_slot(MailRate.DAILY, at).replace(day=1)
    return delivery.last_slot(MailRate.WEEKLY if rate == AlertRate.WEEKLY else MailRate.DAILY, at)


def _waiting() -> QuerySet[Any, Any]:
    """Matches nobody was told of, of searches and needs that are at work, with `owner` and `rate`.

    What is not published now waits: should it be published again, it is news then.
    """
    at_work = Q(saved_search__state=SearchState.ACTIVE) | Q(need__state=NeedState.OPEN)
    return Match.objects.filter(
        at_work, alerted_at__isnull=True, is_news=True, why_not="", listing__state__in=PUBLIC_STATES
    ).annotate(
        owner=Coalesce("saved_search__owner", "need__owner"), asked_rate=Coalesce("saved_search__rate", "need__rate")
    )


def people_due(at: datetime) -> list[int]:
    """Ids of people of whose matches some are due now."""
    due = Q(asked_rate=AlertRate.AT_ONCE)
    for rate in IN_SLOTS:
        due |= Q(asked_rate=rate, found_at__lte=last_slot(rate, at))
    return list(_waiting().filter(due).order_by("owner").values_list("owner", flat=True).distinct())


def gather_all(*, user_ids: Iterable[int], at: datetime) -> int:
    """Write what is due to each of these people. One person's failure is logged, and tried again next time."""
    written = 0
    for user_id in user_ids:
        try:
            written += gather(user_id=user_id, at=at)
        except Exception:  # whatever it is, the others must get theirs
            logger.exception("alert_failed", user_id=user_id)
    return written


@dataclass(frozen=True)
class Row:
    pk: int
    listing_id: int
    group: tuple[str, int]
    rate: str
    found_at: datetime


@transaction.atomic
def gather(*, user_id: int, at: datetime) -> bool:
    """Write one message about all that is due to the person. False: nothing new, or another worker is at it.

    Holds the person's alert box: of two workers one writes. That an item was told, and the message that tells it, are
    committed together, so a crash neither loses nor repeats any (lessons F35, F38–F40).
    """
    AlertBox.objects.bulk_create([AlertBox(user_id=user_id)], ignore_conflicts=True)
    box = AlertBox.objects.select_for_update(skip_locked=True).filter(pk=user_id).first()
    if box is None:
        return False
    user = User.objects.get(pk=user_id)
    taken = _take(user, box, at)
    told = set(
        Alerted.objects.filter(user=user, listing__in={row.listing_id for row in taken}).values_list(
            "listing", flat=True
        )
    )
    fresh: dict[int, Row] = {}
    for row in taken:  # the best first, so of several searches the best says it
        if row.listing_id not in told:
            fresh.setdefault(row.listing_id, row)
    announced = {row.pk for row in fresh.values()}
    Match.objects.filter(pk__in=announced).update(alerted_at=at)
    Match.objects.filter(pk__in=[row.pk for row in taken if row.pk not in announced]).update(
        alerted_at=at, is_news=False
    )
    if not fresh:
        return False
    Alerted.objects.bulk_create([Alerted(user=user, listing_id=listing, at=at) for listing in sorted(fresh)])
    matter = min(announced)
    alert_notices.found(
        user=user,
        groups=_groups(list(fresh.values())),
        matter=str(Match.objects.values_list("public_id", flat=True).get(pk=matter)),
        at=at,
    )
    return True


def _take(user: User, box: AlertBox, at: datetime) -> list[Row]:
    """The person's matches of the rates that are due, best first; notes in the box that they had their turn."""
    waiting = _waiting().filter(owner=user.pk, pk__in=Match.objects.visible_to(user).values("pk"))
    rows = [
        Row(pk, listing, ("need", need) if need else ("search", search), rate, found_at)
        for pk, listing, need, search, rate, found_at in waiting.order_by("-score", "pk").values_list(
            "pk", "listing", "need", "saved_search", "asked_rate", "found_at"
        )
    ]
    due = {AlertRate.AT_ONCE.value}
    for rate in IN_SLOTS:
        slot, had = last_slot(rate, at), getattr(box, f"{rate.value}_at")
        if (had is None or had < slot) and any(row.rate == rate and row.found_at <= slot for row in rows):
            due.add(rate.value)
            setattr(box, f"{rate.value}_at", slot)
    box.save()
    return [row for row in rows if row.rate in due]


def forget_what_is_not_wanted(at: datetime) -> int:
    """What will never be told is on its page and not news any more, so that `people_due` need not look through it: of
    searches and needs without mail or at rest, judged by whoever looked, or of needs whose owner has left the firm."""
    silent = Q(saved_search__rate=AlertRate.OFF) | Q(saved_search__state=SearchState.PAUSED)
    silent |= Q(need__rate=AlertRate.OFF) | Q(need__state=NeedState.CLOSED) | ~Q(why_not="")
    there = Membership.objects.active().filter(user=OuterRef("need__owner"))
    silent |= Q(~Exists(there.filter(organization=OuterRef("need__organization"))), need__isnull=False)
    rows = Match.objects.filter(silent, alerted_at__isnull=True, is_news=True, found_at__lte=at)
    return Match.objects.filter(pk__in=rows.values("pk")).update(is_news=False)


def _groups(rows: list[Row]) -> list[tuple[alert_notices.Group, int]]:
    counts: dict[tuple[str, int], int] = {}
    for row in rows:
        counts[row.group] = counts.get(row.group, 0) + 1
    searches = SavedSearch.objects.in_bulk([pk for kind, pk in counts if kind == "search"])
    needs = Need.objects.in_bulk([pk for kind, pk in counts if kind == "need"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(searches[pk] if kind == "search" else needs[pk], count) for (kind, pk), count in ordered]
