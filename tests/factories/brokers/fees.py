"""Fee schedules and quotes, made through the services as people make them; only days are moved."""

import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from brokers.enums.fees import BandState, QuoteState, ScheduleState
from brokers.models import FeeSchedule
from brokers.services.fees.accept_quote import accept_quote, decline_quote, take_back_quote
from brokers.services.fees.load_schedules import load_schedules, read_product
from brokers.services.fees.outside_band import ask_outside_band, decide_outside_band
from brokers.services.fees.publish_schedule import publish_schedule, withdraw_schedule
from brokers.services.fees.quote_fee import quote_fee
from brokers.services.fees.write_schedule import write_schedule
from tests.factories.accounts import MembershipFactory, OrganizationFactory

NOW = datetime.datetime(2026, 6, 10, 15, tzinfo=ZoneInfo("Asia/Seoul"))
TODAY = timezone.localdate(NOW)
LEHMAN = [(place * 1_000_000, 500 - 100 * place) for place in range(5)]
TIERS = [(0, 500), (10_000_000, 300), (100_000_000, 100)]
NAMES = {"name_ko": "중개수수료 가이드라인", "name_en": "Fee guideline", "name_zh": "中介费指南"}
CONTENT = NAMES | {
    "retainer_won": 0, "vat_bp": 1_000, "below_bp": 2_000, "above_bp": 2_000, "source": "Assumed for a test",
}  # fmt: skip


def officer(**also):
    return MembershipFactory(government=True, **also).user


def broker_user(**also):
    return MembershipFactory(broker=True, **also).user


def organization_of(user):
    return user.active_organizations().order_by("pk").first()


def draft(*, by=None, tiers=TIERS, at=NOW, **changes):
    """A draft of the guideline that holds from today on, written by an officer."""
    content = CONTENT | {"valid_from": timezone.localdate(at)} | changes
    return write_schedule(content=content, tiers=tiers, by=by or officer(), at=at)


def published(*, by=None, **changes):
    """The guideline in force from today on, unless `valid_from` says otherwise."""
    made = draft(**changes)
    return publish_schedule(schedule=made, revision=made.revision, by=by or officer(), at=changes.get("at", NOW))


def guideline(at=NOW):
    """The one in force at `at`; published just then where there is none."""
    return FeeSchedule.objects.in_force_on(timezone.localdate(at)).first() or published(at=at)


def shipped():
    """What comes with the product."""
    load_schedules(schedules=read_product(), at=NOW)
    return {schedule.reference: schedule for schedule in FeeSchedule.objects.exclude(reference="")}


def schedule_in(state):
    """A schedule in each state of the table."""
    if state == ScheduleState.DRAFT:
        return draft()
    found = published()
    if state == ScheduleState.WITHDRAWN:
        return withdraw_schedule(schedule=found, reason="x", by=officer(), at=NOW)
    if state == ScheduleState.SUPERSEDED:
        later = NOW + datetime.timedelta(days=1)
        published(at=later, valid_from=timezone.localdate(later))
        found.refresh_from_db()
    return found


def quoted(*, by=None, client=None, at=NOW, value_won=20_000_000, fee_won=None, subject="Hydrogen valve", **also):
    """A quote of the guideline's fee, offered to a company. With `fee_won` maybe outside of the band."""
    guideline(at)
    by = by or broker_user()
    given = {"broker": organization_of(by), "client": client or OrganizationFactory(), "subject": subject}
    return quote_fee(**given, value_won=value_won, fee_won=fee_won, by=by, at=at, **also).quote


def outside(**also):
    """A quote far above the band."""
    return quoted(**{"fee_won": 5_000_000} | also)


def asked(quote=None, *, at=NOW, **also):
    """A reason given for a fee outside of the band, waiting for an officer."""
    quote = quote or outside(at=at, **also)
    return ask_outside_band(quote=quote, reason="Two years of work", by=quote.quoted_by, at=at)


def acceptor(organization):
    return MembershipFactory(organization=organization, manager=True).user


def quote_in(state):
    """A quote in each state of the table."""
    if state == QuoteState.OUTSIDE:
        return outside()
    if state == QuoteState.REFUSED:
        request = decide_outside_band(request=asked(), grant=False, text="Too much", by=officer(), at=NOW)
        return request.quote.__class__.objects.get(pk=request.quote_id)
    found = quoted()
    if state == QuoteState.ACCEPTED:
        return accept_quote(quote=found, by=acceptor(found.client), at=NOW)
    if state == QuoteState.DECLINED:
        return decline_quote(quote=found, by=acceptor(found.client), at=NOW)
    if state == QuoteState.WITHDRAWN:
        return take_back_quote(quote=found, by=found.quoted_by, at=NOW)
    return found


def band_in(state):
    """A request in each state of the table."""
    request = asked()
    if state in {BandState.GRANTED, BandState.REFUSED}:
        grant = state == BandState.GRANTED
        return decide_outside_band(request=request, grant=grant, text="Because", by=officer(), at=NOW)
    if state == BandState.TAKEN_BACK:
        take_back_quote(quote=request.quote, by=request.asked_by, at=NOW)
        request.refresh_from_db()
    return request
