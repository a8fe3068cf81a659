"""The tables of states, in Python and in the database, and what the database keeps whoever writes."""

import itertools

import pytest
from django.db import DatabaseError, IntegrityError, InternalError, transaction

from deals.enums.negotiation import NEGOTIATION_STATES, OFFER_STATES, NegotiationState, OfferState
from deals.models import Entry, Negotiation, NegotiationBroker, Offer, Option
from deals.services.negotiation.close import close, reopen
from deals.services.offers.answer import decline, withdraw
from deals.services.offers.lapse import lapse
from marketplace.core.states import IllegalTransition
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.mandates import in_force, manager_of
from tests.factories.deals.negotiation import DAY, LUMP, agreed, asked, brokered, offered, opened, staff_of

pytestmark = pytest.mark.django_db


def negotiation_in(state):
    if state == NegotiationState.OPEN:
        return opened()
    found = agreed().negotiation if state in {NegotiationState.AGREED, NegotiationState.CONTRACTED} else opened()
    if state == NegotiationState.CLOSED:
        return close(negotiation=found, outcome="price", by=manager_of(found.firm), at=NOW)
    found = Negotiation.objects.get(pk=found.pk)
    if state == NegotiationState.CONTRACTED:
        NEGOTIATION_STATES.move(found, state)
    return found


CLOSED = {"outcome": "price", "closed_at": NOW, "turn": "", "answer_due_on": None}
OPEN = {"outcome": "", "closed_at": None, "closed_text": "", "closed_side": "", "closed_by": None}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(NegotiationState, 2)))
def test_python_and_the_database_agree_on_every_move_of_a_negotiation(before, after):
    found = negotiation_in(before)
    changes = CLOSED if after == NegotiationState.CLOSED else OPEN | {"turn": "", "answer_due_on": None}
    if NEGOTIATION_STATES.can(found, after):
        for offer in found.offers.filter(state="accepted"):
            if after != NegotiationState.CONTRACTED:
                OFFER_STATES.move(offer, OfferState.SET_ASIDE)
        NEGOTIATION_STATES.move(found, after, **changes)
        found.refresh_from_db()
        assert found.state == after
        return
    with pytest.raises(IllegalTransition):
        NEGOTIATION_STATES.move(found, after, **changes)
    with pytest.raises(InternalError), transaction.atomic():
        Negotiation.objects.filter(pk=found.pk).update(state=after, **changes)


def offer_in(state):
    if state in {OfferState.ACCEPTED, OfferState.SET_ASIDE}:
        offer = agreed()
        if state == OfferState.SET_ASIDE:
            reopen(negotiation=offer.negotiation, text="x", by=manager_of(offer.negotiation.firm), at=NOW)
        return Offer.objects.get(pk=offer.pk)
    offer = offered()
    found = offer.negotiation
    if state == OfferState.COUNTERED:
        offered(found, LUMP, side="firm", counter_to=offer)
    elif state == OfferState.DECLINED:
        decline(offer=offer, text="x", by=staff_of(found.firm), at=NOW)
    elif state == OfferState.WITHDRAWN:
        withdraw(offer=offer, by=offer.offered_by, at=NOW)
    elif state == OfferState.LAPSED:
        lapse(negotiation_id=found.pk, at=NOW + 31 * DAY)
    return Offer.objects.get(pk=offer.pk)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(OfferState, 2)))
