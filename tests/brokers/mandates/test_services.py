"""Offering, agreeing, accepting, declining, taking back, ending: what is done, and what a refusal leaves undone."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.enums.mandates import DAYS_AN_OFFER_HOLDS, MandateState, OfferedBy, PartnerState, Side
from brokers.models import Mandate, MandateConsent, MandatePartner
from brokers.services.fees.publish_schedule import withdraw_schedule
from brokers.services.mandates.answer import (
    accept,
    agree_to_share,
    answer_consent,
    decline,
    refuse_share,
    take_back,
)
from brokers.services.mandates.end import end
from brokers.services.mandates.offer import Offer, offer
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import NOW, TODAY, guideline, officer, published
from tests.factories.brokers.mandates import (
    DAY,
    answering,
    in_force,
    manager_of,
    offered,
    registered,
    suspended,
)
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db
LATER = NOW + datetime.timedelta(days=1)


def traces():
    return (
        list(Mandate.objects.values().order_by("pk")),
        list(MandatePartner.objects.values().order_by("pk")),
        list(MandateConsent.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


def refused(error, call, *, field=None):
    before = traces()
    with pytest.raises(error) as caught:
        call()
    assert traces() == before
    if field:
        assert caught.value.field == field
    return str(caught.value)


def kinds_told(user):
    return list(
        Notification.objects.filter(recipient=user, kind__startswith="mandate")
        .order_by("pk")
        .values_list("kind", flat=True)
    )


# --- offering ---------------------------------------------------------------------------------------------------------


def test_a_company_gives_a_mandate_for_its_need():
    need = NeedFactory()
    made = offered(client=need.organization, need=need, is_exclusive=True)
    assert (made.side, made.offered_side, made.state) == (Side.FIRM, OfferedBy.CLIENT, MandateState.OFFERED)
    assert made.number.startswith("M2026")
    assert made.offer_until == TODAY + DAYS_AN_OFFER_HOLDS * DAY
    assert made.tail_months == guideline().tail_months
    part = made.partners.get()
    assert (part.organization, part.share_bp, part.state) == (made.broker, 10_000, PartnerState.ASKED)
    assert kinds_told(manager_of(made.broker)) == ["mandate_offered"]
    assert kinds_told(manager_of(made.client)) == []


def test_a_broker_offers_for_technologies_of_a_holder():
    listing = ListingFactory()
    manager = manager_of(listing.holder)
    made = offered(client=listing.holder, listings=[listing], side=OfferedBy.BROKER)
    assert (made.side, made.subject_count, made.is_of_everything) == (Side.HOLDER, 1, False)
    assert made.partners.get().state == PartnerState.AGREED
    assert kinds_told(manager) == ["mandate_offered"]


def test_the_same_offer_twice_is_one():
    first = offered()
    again = offered(client=first.client, broker=first.broker, by=first.offered_by)
    other = offered(client=first.client, broker=first.broker, by=first.offered_by, fee_bp=9_500)
    assert again == first
    assert other != first


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"starts_on": TODAY - DAY}, "starts_on"),
        ({"ends_on": TODAY - DAY}, "ends_on"),
        ({"ends_on": TODAY + 6 * 366 * DAY}, "ends_on"),
        ({"starts_on": TODAY + 400 * DAY, "ends_on": TODAY + 500 * DAY}, "starts_on"),
        ({"fee_bp": 7_999}, "fee_bp"),
        ({"fee_bp": 12_001}, "fee_bp"),
        ({"tail_months": 37}, "tail_months"),
    ],
    ids=lambda value: str(value),
)
def test_what_lies_out_of_bounds_is_refused(content, field):
    client, broker, by = OrganizationFactory(), registered(), None
    by = manager_of(client)
    guideline()
    refused(DomainError, lambda: offered(client=client, broker=broker, by=by, **content), field=field)


@pytest.mark.parametrize("fee_bp", [8_000, 12_000])
def test_the_edges_of_the_band_are_inside(fee_bp):
    assert offered(fee_bp=fee_bp).fee_bp == fee_bp


def test_only_own_public_technologies_and_own_open_needs():
    holder = OrganizationFactory(institute=True)
    broker, by = registered(), manager_of(holder)
    guideline()
    for listing in (
        ListingFactory(),
        ListingFactory(holder=holder, draft=True),
        ListingFactory(holder=holder, withdrawn=True),
    ):
        refused(
            DomainError, lambda x=listing: offered(client=holder, broker=broker, by=by, listings=[x]), field="listings"
        )
    firm = OrganizationFactory()
    owner = manager_of(firm)
    for need in (NeedFactory(), NeedFactory(organization=firm, closed=True)):
        refused(DomainError, lambda x=need: offered(client=firm, broker=broker, by=owner, need=x), field="need")


def test_a_broker_offers_for_no_unnamed_need_before_the_company_came_to_it():
    need = NeedFactory(anonymous=True)
    broker = registered()
    by = manager_of(broker)
    guideline()
    given = {"client": need.organization, "broker": broker, "need": need}
    refused(DomainError, lambda: offered(**given, by=by, side=OfferedBy.BROKER), field="need")
    came = offered(**given)
    decline(mandate=came, text="Other terms", by=by, at=NOW)
    assert offered(**given, by=by, side=OfferedBy.BROKER).need == need


def test_who_may_take_no_new_work_is_offered_nothing():
    client, broker, closed = OrganizationFactory(), registered(), suspended(registered())
    by = manager_of(client)
    guideline()
    for shares in ({broker: 6_000, closed: 4_000}, {closed: 10_000}):
        lead = next(iter(shares))
        text = refused(NotPossibleNow, lambda s=shares, x=lead: offered(client=client, broker=x, by=by, shares=s))
        assert closed.display_name in text
    unregistered = OrganizationFactory(broker=True)
    refused(
        NotPossibleNow,
        lambda: offer(
            broker=unregistered, client=client, offered_by="client", offer=Offer(TODAY, TODAY + DAY), by=by, at=NOW
        ),
    )


def test_the_guideline_seen_is_the_one_in_force():
    first = guideline()
    published(valid_from=LATER.date(), at=LATER)
    client, broker = OrganizationFactory(), registered()
    by = manager_of(client)
    refused(ChangedMeanwhile, lambda: offered(client=client, broker=broker, by=by, seen=first, at=LATER))


# --- shares -----------------------------------------------------------------------------------------------------------


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weights=st.lists(st.integers(1, 9_999), min_size=1, max_size=5))
def test_shares_make_the_whole_or_are_refused(weights):
    brokers = [registered() for _ in weights]
    client = OrganizationFactory()
    by, shares = manager_of(client), dict(zip(brokers, weights, strict=True))
    guideline()
    if sum(weights) != 10_000:
        refused(DomainError, lambda: offered(client=client, broker=brokers[0], by=by, shares=shares), field="brokers")
    rest = 10_000 - sum(weights[1:])
    if rest >= 1:
        exact = shares | {brokers[0]: rest}
        made = offered(client=client, broker=brokers[0], by=by, shares=exact)
        assert sum(part.share_bp for part in made.partners.all()) == 10_000


def test_the_leading_broker_has_a_share_and_the_client_none():
    client, broker, other = OrganizationFactory(), registered(), registered()
    by = manager_of(client)
    guideline()
    for shares in ({other: 10_000}, {broker: 5_000, client: 5_000}, {broker: 10_000, other: 0}):
        refused(DomainError, lambda s=shares: offered(client=client, broker=broker, by=by, shares=s), field="brokers")


def test_each_broker_agrees_for_itself_before_it_is_accepted():
    broker, fellow = registered(), registered()
    made = offered(broker=broker, shares={broker: 6_000, fellow: 4_000})
    assert kinds_told(manager_of(fellow)) == ["mandate_share_asked"]
    assert kinds_told(manager_of(broker)) == []
    text = refused(NotPossibleNow, lambda: accept(mandate=made, by=manager_of(broker), at=NOW))
    assert fellow.display_name in text
    refused(NotAllowed, lambda: agree_to_share(mandate=made, by=manager_of(made.client), at=NOW))
    agree_to_share(mandate=made, by=manager_of(fellow), at=NOW)
    assert kinds_told(manager_of(broker)) == ["mandate_ready"]
    refused(NotPossibleNow, lambda: agree_to_share(mandate=made, by=manager_of(fellow), at=NOW))
    assert accept(mandate=made, by=manager_of(broker), at=NOW).state == MandateState.ACCEPTED


def test_a_refused_share_declines_the_offer():
    broker, fellow = registered(), registered()
    made = offered(broker=broker, shares={broker: 6_000, fellow: 4_000}, side=OfferedBy.BROKER)
    refused(DomainError, lambda: refuse_share(mandate=made, text=" ", by=manager_of(fellow), at=NOW), field="text")
    refuse_share(mandate=made, text="No time", by=manager_of(fellow), at=NOW)
    made.refresh_from_db()
    assert (made.state, made.answer_text) == (MandateState.DECLINED, "No time")
    assert kinds_told(manager_of(broker)) == ["mandate_declined"]


# --- answering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", list(OfferedBy))
def test_only_the_other_side_answers(side):
    made = offered(side=side)
    offering = made.offered_by
    for call in (
        lambda: accept(mandate=made, by=offering, at=NOW),
        lambda: decline(mandate=made, text="x", by=offering, at=NOW),
        lambda: accept(mandate=made, by=MembershipFactory(manager=True).user, at=NOW),
        lambda: take_back(mandate=made, by=answering(made), at=NOW),
    ):
        refused(NotAllowed, call)
    done = accept(mandate=made, by=answering(made), at=NOW)
    assert (done.state, done.answered_by) == (MandateState.ACCEPTED, answering(made))
    assert kinds_told(offering)[-1] == "mandate_accepted"


def test_nobody_of_both_sides_answers():
    made = offered(side=OfferedBy.BROKER)
    both = manager_of(made.client)
    MembershipFactory(organization=made.broker, user=both, manager=True)
    refused(NotAllowed, lambda: accept(mandate=made, by=both, at=NOW))


@pytest.mark.parametrize("days", [DAYS_AN_OFFER_HOLDS, DAYS_AN_OFFER_HOLDS + 1])
def test_an_offer_lapses_after_its_day(days):
    made = offered()
    at = NOW + days * DAY
    if days > DAYS_AN_OFFER_HOLDS:
        refused(NotPossibleNow, lambda: accept(mandate=made, by=answering(made), at=at))
        refused(NotPossibleNow, lambda: decline(mandate=made, text="x", by=answering(made), at=at))
    else:
        assert accept(mandate=made, by=answering(made), at=at).state == MandateState.ACCEPTED


def test_the_second_is_told_what_happened():
    made = offered(side=OfferedBy.BROKER)
    decline(mandate=made, text="Not now", by=answering(made), at=NOW)
    another = MembershipFactory(organization=made.client, manager=True).user
    text = refused(NotPossibleNow, lambda: accept(mandate=made, by=another, at=NOW))
    assert made.client.display_name in text
    refused(NotPossibleNow, lambda: take_back(mandate=made, by=made.offered_by, at=NOW))


def test_suspended_meanwhile_accepts_nothing():
    made = offered()
    suspended(made.broker)
    refused(NotPossibleNow, lambda: accept(mandate=made, by=answering(made), at=NOW))


def test_a_withdrawn_guideline_binds_nobody():
    made = offered()
    withdraw_schedule(schedule=made.schedule, reason="A slip", by=officer(), at=NOW)
    refused(NotPossibleNow, lambda: accept(mandate=made, by=answering(made), at=NOW))


# --- exclusive --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_exclusive_means_alone_for_the_same_need(first, second):
    need = NeedFactory()
    held = in_force(client=need.organization, need=need, is_exclusive=first)
    broker = registered()
    client_by, broker_by = manager_of(held.client), manager_of(broker)
    given = {"client": held.client, "broker": broker, "need": need, "is_exclusive": second}
    told = refused(NotPossibleNow, lambda: offered(**given, by=client_by))
    assert held.broker.display_name in told
    silent = refused(NotPossibleNow, lambda: offered(**given, by=broker_by, side=OfferedBy.BROKER))
    assert held.broker.display_name not in silent
    assert held.number not in silent


def test_two_that_are_not_exclusive_stand_side_by_side():
    held = in_force()
    assert in_force(client=held.client).state == MandateState.ACCEPTED


def test_the_same_broker_may_have_another_that_is_not_exclusive():
    held = in_force(is_exclusive=True)
    assert in_force(client=held.client, broker=held.broker).state == MandateState.ACCEPTED
    by = manager_of(held.client)
    refused(NotPossibleNow, lambda: offered(client=held.client, broker=held.broker, by=by, is_exclusive=True))


def test_everything_covers_each_technology_and_terms_that_follow_do_not_meet():
    listing, other = (listing := ListingFactory()), ListingFactory(holder=listing.holder)
    held = in_force(client=listing.holder, listings=[listing], is_exclusive=True)
    by, broker = manager_of(listing.holder), registered()
    given = {"client": listing.holder, "broker": broker, "by": by}
    refused(NotPossibleNow, lambda: offered(**given))
    refused(NotPossibleNow, lambda: offered(**given, listings=[listing, other]))
    assert offered(**given, listings=[other]).state == MandateState.OFFERED
    day = held.ends_on
    refused(NotPossibleNow, lambda: offered(**given, starts_on=day, ends_on=day + DAY))
    assert offered(**given, starts_on=day + DAY, ends_on=day + 2 * DAY).state == MandateState.OFFERED


def test_what_ended_sooner_is_free_from_the_next_day_on():
    held = in_force(is_exclusive=True)
    end(mandate=held, last_day=TODAY + DAY, reason="x", by=manager_of(held.client), at=NOW)
    by, broker = manager_of(held.client), registered()
    given = {"client": held.client, "broker": broker, "by": by}
    refused(NotPossibleNow, lambda: offered(**given, starts_on=TODAY + DAY))
    assert offered(**given, starts_on=TODAY + 2 * DAY).state == MandateState.OFFERED


# --- both sides of one technology -------------------------------------------------------------------------------------


def matched():
    listing = ListingFactory()
    need = NeedFactory()
    NeedMatchFactory(need=need, listing=listing)
    return listing, need


def test_acting_for_both_sides_is_declared_and_both_agree():
    listing, need = matched()
    held = in_force(client=need.organization, need=need)
    broker, by = held.broker, manager_of(held.broker)
    given = {"client": listing.holder, "broker": broker, "listings": [listing], "side": OfferedBy.BROKER, "by": by}
    text = refused(DomainError, lambda: offered(**given), field="conflict")
    assert held.number in text
    made = offered(**given, conflict="I act for a firm that looks for such a thing.")
    consent = made.consents.get()
    assert consent.other == held
    assert kinds_told(manager_of(held.client))[-1] == "mandate_consent_asked"
    notice = Notification.objects.filter(recipient=manager_of(held.client)).latest("pk")
    assert listing.holder.name not in str(notice.params)
    assert made.number not in str(notice.params)
    refused(NotPossibleNow, lambda: accept(mandate=made, by=answering(made), at=NOW))
    refused(NotAllowed, lambda: answer_consent(consent=consent, agree=True, by=by, at=NOW))
    answer_consent(consent=consent, agree=True, by=manager_of(held.client), at=NOW)
    assert kinds_told(answering(made)) == ["mandate_ready"]
    assert accept(mandate=made, by=answering(made), at=NOW).state == MandateState.ACCEPTED


def test_a_refused_consent_declines_the_offer():
    listing, need = matched()
    held = in_force(client=listing.holder)
    given = {"client": need.organization, "broker": held.broker, "need": need, "side": OfferedBy.BROKER}
    made = offered(**given, conflict="I act for a holder, too.")
    answer_consent(consent=made.consents.get(), agree=False, by=manager_of(held.client), at=NOW)
    made.refresh_from_db()
    held.refresh_from_db()
    assert (made.state, held.state) == (MandateState.DECLINED, MandateState.ACCEPTED)
    another = MembershipFactory(organization=held.client, manager=True).user
    refused(NotPossibleNow, lambda: answer_consent(consent=made.consents.get(), agree=True, by=another, at=NOW))


def test_what_a_client_offers_is_not_accepted_with_an_undeclared_conflict():
    listing, need = matched()
    held = in_force(client=listing.holder, listings=[listing])
    made = offered(client=need.organization, broker=held.broker, need=need)
    text = refused(NotPossibleNow, lambda: accept(mandate=made, by=answering(made), at=NOW))
    assert "declaration" in text


def test_a_fellow_broker_with_a_conflict_takes_no_share():
    listing, need = matched()
    held = in_force(client=listing.holder, listings=[listing])
    broker, fellow = registered(), held.broker
    made = offered(client=need.organization, broker=broker, need=need, shares={broker: 5_000, fellow: 5_000})
    refused(NotPossibleNow, lambda: agree_to_share(mandate=made, by=manager_of(fellow), at=NOW))


def test_a_conflict_that_arose_after_the_offer_is_found_when_it_is_accepted():
    listing, need = matched()
    broker = registered()
    made = offered(client=listing.holder, broker=broker, listings=[listing], side=OfferedBy.BROKER)
    held = in_force(client=need.organization, broker=broker, need=need)
    text = refused(NotPossibleNow, lambda: accept(mandate=made, by=answering(made), at=NOW))
    assert held.client.display_name not in text


# --- ending -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["client", "broker"])
def test_either_side_ends_it_with_a_reason_and_a_last_day(side):
    held = in_force()
    by = manager_of(getattr(held, side))
    refused(DomainError, lambda: end(mandate=held, last_day=TODAY, reason=" ", by=by, at=NOW), field="reason")
    for day in (TODAY - DAY, held.ends_on + DAY):
        refused(DomainError, lambda d=day: end(mandate=held, last_day=d, reason="x", by=by, at=NOW), field="last_day")
    done = end(mandate=held, last_day=TODAY + 9 * DAY, reason="Found another", by=by, at=NOW)
    assert (done.state, done.last_day, done.ended_side) == (MandateState.ENDED, TODAY + 9 * DAY, side)
    assert Mandate.objects.in_force_on(TODAY + 9 * DAY).exists()
    assert not Mandate.objects.in_force_on(TODAY + 10 * DAY).exists()
    other = manager_of(held.broker if side == "client" else held.client)
    assert kinds_told(other)[-1] == "mandate_ended"
    refused(NotPossibleNow, lambda: end(mandate=held, last_day=TODAY, reason="x", by=other, at=NOW))


def test_a_fellow_broker_ends_nothing():
    broker, fellow = registered(), registered()
    held = in_force(broker=broker, shares={broker: 6_000, fellow: 4_000})
    refused(NotAllowed, lambda: end(mandate=held, last_day=TODAY, reason="x", by=manager_of(fellow), at=NOW))
    open_one = offered()
    refused(NotPossibleNow, lambda: end(mandate=open_one, last_day=TODAY, reason="x", by=open_one.offered_by, at=NOW))
