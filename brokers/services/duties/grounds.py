"""What of a broker's duties is a ground for a cancellation case on a day. Whoever opens cases asks every night."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokers.clocks import MISSED_REPORTS, deal_needed_by, grace_ends
from brokers.enums.duties import ChangeKind, Ground
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import BrokeredDeal, CancellationCase, ChangeNotice, DealReport, Registration

BATCH = 500


def grounds_today(day: date) -> Iterable[tuple[Registration, Ground, str]]:
    """(registration, ground, text for the case) for everything that holds on `day`, in the order of registrations.

    The same ground comes every day as long as it holds: who opens a case looks whether there is one. What a case was
    decided or closed on is no ground again: a told closure, or missed reports to which none has come since. No deal and
    too few staff go on by themselves. Registrations that were cancelled or are in a hearing have none, nor have
    traders, whom none of this concerns (Act art. 14).
    """
    listed = Registration.objects.listed().filter(kind=RegistrationKind.AGENCY)
    rows = listed.exclude(state=RegistrationState.HEARING).select_related("organization", "user").order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from _of(batch, day)
        last = batch[-1].pk


def _of(batch: list[Registration], day: date) -> Iterable[tuple[Registration, Ground, str]]:
    ids = [row.pk for row in batch]
    spoken = _last_words(ids)
    missed: dict[int, list[date]] = {}
    for registration, due_on in (
        DealReport.objects.missed_on(day).filter(registration__in=ids).values_list("registration", "due_on")
    ):
        missed.setdefault(registration, []).append(due_on)
    told = ChangeNotice.objects.told().filter(registration__in=ids, kind=ChangeKind.CLOSURE)
    closed = {
        registration: happened_on
        for registration, happened_on, filed_at in told.order_by("-happened_on", "-pk").values_list(
            "registration", "happened_on", "filed_at"
        )
        if filed_at and _is_new(filed_at, spoken.get((registration, Ground.CLOSURE)))
    }
    brokers = [row.organization_id for row in batch]
    deals = BrokeredDeal.objects.filter(broker__in=brokers, signed_on__lte=day).values("broker")
    last_deals = dict(deals.annotate(last=Max("signed_on")).values_list("broker", "last").order_by("broker"))
    for row in batch:
        if row.pk in closed:
            text = _("The broker told its closure or own wish of %(day)s.") % {"day": _day(closed[row.pk])}
            yield row, Ground.CLOSURE, text
        heard, late = spoken.get((row.pk, Ground.MISSED_REPORTS)), missed.get(row.pk, [])
        # Missed is a report from the day after it was due on.
        is_new = bool(late) and (heard is None or max(late) >= timezone.localdate(heard))
        yield from _of_agency(row, len(late) if is_new else 0, last_deals.get(row.organization_id or 0), day)


def _last_words(ids: list[int]) -> dict[tuple[int, str], datetime]:
    """When cases of these registrations were last decided or closed, by registration and ground."""
    cases = CancellationCase.objects.filter(registration__in=ids).order_by().values("registration", "ground")
    words = cases.annotate(last=Max(Coalesce("decided_at", "closed_at"))).exclude(last=None)
    return {(row["registration"], row["ground"]): row["last"] for row in words}


def _is_new(moment: datetime, spoken: datetime | None) -> bool:
    return spoken is None or moment > spoken


def _of_agency(
    row: Registration, missed: int, last_deal: date | None, day: date
) -> Iterable[tuple[Registration, Ground, str]]:
    if row.below_since and grace_ends(row.below_since) < day:
        text = _("Below the minimum of qualified staff since %(day)s, and the time to mend it is over.")
        yield row, Ground.BELOW_STANDARD, text % {"day": _day(row.below_since)}
    if missed >= MISSED_REPORTS:
        yield row, Ground.MISSED_REPORTS, _("%(count)d deal reports were missed.") % {"count": missed}
    registered = timezone.localdate(row.registered_at)
    counted_from = max(last_deal or registered, registered)
    if deal_needed_by(counted_from) < day:
        text = _("No deal since %(day)s.") % {"day": _day(counted_from)}
        yield row, Ground.NO_DEAL, text


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
