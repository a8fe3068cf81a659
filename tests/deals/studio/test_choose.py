"""What a firm expects and chooses: kept as evidence, computed again to the won, and nobody else's."""

import contextlib
import datetime
import threading
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from accounts.enums import Role
from accounts.services.close import personal_data
from deals.enums.negotiation import OfferState
from deals.models import Choice, Forecast
from deals.queries.studio import chosen, compared, is_intact, recomputed, saved_forecast, ways
from deals.services.offers.accept import accept
from deals.services.offers.answer import decline
from deals.services.studio import choose as choosing
from deals.services.studio.choose import choose
from deals.services.studio.save_forecast import save_forecast
from deals.terms import Case, Terms
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from tests.deals.terms.examples import MILLION, forecast
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.contracts import member, negotiation_row
from tests.factories.deals.studio import OFFERED_AT, SALES, VALID_UNTIL, expected, offered, picked
from tests.threads import at_once

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 3, 13)


@pytest.fixture
def offer():
    return offered()


def digest_shown(offer):
    return compared(ways(offer), saved_forecast(offer), TODAY).digest


def kept():
    return list(Choice.objects.order_by("pk").values()), list(Forecast.objects.order_by("pk").values())


def refused(error, call):
    before = kept()
    with pytest.raises(error):
        call()
    assert kept() == before


def test_a_forecast_is_saved_once_per_negotiation(offer):
    assert saved_forecast(offer) is None
    first = expected(offer)
    assert saved_forecast(offer) == SALES
    other = replace(SALES, discount_bp=500)
    assert expected(offer, sales=other).pk == first.pk
    assert saved_forecast(offer) == other


def test_a_forecast_with_a_fault_or_of_others_is_not_saved(offer):
    expected(offer)
    late = forecast(1_000, first=datetime.date(2026, 3, 12))
    refused(DomainError, lambda: expected(offer, sales=late))
    for person in (member(offer.negotiation.holder), MembershipFactory(company=True).user):
        refused(NotAllowed, lambda person=person: expected(offer, by=person))
    refused(NotAllowed, lambda: expected(offer, by=member(offer.negotiation.firm, role=Role.VIEWER)))


def test_a_choice_keeps_what_was_shown_entered_and_picked(offer):
    expected(offer)
    by = member(offer.negotiation.firm, role=Role.STAFF)
    made = choose(option=offer.options.get(position=2), seen=digest_shown(offer), by=by, at=OFFERED_AT)
    assert (made.chosen_by, made.chosen_at, made.firm) == (by, OFFERED_AT, offer.negotiation.firm)
    assert made.inputs == {"signed_on": "2026-03-13", "forecast": SALES.to_json()}
    assert [each["title"] for each in made.shown] == ["Once", "Fee and royalty", "Swap"]
    running = made.result["outcomes"][1]
    # 10 million at signing; 3 % of 1,000, 2,000 and 3,000 million a year later each.
    assert running["cases"]["base"]["total_won"] == (10 + 30 + 60 + 90) * MILLION
    assert chosen(offer) == made


def test_a_choice_is_computed_again_to_the_won_from_the_stored_row(offer):
    expected(offer)
    stored = Choice.objects.get(pk=picked(offer).pk)
    again = recomputed(stored)
    assert again.to_json() == stored.result
    assert is_intact(stored)
    # What is saved for the next visit changes nothing of it.
    expected(offer, sales=replace(SALES, discount_bp=1))
    assert recomputed(Choice.objects.get(pk=stored.pk)).to_json() == stored.result
    outcome = again.outcomes[2]
    assert outcome.base.total_won == outcome.terms.plain.upfront_won + 120 * MILLION
    assert outcome.plans[Case.NONE].total_won == 50 * MILLION


@pytest.mark.parametrize("part", ["inputs", "shown", "result"])
def test_what_was_tampered_with_is_not_intact(offer, part):
    expected(offer)
    made = picked(offer)
    changed = Choice.objects.get(pk=made.pk)
    if part == "inputs":
        changed.inputs["forecast"]["base"][0] += 1
    elif part == "shown":
        changed.shown[0]["terms"]["upfront_won"] += 1
    else:
        changed.result["outcomes"][0]["worst_won"] += 1
    assert is_intact(made)
    assert not is_intact(changed)
    changed = Choice.objects.get(pk=made.pk)
    changed.option = offer.options.get(position=1)
    assert not is_intact(changed)


