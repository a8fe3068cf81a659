"""At the same moment. Each race is run with the locks, and without them to show what they are for."""

import datetime
from uuid import uuid4

import pytest

from deals.models import Entry, Negotiation, Offer
from deals.services.negotiation import asking
from deals.services.negotiation.close import close, reopen
from deals.services.negotiation.open import open_from_request
from deals.services.negotiation.say import say
from deals.services.offers import make, told
from deals.services.offers.accept import accept
from deals.services.offers.answer import decline, withdraw
from deals.services.offers.make import make_offer
from marketplace.core.errors import Conflict
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.mandates import manager_of
from tests.factories.deals.negotiation import LUMP, agreed, content, offered, opened, staff_of
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once, kinds, meet_in

pytestmark = pytest.mark.django_db(transaction=True)
ONE_OF_TWO = {True: ["done", "told"], False: ["database", "done"]}


def test_accepted_and_withdrawn_at_once(locked, meeting):
    offer = offered()
    by, option = manager_of(offer.negotiation.firm), offer.options.all()[0]
    outcomes = at_once(
        lambda: accept(offer=offer, option=option, by=by, at=NOW),
        lambda: withdraw(offer=offer, by=offer.offered_by, at=NOW),
    )
    assert kinds(outcomes) == ONE_OF_TWO[locked]
    offer.refresh_from_db()
    agrees = Negotiation.objects.get().state == "agreed"
    assert (offer.state == "accepted") == agrees


def test_two_managers_accept_two_ways_to_pay_at_once(locked, meeting):
    offer = offered()
    firm = offer.negotiation.firm
    people = [MembershipFactory(organization=firm, manager=True).user for _ in range(2)]
    outcomes = at_once(
        *(
            lambda by=by, option=option: accept(offer=offer, option=option, by=by, at=NOW)
            for by, option in zip(people, offer.options.all(), strict=True)
        )
    )
    assert kinds(outcomes) == ONE_OF_TWO[locked]
    assert Offer.objects.filter(state="accepted").count() == 1
    assert Entry.objects.filter(kind="accepted").count() == 1


def test_a_double_click_accepts_once():
    offer = offered()
    by, option = manager_of(offer.negotiation.firm), offer.options.all()[0]
    outcomes = at_once(*(lambda: accept(offer=offer, option=option, by=by, at=NOW) for _ in range(3)))
    assert kinds(outcomes) == ["done", "done", "done"]
    assert Entry.objects.filter(kind="accepted").count() == 1


def test_accepted_and_answered_with_a_counter_offer_at_once(locked, meeting):
    offer = offered()
    found = offer.negotiation
    manager, staff = manager_of(found.firm), staff_of(found.firm)
    outcomes = at_once(
        lambda: accept(offer=offer, option=offer.options.all()[0], by=manager, at=NOW),
        lambda: make_offer(negotiation=found, content=content(LUMP), counter_to=offer, by=staff, at=NOW),
    )
    assert kinds(outcomes) == ONE_OF_TWO[locked]
    waits = Offer.objects.filter(state="offered").exists()
    assert waits == (Negotiation.objects.get().state == "open")


def test_declined_and_withdrawn_at_once(locked, meeting):
    offer = offered()
    by = staff_of(offer.negotiation.firm)
    outcomes = at_once(
        lambda: decline(offer=offer, text="x", by=by, at=NOW),
        lambda: withdraw(offer=offer, by=offer.offered_by, at=NOW),
    )
    assert kinds(outcomes) == ONE_OF_TWO[locked]


def test_closed_and_accepted_at_once(locked, meeting):
    offer = offered()
    by, holder = manager_of(offer.negotiation.firm), staff_of(offer.negotiation.holder)
    outcomes = at_once(
        lambda: accept(offer=offer, option=offer.options.all()[0], by=by, at=NOW),
        lambda: close(negotiation=offer.negotiation, outcome="price", by=holder, at=NOW),
    )
    names = kinds([each for each in outcomes if not isinstance(each, asking.NotAllowed)])
    assert "done" in names
    assert ("database" in names) == (not locked)
    found = Negotiation.objects.get()
    assert not Offer.objects.filter(state="offered").exists()
    assert Offer.objects.filter(state="accepted").exists() == (found.state == "agreed")


def test_taken_up_again_and_closed_at_once(locked, meeting):
    offer = agreed()
    found = offer.negotiation
    one, two = manager_of(found.firm), manager_of(found.holder)
    outcomes = at_once(
        lambda: reopen(negotiation=found, text="x", by=one, at=NOW),
        lambda: close(negotiation=found, outcome="price", seen_revision=3, by=two, at=NOW),
    )
    # An open negotiation may be closed: without locks the order decides whether the database stops one at all.
    assert kinds(outcomes) in ([["done", "told"]] if locked else [["database", "done"], ["done", "done"]])