def test_python_and_the_database_agree_on_every_move_of_an_offer(before, after):
    offer = offer_in(before)
    by = offer.offered_by
    changes = {"answered_at": NOW, "answered_by": by}
    if after == OfferState.OFFERED:
        changes = {"answered_at": None, "answered_by": None, "accepted_option": None}
    elif after in {OfferState.ACCEPTED, OfferState.SET_ASIDE}:
        changes["accepted_option"] = offer.options.first()
    if before == OfferState.ACCEPTED:
        changes = {}
    if OFFER_STATES.can(offer, after):
        OFFER_STATES.move(offer, after, **changes)
        offer.refresh_from_db()
        assert offer.state == after
        return
    with pytest.raises(IllegalTransition):
        OFFER_STATES.move(offer, after, **changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(state=after, **changes)


def refused(act):
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        act()


def test_an_answer_is_given_once_to_what_is_offered_there():
    offer, other = agreed(), offered()
    rows = Offer.objects.filter(pk=offer.pk)
    refused(lambda: rows.update(accepted_option=offer.options.all()[1]))
    refused(lambda: rows.update(answered_by=offer.offered_by))
    refused(lambda: rows.update(answer_text="Rather not"))
    waiting = Offer.objects.filter(pk=other.pk)
    answer = {"state": "accepted", "answered_at": NOW, "answered_by": offer.offered_by}
    refused(lambda: waiting.update(**answer, accepted_option=offer.options.all()[0]))
    refused(lambda: waiting.update(**answer, accepted_option=None))
    refused(lambda: waiting.update(text="Other words"))
    refused(lambda: waiting.update(valid_until=NOW))
    refused(lambda: Option.objects.filter(offer=other).update(terms={}))
    refused(lambda: Option.objects.filter(offer=other).delete())


def copy_of(offer, **changes):
    row = Offer.objects.get(pk=offer.pk)
    fields = {
        name: getattr(row, name)
        for name in (
            "negotiation",
            "serial",
            "side",
            "organization",
            "deal_kind",
            "offered_at",
            "offered_by",
            "valid_until",
        )
    }
    return Offer(**fields | {"serial": row.serial + 1} | changes)


def test_an_offer_is_made_where_it_can_be_and_answers_the_other_side():
    offer, other = offered(), offered()
    refused(lambda: copy_of(offer).save())  # one waits
    refused(lambda: copy_of(offer, state="withdrawn", answered_at=NOW, counter_to=other).save())
    refused(lambda: copy_of(offer, state="withdrawn", answered_at=NOW, counter_to=offer).save())
    over = agreed()
    refused(lambda: copy_of(over).save())


def test_nobody_leaves_an_offer_behind():
    offer, done = offered(), agreed()
    waits = Negotiation.objects.filter(pk=offer.negotiation_id)
    refused(lambda: waits.update(state="closed", **CLOSED))
    refused(lambda: waits.update(state="agreed", turn="", answer_due_on=None))
    rows = Negotiation.objects.filter(pk=done.negotiation_id)
    refused(lambda: rows.update(state="open"))
    refused(lambda: rows.update(state="closed", **CLOSED))


def test_the_thread_is_written_once_and_to_the_point():
    found = opened()
    question = asked(found)
    other = asked(opened())
    rows = Entry.objects.filter(pk=question.pk)
    refused(lambda: rows.update(text="Other words"))
    refused(lambda: rows.delete())
    given = {
        "negotiation": found, "serial": 9, "kind": "answer", "side": "holder", "organization": found.holder,
        "by": staff_of(found.holder), "at": NOW, "text": "x",
    }  # fmt: skip
    refused(lambda: Entry.objects.create(**given))
    refused(lambda: Entry.objects.create(**given, reply_to=other))
    refused(lambda: Entry.objects.create(**given, reply_to=found.entries.get(serial=1)))
    refused(lambda: Entry.objects.create(**given | {"side": "firm"}, reply_to=question))
    refused(lambda: Entry.objects.create(**given | {"serial": 1}, reply_to=question))
    refused(lambda: Entry.objects.create(**given | {"kind": "message", "text": ""}))
    refused(lambda: Entry.objects.create(**given | {"kind": "message", "offer": offered()}))
    close(negotiation=found, outcome="price", by=manager_of(found.firm), at=NOW)
    refused(lambda: Entry.objects.create(**given, reply_to=question))


def test_a_broker_speaks_for_who_gave_it_the_mandate():
    found = opened()
    part = brokered(found, side="firm")
    mandate, other = part.mandate, in_force()
    given = {"negotiation": opened(), "organization": mandate.broker, "side": "firm", "mandate": mandate,
             "joined_at": NOW, "joined_by": part.joined_by}  # fmt: skip
    refused(lambda: NegotiationBroker.objects.create(**given))
    rest = given | {"negotiation": found}
    refused(lambda: NegotiationBroker.objects.create(**rest))  # takes part already
    refused(lambda: NegotiationBroker.objects.create(**rest | {"organization": other.broker}))
    refused(lambda: NegotiationBroker.objects.create(**rest | {"organization": other.broker, "mandate": other}))
    refused(lambda: NegotiationBroker.objects.filter(pk=part.pk).update(side="holder"))
    NegotiationBroker.objects.filter(pk=part.pk).update(left_at=NOW)
    refused(lambda: NegotiationBroker.objects.filter(pk=part.pk).update(left_at=None))


@pytest.mark.parametrize("changes", [
    {"number": "T2026999999"}, {"opened_at": NOW + DAY}, {"state": "moon"}, {"turn": "holder", "answer_due_on": None},
    {"turn": "moon"}, {"outcome": "price"}, {"closed_text": "x"}, {"deal_kind": "moon"},
])  # fmt: skip
def test_what_a_negotiation_is_stays(changes):
    found = opened()
    refused(lambda: Negotiation.objects.filter(pk=found.pk).update(**changes))