def test_a_choice_never_changes(offer):
    made = picked(offer)
    before = kept()
    for attempt in (
        lambda: Choice.objects.filter(pk=made.pk).update(evidence_hash="0" * 64),
        lambda: Choice.objects.filter(pk=made.pk).update(chosen_by=F("chosen_by"), result={}),
        lambda: made.delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert kept() == before


def test_without_a_forecast_the_options_are_kept(offer):
    made = choose(option=offer.options.get(position=1), seen="", by=member(offer.negotiation.firm), at=OFFERED_AT)
    assert (made.inputs, made.result, len(made.shown)) == ({}, {}, 3)
    assert is_intact(made)
    assert recomputed(made) is None


def test_the_same_pick_is_one_row_and_another_pick_another(offer):
    expected(offer)
    by = member(offer.negotiation.firm)
    first = picked(offer, by=by)
    assert picked(offer, by=by, at=OFFERED_AT + datetime.timedelta(minutes=1)) == first
    later = OFFERED_AT + datetime.timedelta(minutes=2)
    second = picked(offer, place=3, by=by, at=later)
    third = picked(offer, place=2, by=by, at=later + datetime.timedelta(minutes=1))
    assert [each.pk for each in (first, second, third)] == sorted({first.pk, second.pk, third.pk})
    assert chosen(offer) == third


def test_what_was_seen_has_to_be_what_is_there(offer):
    by = member(offer.negotiation.firm)
    option = offer.options.get(position=2)
    expected(offer)
    seen = digest_shown(offer)
    expected(offer, sales=replace(SALES, discount_bp=1))
    refused(ChangedMeanwhile, lambda: choose(option=option, seen=seen, by=by, at=OFFERED_AT))
    refused(ChangedMeanwhile, lambda: choose(option=option, seen="", by=by, at=OFFERED_AT))
    assert choose(option=option, seen=digest_shown(offer), by=by, at=OFFERED_AT)
    # By the next day the contract would be signed later: the page has to be looked at again.
    tomorrow = OFFERED_AT + datetime.timedelta(days=1)
    refused(ChangedMeanwhile, lambda: choose(option=option, seen=digest_shown(offer), by=by, at=tomorrow))


def test_who_may_choose(offer):
    for person in (
        member(offer.negotiation.holder),
        member(offer.negotiation.firm, role=Role.VIEWER),
        MembershipFactory(company=True).user,
        MembershipFactory(broker=True).user,
        MembershipFactory(government=True, user__second_factor=True).user,
    ):
        refused(NotAllowed, lambda person=person: picked(offer, by=person))


def test_a_choice_is_made_while_the_offer_waits(offer):
    by = member(offer.negotiation.firm)
    last = OFFERED_AT.replace(month=VALID_UNTIL.month, day=VALID_UNTIL.day)
    assert picked(offer, by=by, at=last)
    refused(NotPossibleNow, lambda: picked(offer, by=by, place=1, at=last + datetime.timedelta(days=1)))
    offer.state, offer.answered_at = OfferState.WITHDRAWN, OFFERED_AT
    offer.save()
    refused(NotPossibleNow, lambda: picked(offer, by=by, place=1))


@pytest.mark.parametrize("answered", ["accepted", "declined"])
def test_no_choice_after_the_answer(offer, answered):
    by = member(offer.negotiation.firm)
    if answered == "accepted":
        accept(offer=offer, option=offer.options.get(position=1), by=by, at=OFFERED_AT)
    else:
        decline(offer=offer, text="Too dear", by=by, at=OFFERED_AT)
    refused(NotPossibleNow, lambda: picked(offer, by=by))


def test_the_database_keeps_choice_and_forecast_to_the_firm(offer):
    made = picked(offer)
    stranger = negotiation_row().firm
    row = {name: value for name, value in Choice.objects.filter(pk=made.pk).values()[0].items() if name != "id"}
    for change in ({"firm_id": stranger.pk}, {"chosen_by_id": member(offer.negotiation.holder).pk}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Choice.objects.create(**{name: row[name] for name in row if name != "public_id"} | change)
    with pytest.raises(DatabaseError, match="firm of the negotiation"), transaction.atomic():
        Forecast.objects.create(
            negotiation=offer.negotiation, firm=stranger, first_sale_on=TODAY, discount_bp=0, sales={},
            saved_by=made.chosen_by, saved_at=OFFERED_AT,
        )  # fmt: skip
    assert Choice.objects.count() == 1
    assert Forecast.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_double_click_keeps_one_choice(locked, monkeypatch):
    """With the lock the second thread meets the first one's row; without it both find none, and both write one."""
    offer = offered()
    expected(offer)
    by = member(offer.negotiation.firm)
    barrier, look = threading.Barrier(2), choosing.chosen

    def look_and_wait(offer):
        found = look(offer)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=0.3 if locked else 15)
        return found

    monkeypatch.setattr(choosing, "chosen", look_and_wait)
    first, second = at_once(*[lambda: picked(offer, by=by)] * 2)
    assert (first == second) is locked
    assert Choice.objects.count() == (1 if locked else 2)


def test_the_terms_of_an_option_are_those_that_are_hashed(offer):
    for option in offer.options.all():
        assert Terms.from_json(option.terms).digest == option.terms_hash


def test_saving_needs_no_offer_but_the_negotiation(offer):
    by = member(offer.negotiation.firm)
    row = save_forecast(negotiation=offer.negotiation, sales=SALES, by=by, at=OFFERED_AT)
    assert row.saved_by == by


def test_who_asks_what_is_kept_of_him_reads_his_choices(offer):
    by = member(offer.negotiation.firm)
    made = picked(offer, by=by)
    found = personal_data(by)["choices"]
    assert [(each["option__title"], each["evidence_hash"]) for each in found] == [
        ("Fee and royalty", made.evidence_hash)
    ]