def test_two_offers_of_a_side_at_once(locked, monkeypatch):
    found = opened()
    people = [MembershipFactory(organization=found.holder).user for _ in range(2)]
    meet_in(monkeypatch, make, "_answer_waiting", locked=locked)
    outcomes = at_once(
        *(lambda by=by: make_offer(negotiation=found, content=content(), by=by, at=NOW) for by in people)
    )
    assert kinds(outcomes) == ONE_OF_TWO[locked]
    assert Offer.objects.count() == 1


def test_the_same_offer_sent_three_times_is_one():
    found, key = opened(), uuid4()
    by = staff_of(found.holder)
    outcomes = at_once(
        *(lambda: make_offer(negotiation=found, content=content(), by=by, at=NOW, key=key) for _ in range(3))
    )
    assert sorted(outcome.is_new for outcome in outcomes) == [False, False, True]
    assert Offer.objects.count() == 1


def test_no_words_are_lost_when_many_speak_at_once(locked, monkeypatch):
    found = opened()
    people = [staff_of(found.holder), staff_of(found.firm)]
    import deals.services.negotiation.say as saying

    meet_in(monkeypatch, saying, "add_entry", locked=locked)
    outcomes = at_once(
        *(
            lambda by=by, text=text: say(negotiation=found, kind="message", text=text, by=by, at=NOW)
            for by, text in zip(people, ("One", "Two"), strict=True)
        )
    )
    # Without the lock both would take the same place in the thread, which the database stops.
    assert kinds(outcomes) == (["done", "done"] if locked else ["database", "done"])
    if locked:
        assert list(found.entries.values_list("serial", flat=True).order_by("serial")) == [1, 2, 3]


def test_a_double_click_says_it_once():
    found, key = opened(), uuid4()
    by = staff_of(found.firm)
    outcomes = at_once(
        *(lambda: say(negotiation=found, kind="message", text="Once", by=by, at=NOW, key=key) for _ in range(3))
    )
    assert sorted(outcome.is_new for outcome in outcomes) == [False, False, True]
    assert found.entries.filter(kind="message").count() == 1


def test_both_sides_begin_at_once():
    request = TransferRequestFactory(talk=True)
    people = [staff_of(request.holder), staff_of(request.requester)]
    outcomes = at_once(*(lambda by=by: open_from_request(request=request, by=by, at=NOW) for by in people))
    assert sorted(outcome.is_new for outcome in outcomes) == [False, True]
    assert Negotiation.objects.count() == 1
    assert Listing.objects.get().state == "under_negotiation"


def test_two_firms_begin_about_one_technology_at_once():
    listing = ListingFactory()
    requests = [TransferRequestFactory(talk=True, listing=listing) for _ in range(2)]
    people = [staff_of(each.requester) for each in requests]
    outcomes = at_once(
        *(
            lambda request=request, by=by: open_from_request(request=request, by=by, at=NOW)
            for request, by in zip(requests, people, strict=True)
        )
    )
    assert kinds(outcomes) == ["done", "done"]
    listing.refresh_from_db()
    assert listing.state == "under_negotiation"


def test_the_last_two_close_at_once_and_the_technology_is_on_offer_again():
    listing = ListingFactory()
    both = [opened(request=TransferRequestFactory(talk=True, listing=listing)) for _ in range(2)]
    people = [staff_of(each.firm) for each in both]
    outcomes = at_once(
        *(
            lambda each=each, by=by: close(negotiation=each, outcome="price", by=by, at=NOW)
            for each, by in zip(both, people, strict=True)
        )
    )
    assert kinds(outcomes) == ["done", "done"]
    listing.refresh_from_db()
    assert listing.state == "published"


def test_one_closes_while_another_begins():
    listing = ListingFactory()
    old = opened(request=TransferRequestFactory(talk=True, listing=listing))
    request = TransferRequestFactory(talk=True, listing=listing)
    by, closing = staff_of(request.requester), staff_of(old.firm)
    outcomes = at_once(
        lambda: close(negotiation=old, outcome="price", by=closing, at=NOW),
        lambda: open_from_request(request=request, by=by, at=NOW),
    )
    assert kinds(outcomes) == ["done", "done"]
    listing.refresh_from_db()
    assert listing.state == "under_negotiation"


def test_who_comes_second_is_told_what_happened():
    offer = offered()
    withdraw(offer=offer, by=offer.offered_by, at=NOW)
    with pytest.raises(Conflict, match="Withdrawn"):
        told.require_waiting(Offer.objects.get(), NOW + datetime.timedelta(days=1))
