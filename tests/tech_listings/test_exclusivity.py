"""When an exclusive licence is possible, what keeps it from opening, and what is recorded to go on before that."""

import datetime
import threading
import uuid
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, InternalError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from marketplace.core.errors import ChangedMeanwhile, DomainError
from tech_listings.clocks import exclusivity_rule
from tech_listings.enums import EXCLUSIVE_OUTCOMES, Ground, ListingState, Outcome, SuspendedFor
from tech_listings.models import ExclusiveGround, ExclusivityTerm, Listing, NonExclusiveInterest
from tech_listings.queries import exclusivity_of
from tech_listings.services import market
from tech_listings.services.exclusivity import (
    GroundNeeded,
    NotRegistered,
    PeriodOver,
    note_interest,
    record_ground,
    record_term,
)
from tech_listings.services.market import StillSuspended, close, contract, start_negotiation, suspend
from tech_listings.services.publish import NotOnOffer, withdraw
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory, an_officer
from tests.threads import at_once

KST = ZoneInfo("Asia/Seoul")
LAST = datetime.date(2027, 3, 2)
"""The last day of the year from the registration of the factory, 2 March 2026."""


def at(day, hour=10):
    return datetime.datetime.combine(day, datetime.time(hour), KST)


OPEN = at(LAST + datetime.timedelta(days=1))
EARLY = at(datetime.date(2026, 6, 1))


@pytest.fixture
def staff():
    return MembershipFactory(institute=True)


@pytest.fixture
def listing(staff):
    return ListingFactory(holder=staff.organization)


def asked(listing, moment):
    note_interest(listing=listing, request_id=uuid.uuid4(), at=moment)


def closing(listing, staff, **changes):
    given = {"outcome": Outcome.EXCLUSIVE, "text": "To a firm", "by": staff.user, "at": EARLY}
    return close(listing=listing, **(given | changes))


def row(listing):
    return Listing.objects.values().get(pk=listing.pk)


# --- the period -------------------------------------------------------------------------------------------------------


def test_it_opens_the_day_after_the_year_of_registration(listing):
    claim = exclusivity_of(listing)
    assert (claim.months, claim.ends_on, claim.opens_on) == (12, LAST, LAST + datetime.timedelta(days=1))
    assert not claim.is_open_on(LAST)
    assert claim.is_open_on(LAST + datetime.timedelta(days=1))


@pytest.mark.parametrize(
    ("registered", "assumed"),
    [(datetime.date(2019, 7, 29), True), (datetime.date(2019, 7, 30), False), (datetime.date(2026, 3, 2), False)],
)
def test_the_version_of_the_rule_is_that_of_the_day_of_registration(registered, assumed):
    rule = exclusivity_rule(registered)
    assert (rule.is_assumption, rule.months, rule.shortest, rule.longest) == (assumed, 12, 6, 12)


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        (at(datetime.date(2026, 3, 2)), True),
        (at(LAST, 23), True),
        (at(LAST + datetime.timedelta(days=1), 0), False),
    ],
)
def test_who_asks_within_the_period_keeps_it_from_opening(listing, moment, counts):
    asked(listing, moment)
    claim = exclusivity_of(listing)
    assert (claim.asked_on is not None) == counts
    assert claim.is_open_on(LAST + datetime.timedelta(days=400)) == (not counts)


def test_one_request_counts_once_and_stays(listing):
    key = uuid.uuid4()
    for _ in range(2):
        note_interest(listing=listing, request_id=key, at=EARLY)
    assert listing.interests.count() == 1
    with pytest.raises(InternalError), transaction.atomic():
        NonExclusiveInterest.objects.all().delete()


def test_a_ground_and_a_term_sent_again_with_their_key_are_kept_once(listing, staff):
    keys = [str(uuid.uuid4()), str(uuid.uuid4())]
    api, other = api_of(staff.user), ListingFactory(holder=staff.organization)
    bodies = {
        "ground": {"ground": "other_law", "text": "Agreement art. 7"},
        "term": {"months": 6, "decided_on": "2026-06-01", "decided_by": "Director", "document": "2026-17"},
    }
    said = {"ground": {"text": "Agreement art. 8"}, "term": {"document": "2026-18"}}
    with time_machine.travel(EARLY, tick=False):
        for (name, body), key in zip(bodies.items(), keys, strict=True):
            head = {"HTTP_IDEMPOTENCY_KEY": key}
            url, elsewhere = (reverse(f"tech_listings-api:{name}", args=[each.reference]) for each in (listing, other))
            first, again = (api.post(url, body, format="json", **head) for _ in range(2))
            assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json()), first.json()
            for where, words in ((url, body | said[name]), (elsewhere, body)):
                refused = api.post(where, words, format="json", **head)
                assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    kept = (ExclusiveGround.objects.count(), ExclusivityTerm.objects.count())
    assert (kept, listing.grounds.count(), listing.terms.count()) == ((1, 1), 1, 1)


# --- the decision of the head -----------------------------------------------------------------------------------------


