"""Quoting, accepting, and fees outside the band."""

import datetime
import uuid

import pytest

from brokers.enums.fees import BandState, QuoteState
from brokers.models import BandRequest, Quote, QuoteShare
from brokers.services.fees.accept_quote import accept_quote, decline_quote, take_back_quote
from brokers.services.fees.outside_band import ask_outside_band, decide_outside_band
from brokers.services.fees.publish_schedule import withdraw_schedule
from brokers.services.fees.quote_fee import quote_fee
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import (
    NOW,
    TODAY,
    acceptor,
    asked,
    broker_user,
    draft,
    guideline,
    officer,
    organization_of,
    outside,
    published,
    quoted,
)

DAY = datetime.timedelta(days=1)


def traces():
    return (
        list(Quote.objects.values().order_by("pk")),
        list(QuoteShare.objects.values().order_by("pk")),
        list(BandRequest.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


def told(kind):
    return {notification.recipient for notification in Notification.objects.filter(kind=kind)}


def test_a_quote_says_what_it_costs_and_whom():
    client = OrganizationFactory(institute=True)
    manager = acceptor(client)
    MembershipFactory(organization=client)
    guideline()
    found = quoted(client=client, value_won=20_000_000)

    # 5 % of the first 10 million and 3 % of the next; VAT on top.
    assert (found.guideline_won, found.fee_won, found.lower_won, found.upper_won) == (
        800_000,
        800_000,
        640_000,
        960_000,
    )
    assert (found.net_won, found.vat_won, found.total_won) == (800_000, 80_000, 880_000)
    assert [line["amount_won"] for line in found.lines] == [500_000, 300_000, 80_000]
    assert found.payers == [{"key": "holder", "share_bp": 10_000, "net_won": 800_000, "vat_won": 80_000}]
    assert found.terms["tiers"] == [
        {"from_won": 0, "rate_bp": 500},
        {"from_won": 10_000_000, "rate_bp": 300},
        {"from_won": 100_000_000, "rate_bp": 100},
    ]
    assert (found.number, found.state, found.valid_until) == ("F2026000001", "offered", TODAY + 30 * DAY)
    assert told("fee_offered") == {manager}  # the manager, who can accept, and not the colleague


def test_a_new_guideline_never_changes_a_quote_that_was_accepted():
    """Lessons F12. Byte for byte, whatever becomes of the version it was made by."""
    found = accept_quote(quote=quoted(), by=acceptor(Quote.objects.get().client), at=NOW)
    frozen = Quote.objects.filter(pk=found.pk).values().get()
    shares = list(QuoteShare.objects.values())

    later = NOW + DAY
    follower = published(at=later, valid_from=later.date(), tiers=[(0, 100)], vat_bp=0)
    withdraw_schedule(schedule=follower, reason="x", by=officer(), at=later)

    assert Quote.objects.filter(pk=found.pk).values().get() == frozen
    assert list(QuoteShare.objects.values()) == shares
    found.schedule.refresh_from_db()
    assert found.schedule.state == "superseded"


def test_a_quote_keeps_the_version_it_was_made_by_and_a_new_one_follows_the_new():
    first = quoted()
    later = NOW + DAY
    published(at=later, valid_from=later.date(), tiers=[(0, 100)])
    second = quoted(at=later, client=first.client, by=first.quoted_by)
    assert second.guideline_won == 200_000
    assert second.pk != first.pk
    accepted = accept_quote(quote=first, by=acceptor(first.client), at=later)
    assert (accepted.guideline_won, accepted.schedule) == (800_000, first.schedule)


def test_without_a_guideline_nothing_is_quoted():
    draft()
    broker = broker_user()
    with pytest.raises(NotPossibleNow):
        quote_fee(
            broker=organization_of(broker), client=OrganizationFactory(), subject="x", value_won=1, by=broker, at=NOW
        )
    assert traces()[0] == []


def test_who_looked_at_another_version_is_told():
    seen = guideline()
    later = NOW + DAY
    published(at=later, valid_from=later.date())
    with pytest.raises(ChangedMeanwhile):
        quoted(at=later, seen=seen)
    assert Quote.objects.count() == 0


def test_several_brokers_share_to_the_won():
    by, others = broker_user(), [OrganizationFactory(broker=True) for _ in range(2)]
    shares = {organization_of(by): 3_334, others[0]: 3_333, others[1]: 3_333}
    found = quoted(by=by, value_won=10_000_007, shares=shares)
    parts = [(share.organization, share.share_bp, share.net_won, share.vat_won) for share in found.shares.all()]
    assert sum(part[2] for part in parts) == found.net_won == 500_000
    assert sum(part[3] for part in parts) == found.vat_won
    assert {part[0]: part[1] for part in parts} == shares


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"value_won": 0}, "value_won"),
        ({"value_won": 10**15}, "value_won"),
        ({"fee_won": -1}, "fee_won"),
        ({"client": "broker"}, "client"),
        ({"client": "itself"}, "client"),
        ({"client": "office"}, "client"),
        ({"shares": "without"}, "brokers"),
        ({"shares": "client"}, "brokers"),
        ({"shares": "company"}, "brokers"),
        ({"shares": "short"}, "brokers"),
    ],
)
def test_what_cannot_be_quoted_names_its_field(changes, field):
    by, client = broker_user(), OrganizationFactory()
    own, fellow = organization_of(by), OrganizationFactory(broker=True)
    guideline()
    made = {
        "broker": fellow, "itself": own, "office": OrganizationFactory(government=True), "without": {fellow: 10_000},
        "company": {own: 5_000, OrganizationFactory(): 5_000}, "short": {own: 5_000, fellow: 4_999},
    }  # fmt: skip
    made["client"] = {own: 5_000, client: 5_000} if "shares" in changes else client
    given = {"subject": "x", "value_won": 10_000, "client": client} | {
        name: made.get(value, value) if isinstance(value, str) else value for name, value in changes.items()
    }
    with pytest.raises(DomainError) as refused:
        quote_fee(broker=own, by=by, at=NOW, **given)
    assert refused.value.field == field
    assert traces()[:2] == ([], [])


