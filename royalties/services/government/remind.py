"""Remind a company of what it pays the government, and of the sales that it reports (decree arts. 38(5), 39(1)(6)).

The steps are those of contracts' calendars: before the day who keeps the royalties hears, after it too, and later the
managers. A message has a key of its result, day and step, so running twice tells nobody twice.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.enums import OrganizationKind
from brokers.clocks import step_reached
from marketplace.core.rounds import each_alone
from royalties.models import AheadNotice, DirectUse, Distribution
from royalties.notices import government as notices
from royalties.queries.government import account_of, sales_day, sales_due
from royalties.services.calendar.remind import ESCALATED_FROM, STEPS
from tech_listings.models import Listing

MISSED = timedelta(days=60)
"""So long after the last step it is still told, should the house have stood still."""


def remind_of_government(*, at: datetime) -> int:
    """Every result of a company in a transaction of its own; how many messages were due."""
    today = timezone.localdate(at)
    rows = sorted(_to_pay(today) | _to_report(today))
    return each_alone("government", rows, lambda pk: _remind(listing_id=pk, at=at))


def _window(today: date) -> tuple[date, date]:
    return today - timedelta(days=STEPS[-1]) - MISSED, today - timedelta(days=STEPS[0])


def _to_pay(today: date) -> set[int]:
    """Results of which something was to be paid about now."""
    near = _window(today)
    uses = DirectUse.objects.standing().filter(pay_by__range=near, owed_won__gt=0)
    ahead = AheadNotice.objects.standing().filter(pay_by__range=near)
    shared = Distribution.objects.standing().filter(
        pay_government_by__range=near, government_won__gt=0, contract__holder=F("contract__listing__holder")
    )
    found = {*uses.values_list("listing", flat=True), *ahead.values_list("listing", flat=True)}
    return found | set(shared.values_list("contract__listing", flat=True))


def _to_report(today: date) -> set[int]:
    """Results that were used before this year, around the day to report its last year."""
    first, last = _window(today)
    if not first <= sales_day(today) <= last:
        return set()
    used = DirectUse.objects.standing().filter(sold_from__year__lt=today.year)
    return set(used.filter(holder__kind=OrganizationKind.COMPANY).values_list("listing", flat=True))


@transaction.atomic
def _remind(*, listing_id: int, at: datetime) -> int:
    today = timezone.localdate(at)
    listing = Listing.objects.select_related("holder").get(pk=listing_id)
    account = account_of(listing)
    told = 0
    for day, tell in ((account.next_by, notices.pay), (sales_due(account, today), notices.sales)):
        step = step_reached(day, today, STEPS) if day else None
        if day is None or step is None:
            continue
        users = notices.keepers(listing)
        if step >= ESCALATED_FROM:
            users = list({user.pk: user for user in [*users, *notices.managers(listing)]}.values())
        tell(listing, day, step, users, at)
        told += 1
    return told