def term(listing, staff, **changes):
    given = {
        "months": 6, "decided_on": EARLY.date(), "decided_by": "Director", "document": "2026-17", "by": staff.user,
        "at": EARLY,
    }  # fmt: skip
    return record_term(listing=listing, **(given | changes))


def test_the_head_may_shorten_the_period_to_six_months(listing, staff):
    term(listing, staff)
    claim = exclusivity_of(listing)
    assert (claim.months, claim.ends_on) == (6, datetime.date(2026, 9, 2))
    kept = ExclusivityTerm.objects.get()
    assert (kept.decided_by, kept.document, kept.recorded_by) == ("Director", "2026-17", staff.user)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"months": 5}, "months"),
        ({"months": 13}, "months"),
        ({"decided_by": " "}, "decided_by"),
        ({"document": ""}, "document"),
        ({"decided_on": datetime.date(2026, 6, 2)}, "decided_on"),
    ],
)
def test_a_decision_that_does_not_hold_is_refused(listing, staff, changes, field):
    with pytest.raises(DomainError) as refused:
        term(listing, staff, **changes)
    assert refused.value.field == field
    assert not ExclusivityTerm.objects.exists()


@pytest.mark.parametrize("months", [5, 13])
def test_the_database_keeps_six_to_twelve(listing, staff, months):
    with pytest.raises(IntegrityError, match="exclusivity_term_6_to_12"), transaction.atomic():
        ExclusivityTerm.objects.create(
            listing=listing, months=months, decided_on=EARLY, decided_by="x", document="x", recorded_by=staff.user,
            recorded_at=EARLY,
        )  # fmt: skip


def test_who_has_asked_is_not_decided_away(listing, staff):
    asked(listing, at(datetime.date(2026, 12, 1)))
    with pytest.raises(PeriodOver):
        term(listing, staff, at=at(datetime.date(2026, 12, 2)))
    assert not ExclusivityTerm.objects.exists()


def test_a_period_that_is_over_is_not_changed(listing, staff):
    with pytest.raises(PeriodOver):
        term(listing, staff, months=12, at=OPEN)


@pytest.mark.parametrize("fields", [{"draft": True}, {"closed": True}])
def test_nothing_is_recorded_where_no_period_runs(staff, fields):
    listing = ListingFactory(holder=staff.organization, **fields)
    with pytest.raises(NotRegistered):
        term(listing, staff)
    with pytest.raises(NotRegistered):
        record_ground(listing=listing, ground=Ground.BY_NATURE, text="x", by=staff.user, at=EARLY)
    assert not ExclusiveGround.objects.exists()


# --- the ground -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", EXCLUSIVE_OUTCOMES)
def test_before_the_period_has_passed_it_is_not_closed_as_exclusive(listing, staff, outcome):
    before = row(listing)
    with pytest.raises(GroundNeeded, match="possible from"):
        closing(listing, staff, outcome=outcome)
    assert row(listing) == before
    assert not ExclusiveGround.objects.exists()


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - set(EXCLUSIVE_OUTCOMES)))
def test_every_other_outcome_needs_no_ground(listing, staff, outcome):
    assert closing(listing, staff, outcome=outcome).state == ListingState.CLOSED


def test_with_a_recorded_ground_it_is(listing, staff):
    record_ground(listing=listing, ground=Ground.OTHER_LAW, text="Agreement art. 7", by=staff.user, at=EARLY)
    assert closing(listing, staff).outcome == Outcome.EXCLUSIVE


def test_that_nobody_asked_is_recorded_as_the_ground(listing, staff):
    closing(listing, staff, at=OPEN)
    ground = ExclusiveGround.objects.get()
    assert (ground.ground, ground.recorded_by) == (Ground.NOBODY_ASKED, staff.user)
    assert "art. 26(4)" in ground.text


def test_the_day_of_the_deal_counts_and_not_the_day_on_which_it_is_said(listing, staff):
    """A contract within the year is not healed by telling of it later."""
    with pytest.raises(GroundNeeded):
        closing(listing, staff, on=LAST, at=OPEN)


def test_somebody_asked_so_that_the_year_opens_nothing(listing, staff):
    asked(listing, EARLY)
    with pytest.raises(GroundNeeded, match="Somebody asked"):
        closing(listing, staff, at=OPEN)


def test_a_contract_is_asked_for_its_ground_too(listing, staff):
    negotiated = start_negotiation(listing=listing, by=staff.user, at=EARLY)
    before = row(listing)
    with pytest.raises(GroundNeeded):
        contract(listing=negotiated, exclusive=True, by=staff.user, at=EARLY)
    assert row(listing) == before
    assert contract(listing=negotiated, by=staff.user, at=EARLY).state == ListingState.CONTRACTED


@pytest.mark.parametrize(("ground", "text"), [(Ground.NOBODY_ASKED, "x"), ("nonsense", "x"), (Ground.BY_NATURE, " ")])
def test_that_nobody_asked_is_never_said_by_hand_and_a_ground_is_explained(listing, staff, ground, text):
    with pytest.raises(DomainError):
        record_ground(listing=listing, ground=ground, text=text, by=staff.user, at=EARLY)
    assert not ExclusiveGround.objects.exists()