def test_the_same_quote_while_it_is_open_is_one_quote():
    by, client = broker_user(), OrganizationFactory()
    given = {
        "broker": organization_of(by),
        "client": client,
        "subject": "Valve",
        "value_won": 10**6,
        "by": by,
        "at": NOW,
    }
    guideline()
    first, again = quote_fee(**given), quote_fee(**given)
    assert (first.is_new, again.is_new, again.quote.pk) == (True, False, first.quote.pk)
    other = quote_fee(**given | {"value_won": 10**6 + 1})
    assert other.is_new
    take_back_quote(quote=first.quote, by=by, at=NOW)
    assert quote_fee(**given).is_new


def test_a_key_quotes_once_also_after_the_quote_was_closed():
    by, client, key = broker_user(), OrganizationFactory(), uuid.uuid4()
    given = {
        "broker": organization_of(by),
        "client": client,
        "subject": "Valve",
        "value_won": 10**6,
        "by": by,
        "at": NOW,
    }
    guideline()
    first = quote_fee(**given, key=key)
    take_back_quote(quote=first.quote, by=by, at=NOW)
    assert quote_fee(**given, key=key).quote.pk == first.quote.pk
    with pytest.raises(KeyReused):
        quote_fee(**given | {"value_won": 5}, key=key)
    assert Quote.objects.count() == 1


def test_accepted_once_and_the_broker_is_told():
    found = quoted()
    manager = acceptor(found.client)
    done = accept_quote(quote=found, by=manager, at=NOW)
    assert (done.state, done.accepted_by, done.accepted_at) == (QuoteState.ACCEPTED, manager, NOW)
    assert told("fee_accepted") == {found.quoted_by}
    before = traces()
    for act in (accept_quote, decline_quote):
        with pytest.raises(NotPossibleNow):
            act(quote=found, by=manager, at=NOW)
    with pytest.raises(NotPossibleNow):
        take_back_quote(quote=found, by=found.quoted_by, at=NOW)
    assert traces() == before


def test_it_can_be_accepted_on_its_last_day_and_not_after_it():
    found, other = quoted(), quoted(subject="Other")
    late = datetime.datetime.combine(TODAY + 31 * DAY, datetime.time(0, 1), NOW.tzinfo)
    before = traces()
    with pytest.raises(NotPossibleNow):
        accept_quote(quote=other, by=acceptor(other.client), at=late)
    assert traces() == before
    assert accept_quote(quote=found, by=acceptor(found.client), at=late - datetime.timedelta(minutes=2)).accepted_at


def test_nothing_is_accepted_by_a_version_that_was_withdrawn():
    found = quoted()
    withdraw_schedule(schedule=found.schedule, reason="x", by=officer(), at=NOW)
    before = traces()
    with pytest.raises(NotPossibleNow, match="withdrawn"):
        accept_quote(quote=found, by=acceptor(found.client), at=NOW)
    assert traces() == before


def test_who_belongs_to_both_sides_does_not_accept():
    fellow = OrganizationFactory(broker=True)
    by = broker_user()
    found = quoted(by=by, shares={organization_of(by): 5_000, fellow: 5_000})
    for side in (found.broker, fellow):
        both = acceptor(found.client)
        MembershipFactory(organization=side, user=both)
        with pytest.raises(NotAllowed):
            accept_quote(quote=found, by=both, at=NOW)
    found.refresh_from_db()
    assert found.state == QuoteState.OFFERED