def test_the_database_closes_nothing_as_exclusive_without_a_ground(listing, staff):
    closed = {"state": ListingState.CLOSED, "closed_at": EARLY, "outcome_on": EARLY.date()}
    with pytest.raises(InternalError, match="needs a ground"), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(outcome=Outcome.ASSIGNED, **closed)
    closing(listing, staff, outcome=Outcome.NOT_TRADED)
    with pytest.raises(InternalError, match="needs a ground"), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(outcome=Outcome.ASSIGNED)
    record = ExclusiveGround(
        listing=listing, ground=Ground.BY_NATURE, text="x", recorded_by=staff.user, recorded_at=EARLY
    )
    record.save()
    for change in (lambda: record.delete(), lambda: ExclusiveGround.objects.update(text="y")):
        with pytest.raises(InternalError), transaction.atomic():
            change()


def close_and_ask_at_once(monkeypatch, listing, staff):
    """The holder closes as exclusive on a claim that was read before somebody asked."""
    read, noted = threading.Event(), threading.Event()
    original = market.require_ground

    def slow(locked, **given):
        ground = original(locked, **given)
        read.set()
        noted.wait(1)
        return ground

    monkeypatch.setattr(market, "require_ground", slow)

    def ask():
        read.wait(5)
        with transaction.atomic():
            locked = Listing.objects.select_for_update(of=["self"], no_key=True).get(pk=listing.pk)
            if locked.is_public:
                note_interest(listing=locked, request_id=uuid.uuid4(), at=at(LAST))
        noted.set()

    return at_once(lambda: closing(listing, staff, at=OPEN), ask)


@pytest.mark.django_db(transaction=True)
def test_who_asks_while_it_is_closed_comes_too_late_or_counts(monkeypatch):
    staff = MembershipFactory(institute=True)
    listing = ListingFactory(holder=staff.organization)
    close_and_ask_at_once(monkeypatch, listing, staff)
    assert Listing.objects.get(pk=listing.pk).state == ListingState.CLOSED
    assert not listing.interests.exists()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_be_true(monkeypatch):
    """The proof that the test above watches the lock."""
    staff = MembershipFactory(institute=True)
    listing = ListingFactory(holder=staff.organization)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    close_and_ask_at_once(monkeypatch, listing, staff)
    assert Listing.objects.get(pk=listing.pk).outcome == Outcome.EXCLUSIVE
    assert listing.interests.exists()


# --- closing ----------------------------------------------------------------------------------------------------------


def test_closing_says_how_and_on_which_day(listing, staff):
    closed = closing(listing, staff, outcome=Outcome.NON_EXCLUSIVE, on=datetime.date(2026, 5, 20))
    assert (closed.outcome, closed.outcome_on, closed.closed_at) == ("non_exclusive", datetime.date(2026, 5, 20), EARLY)
    assert not closed.document.is_public


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": ""}, "outcome"),
        ({"text": " "}, "text"),
        ({"on": datetime.date(2026, 6, 2)}, "on"),
        ({"on": datetime.date(2026, 3, 1)}, "on"),
    ],
)
def test_what_is_not_said_is_asked_for(listing, staff, changes, field):
    before = row(listing)
    with pytest.raises(DomainError) as refused:
        closing(listing, staff, **({"outcome": Outcome.NOT_TRADED} | changes))
    assert refused.value.field == field
    assert row(listing) == before


def test_two_tabs_close_it_once(listing, staff):
    closing(listing, staff, outcome=Outcome.NOT_TRADED, seen_revision=1)
    before = row(listing)
    with pytest.raises(ChangedMeanwhile):
        closing(listing, staff, outcome=Outcome.NON_EXCLUSIVE, seen_revision=1)
    assert row(listing) == before


def test_what_an_officer_suspended_is_not_closed(listing, staff):
    suspend(listing=listing, why=SuspendedFor.DISPUTE, text="x", seen_revision=1, by=an_officer(), at=EARLY)
    before = row(listing)
    with pytest.raises(StillSuspended):
        closing(listing, staff, outcome=Outcome.NOT_TRADED)
    assert row(listing) == before


@pytest.mark.parametrize("why", [SuspendedFor.NOT_CONFIRMED, SuspendedFor.LAPSED])
def test_what_the_clock_suspended_may_be_closed(staff, why):
    listing = ListingFactory(
        holder=staff.organization, state=ListingState.SUSPENDED, suspended_at=EARLY, suspended_for=why
    )
    assert closing(listing, staff, outcome=Outcome.NON_EXCLUSIVE).state == ListingState.CLOSED


def test_closed_is_not_withdrawn_by_its_holder(listing, staff):
    closing(listing, staff, outcome=Outcome.NOT_TRADED)
    before = row(listing)
    with pytest.raises(NotOnOffer):
        withdraw(listing=listing, reason="x", by=staff.user, at=EARLY)
    assert row(listing) == before
    hidden = withdraw(listing=listing, reason="x", by=None, at=EARLY, hides_closed=True)
    assert (hidden.state, hidden.outcome, hidden.outcome_on) == (ListingState.WITHDRAWN, "", None)