def test_declined_and_taken_back_tell_the_other_side():
    declined, taken_back = quoted(), quoted(subject="Other")
    manager = acceptor(declined.client)
    other = acceptor(taken_back.client)
    assert decline_quote(quote=declined, by=manager, at=NOW).closed_by == manager
    assert take_back_quote(quote=taken_back, by=taken_back.quoted_by, at=NOW).closed_by == taken_back.quoted_by
    assert told("fee_declined") == {declined.quoted_by}
    assert told("fee_taken_back") == {other}


# --- outside the band -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fee_won", "state"), [(639_999, "outside"), (640_000, "offered"), (960_000, "offered"), (960_001, "outside")]
)
def test_the_edge_of_the_band(fee_won, state):
    assert quoted(fee_won=fee_won).state == state


def test_outside_the_band_the_client_hears_of_it_only_when_an_officer_allowed_it():
    decider = officer()
    found = outside()
    manager = acceptor(found.client)
    with pytest.raises(NotPossibleNow):
        accept_quote(quote=found, by=manager, at=NOW)
    assert told("fee_offered") == set()

    request = asked(found)
    assert told("fee_outside_band") >= {decider}
    with pytest.raises(NotPossibleNow):
        accept_quote(quote=found, by=manager, at=NOW)
    decide_outside_band(request=request, grant=True, text="It is twice the work", by=decider, at=NOW)

    found.refresh_from_db()
    assert found.state == QuoteState.OFFERED
    assert told("fee_band_granted") == {found.quoted_by}
    assert told("fee_offered") == {manager}
    assert accept_quote(quote=found, by=manager, at=NOW).state == QuoteState.ACCEPTED


def test_a_refusal_ends_the_quote():
    request = asked()
    decide_outside_band(request=request, grant=False, text="No reason", by=officer(), at=NOW)
    quote = Quote.objects.get()
    assert (quote.state, quote.band_request.state) == (QuoteState.REFUSED, BandState.REFUSED)
    assert told("fee_band_refused") == {quote.quoted_by}
    with pytest.raises(NotPossibleNow):
        take_back_quote(quote=quote, by=quote.quoted_by, at=NOW)


def test_what_is_asked_about_is_outside_open_and_asked_once():
    inside, beyond = quoted(), outside(subject="Other")
    with pytest.raises(NotPossibleNow):
        ask_outside_band(quote=inside, reason="x", by=inside.quoted_by, at=NOW)
    for reason in ("", " ", "x" * 4_001):
        with pytest.raises(DomainError) as refused:
            ask_outside_band(quote=beyond, reason=reason, by=beyond.quoted_by, at=NOW)
        assert refused.value.field == "reason"
    with pytest.raises(NotAllowed):
        ask_outside_band(quote=beyond, reason="x", by=broker_user(), at=NOW)
    with pytest.raises(NotPossibleNow):
        ask_outside_band(quote=beyond, reason="x", by=beyond.quoted_by, at=NOW + 40 * DAY)
    assert BandRequest.objects.count() == 0
    asked(beyond)
    with pytest.raises(NotPossibleNow):
        ask_outside_band(quote=beyond, reason="y", by=beyond.quoted_by, at=NOW)


def test_who_decides_is_an_officer_of_neither_side_and_gives_a_reason():
    request = asked()
    quote = request.quote
    of_broker, of_client = officer(), officer()
    MembershipFactory(organization=quote.broker, user=of_broker)
    MembershipFactory(organization=quote.client, user=of_client)
    before = traces()
    for person in (request.asked_by, acceptor(quote.client), of_broker, of_client):
        with pytest.raises(NotAllowed):
            decide_outside_band(request=request, grant=True, text="x", by=person, at=NOW)
    for text in ("", "x" * 4_001):
        with pytest.raises(DomainError) as refused:
            decide_outside_band(request=request, grant=False, text=text, by=officer(), at=NOW)
        assert refused.value.field == "text"
    with pytest.raises(NotPossibleNow):  # nobody could accept it any more
        decide_outside_band(request=request, grant=True, text="x", by=officer(), at=NOW + 31 * DAY)
    assert traces() == before


def test_taking_back_takes_back_what_was_asked():
    request = asked()
    take_back_quote(quote=request.quote, by=request.asked_by, at=NOW)
    before = traces()
    with pytest.raises(NotPossibleNow, match="before you"):
        decide_outside_band(request=request, grant=True, text="x", by=officer(), at=NOW)
    assert traces() == before
    request.refresh_from_db()
    assert request.state == BandState.TAKEN_BACK
