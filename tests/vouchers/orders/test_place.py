"""Orders: what a voucher bears, who may order from whom, and when money is bound."""

import uuid

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.enums import MembershipState
from brokers.enums.fees import FeeBasis
from brokers.enums.registration import RegistrationState
from marketplace.core.errors import Conflict, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import (
    BusinessProfileFactory,
    MembershipFactory,
    OrganizationFactory,
    OwnerFactory,
    UserFactory,
)
from tests.factories.brokers.fees import guideline, published
from tests.factories.brokers.register import agency
from tests.factories.policy.figures import merged
from tests.factories.vouchers.money import DAY, MILLION, NOW
from tests.factories.vouchers.orders import (
    asked,
    choice,
    given,
    officer,
    placed,
    provider,
    running,
    staff,
    voucher,
)
from vouchers.enums.money import Verb
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.models import LedgerEntry, Order, ProviderChoice, Quotation
from vouchers.queries.orders import left_of, own_bp_of
from vouchers.services.orders.answer import accept_order, cancel_order, decline_order, withdraw_order
from vouchers.services.orders.asking import SelfDealing
from vouchers.services.orders.choose import ask_quotations, drop_choice, keep_search
from vouchers.services.orders.place import NotEnoughLeft, place_order
from vouchers.services.orders.quote import AboveTheGuideline, decline_quotation, give_quotation, withdraw_quotation


def sums(made):
    made.refresh_from_db()
    return made.open_won, made.bound_won, made.paid_won


def test_money_is_bound_when_the_provider_accepts_not_before():
    made = voucher()
    order = placed(made)
    assert (order.government_won, order.own_won) == (6 * MILLION, 2 * MILLION)
    assert sums(made) == (30 * MILLION, 0, 0)
    assert left_of(made).open_won == 24 * MILLION
    accept_order(order=order, by=staff(order.provider), at=NOW)
    assert sums(made) == (24 * MILLION, 6 * MILLION, 0)
    assert left_of(made).own_won == 8 * MILLION
    order.refresh_from_db()
    assert order.state == OrderState.RUNNING


@pytest.mark.parametrize(
    ("supply_won", "government_won"),
    [(8_000_001, 6_000_000), (8_000_003, 6_000_002), (7, 5), (2, 1)],
)
def test_the_governments_part_is_rounded_down(supply_won, government_won):
    order = placed(voucher(), supply_won=supply_won, vat_won=0)
    assert order.government_won == government_won
    assert order.own_won == supply_won - government_won


@pytest.mark.parametrize("own_bp", [1_000, 2_000, 2_500, 3_000, 5_000])
@pytest.mark.parametrize("face_won", [50_000_000, 33_333_333, 12_345_678])
def test_the_band_is_found_again_from_the_sums(own_bp, face_won):
    own_won = face_won * own_bp // (10_000 - own_bp)
    made = voucher(government_won=face_won, own_won=own_won)
    assert own_bp_of(made) == own_bp


def test_the_menus_cap_holds_the_governments_part_down():
    made = voucher(government_won=30 * MILLION, own_won=30 * MILLION)
    order = placed(made, service="strategy", supply_won=45 * MILLION, days=10)
    assert (order.government_won, order.own_won) == (20 * MILLION, 25 * MILLION)


def test_no_order_takes_more_own_share_than_was_paid_in():
    made = voucher(government_won=9 * MILLION, own_won=3 * MILLION)
    with pytest.raises(NotEnoughLeft, match="own share"):
        placed(made, supply_won=13 * MILLION)
    assert not Order.objects.exists()
    assert not ProviderChoice.objects.exclude(chosen=None).exists()


@pytest.mark.parametrize("amount", [123.6, "100", True, 0, -1])
def test_parts_of_a_won_are_refused(amount):
    quotation = asked()
    with pytest.raises(DomainError):
        give_quotation(
            quotation=quotation, supply_won=amount, vat_won=0, days=3, text="x", by=staff(quotation.provider), at=NOW
        )
    quotation.refresh_from_db()
    assert (quotation.state, quotation.supply_won) == (QuotationState.ASKED, None)


def test_vat_is_at_most_a_tenth():
    with pytest.raises(DomainError) as refused:
        given(supply_won=100, vat_won=12)
    assert refused.value.field == "vat_won"


def test_an_area_is_ordered_once():
    made = voucher()
    placed(made, service="strategy")
    with pytest.raises(NotPossibleNow, match="area"):
        placed(made, service="market")
    order = Order.objects.get()
    decline_order(order=order, reason="No time", by=staff(order.provider), at=NOW)
    assert placed(made, service="market").state == OrderState.PLACED


def test_as_many_services_as_the_call_says():
    made = voucher()
    for service in ("strategy", "prototype", "promotion"):
        placed(made, service=service, supply_won=4 * MILLION)
    guideline()
    with pytest.raises(NotPossibleNow, match="no more is left"):
        placed(made, service="brokerage", deal_won=100 * MILLION)


def test_a_service_that_is_not_on_the_menu():
    with pytest.raises(DomainError) as refused:
        placed(service="spaceship")
    assert refused.value.field == "service"


@pytest.mark.parametrize("at", [NOW - DAY, NOW + 400 * DAY])
def test_no_order_outside_of_the_vouchers_term(at):
    made = voucher()
    with pytest.raises(NotPossibleNow):
        placed(made, at=at)


def test_no_order_whose_work_ends_after_the_voucher():
    made = voucher(valid_until=(NOW + 10 * DAY).date())
    with pytest.raises(NotPossibleNow, match="last day"):
        placed(made, days=11)
    assert placed(made, days=10).deliver_by == (NOW + 10 * DAY).date()


def test_a_provider_that_is_the_firm_or_unknown_or_related_is_refused():
    made = voucher()
    profile = made.holder.business_profile
    unknown = agency(OrganizationFactory(broker=True)).organization
    with pytest.raises(SelfDealing, match="not known"):
        asked(made, of=unknown)
    for name in ("representatives", "address"):
        other = agency(OrganizationFactory(broker=True)).organization
        BusinessProfileFactory(organization=other, **{name: getattr(profile, name)})
        with pytest.raises(SelfDealing, match="linked"):
            asked(made, of=other)
    other = provider()
    OwnerFactory(profile=other.business_profile, name="김공통", share_bp=5000)
    OwnerFactory(profile=profile, name="김공통", share_bp=5000)
    with pytest.raises(SelfDealing, match="owner"):
        asked(made, of=other)
    other = provider()
    other.business_profile.bank_account, other.business_profile.bank_code = profile.bank_account, profile.bank_code
    other.business_profile.save()
    with pytest.raises(SelfDealing, match="account"):
        asked(made, of=other)
    assert not Quotation.objects.exists()


def test_what_becomes_related_after_the_quotation_is_refused_at_order_and_acceptance():
    made = voucher()
    quotation = given(made)
    order = place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=staff(made.holder), at=NOW)
    profile = quotation.provider.business_profile
    profile.address = made.holder.business_profile.address
    profile.save()
    with pytest.raises(SelfDealing):
        accept_order(order=order, by=staff(order.provider), at=NOW)
    assert sums(made) == (30 * MILLION, 0, 0)
    withdraw_order(order=order, reason="Linked", by=staff(made.holder), at=NOW)


def test_the_same_key_is_the_same_order_and_another_body_is_refused():
    made = voucher()
    by, first, other = staff(made.holder), given(made), given(made, service="strategy")
    key = uuid.uuid4()
    order = place_order(quotation=first, why="x", key=key, by=by, at=NOW)
    assert place_order(quotation=first, why="x", key=key, by=by, at=NOW) == order
    with pytest.raises(KeyReused):
        place_order(quotation=other, why="x", key=key, by=by, at=NOW)
    # Whoever got no answer gets it, though the provider was merged since; a new order is not placed with it.
    for quotation in (first, other):
        merged(quotation.provider, OrganizationFactory(kind=quotation.provider.kind))
    assert place_order(quotation=first, why="x", key=key, by=by, at=NOW) == order
    with pytest.raises(NotPossibleNow, match="merged"):
        place_order(quotation=other, why="x", key=uuid.uuid4(), by=by, at=NOW)
    assert Order.objects.count() == 1


def test_who_ordered_does_not_accept_for_the_provider():
    made = voucher()
    of = provider()
    both = staff(made.holder)
    MembershipFactory(organization=of, user=both)
    order = placed(made, of=of, by=both)
    with pytest.raises(NotAllowed, match="yourself"):
        accept_order(order=order, by=both, at=NOW)
    assert sums(made)[1] == 0


def test_strangers_viewers_and_superusers_do_nothing():
    order = placed()
    root = UserFactory(is_superuser=True)
    for by in (root, staff(order.voucher.holder), officer(order.voucher.line.call.office)):
        with pytest.raises(NotAllowed):
            accept_order(order=order, by=by, at=NOW)
    for act in (decline_order, withdraw_order, cancel_order):
        with pytest.raises((NotAllowed, IllegalTransition)):
            act(order=order, reason="x", by=root, at=NOW)
    order.refresh_from_db()
    assert order.state == OrderState.PLACED
    assert not LedgerEntry.objects.filter(verb=Verb.BIND).exists()


def test_cancelling_frees_the_money_once():
    order = running()
    made = order.voucher
    assert sums(made) == (24 * MILLION, 6 * MILLION, 0)
    cancel_order(order=order, reason="Not needed", by=staff(order.provider), at=NOW)
    assert sums(made) == (30 * MILLION, 0, 0)
    with pytest.raises(IllegalTransition):
        cancel_order(order=order, reason="Again", by=staff(order.provider), at=NOW)
    assert LedgerEntry.objects.filter(verb=Verb.UNBIND).count() == 1


@pytest.mark.parametrize("act", [decline_order, cancel_order])
def test_an_end_needs_a_reason(act):
    order = running() if act is cancel_order else placed()
    with pytest.raises(DomainError) as refused:
        act(order=order, reason="  ", by=staff(order.provider), at=NOW)
    assert refused.value.field == "reason"
    before = order.state
    order.refresh_from_db()
    assert order.state == before


# Brokerage against the fee guideline


def test_brokerage_above_the_band_is_refused_with_the_reason():
    guideline()
    quotation = asked(service="brokerage", deal_won=10 * MILLION)  # 5 %, a fifth more at most: 600,000
    by = staff(quotation.provider)
    with pytest.raises(AboveTheGuideline, match="600,000"):
        give_quotation(quotation=quotation, supply_won=600_001, vat_won=60_000, days=5, text="x", by=by, at=NOW)
    quotation.refresh_from_db()
    assert quotation.state == QuotationState.ASKED
    done = give_quotation(quotation=quotation, supply_won=600_000, vat_won=60_000, days=5, text="x", by=by, at=NOW)
    assert done.fee_schedule is not None


def test_brokerage_without_a_guideline_fails_closed():
    quotation = asked(service="brokerage", deal_won=10 * MILLION)
    with pytest.raises(NotPossibleNow, match="guideline"):
        give_quotation(
            quotation=quotation, supply_won=1, vat_won=0, days=5, text="x", by=staff(quotation.provider), at=NOW
        )


def test_a_deal_may_be_worth_more_than_an_order():
    guideline()
    quotation = asked(service="brokerage", deal_won=1_200 * MILLION)
    by = staff(quotation.provider)
    done = give_quotation(quotation=quotation, supply_won=5 * MILLION, vat_won=0, days=5, text="x", by=by, at=NOW)
    assert (done.state, done.deal_won) == (QuotationState.GIVEN, 1_200 * MILLION)
    with pytest.raises(DomainError) as refused:
        asked(service="brokerage", deal_won=10**15)
    assert refused.value.field == "deal_won"


def test_a_guideline_on_royalties_says_nothing_of_a_deal():
    published(basis=FeeBasis.RECEIVED_ROYALTY)
    quotation = asked(service="brokerage", deal_won=1_000 * MILLION)
    by = staff(quotation.provider)
    with pytest.raises(NotPossibleNow, match="royalties"):
        give_quotation(quotation=quotation, supply_won=1, vat_won=0, days=5, text="x", by=by, at=NOW)


def test_an_order_keeps_the_guideline_it_was_checked_by():
    old = guideline()
    quotation = given(service="brokerage", deal_won=10 * MILLION, supply_won=300_000)
    new = published(at=NOW, valid_from=timezone.localdate(NOW) + DAY)
    by = staff(quotation.choice.voucher.holder)
    order = place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=by, at=NOW + DAY)
    assert (quotation.fee_schedule, order.fee_schedule) == (old, new)
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(fee_schedule=old)
    assert placed(service="prototype").fee_schedule is None


def test_brokerage_needs_the_deals_value():
    with pytest.raises(DomainError) as refused:
        asked(service="brokerage")
    assert refused.value.field == "deal_won"


# Choosing freely, provably


def test_what_was_seen_is_kept_in_the_neutral_order_of_the_day():
    made = voucher()
    offices = [provider() for _ in range(4)]
    kept = choice(made)
    assert {each["id"] for each in kept.candidates} >= {str(office.public_id) for office in offices}
    again = choice(made)
    assert [each["id"] for each in again.candidates] == [each["id"] for each in kept.candidates]
    other = keep_search(
        voucher=made, service="prototype", query={}, order_of=(NOW - DAY).date(), by=staff(made.holder), at=NOW,
        key=uuid.uuid4(),
    )  # fmt: skip
    assert sorted(each["id"] for each in other.candidates) == sorted(each["id"] for each in kept.candidates)
    with pytest.raises(Conflict, match="Search again"):
        keep_search(
            voucher=made, service="prototype", query={}, order_of=(NOW - 2 * DAY).date(), by=staff(made.holder), at=NOW,
            key=uuid.uuid4(),
        )  # fmt: skip


def test_filters_are_kept_and_unreadable_ones_refused():
    made = voucher()
    of = provider(regions=["1100000000"])
    provider(regions=["2600000000"])
    kept = choice(made, query={"region": ["1100000000"], "q": [" "], "sort": ["deals"]})
    assert kept.query == {"region": ["1100000000"]}
    assert [each["id"] for each in kept.candidates] == [str(of.public_id)]
    with pytest.raises(DomainError) as refused:
        choice(made, query={"region": ["atlantis"]})
    assert refused.value.field == "query"


def test_the_same_key_is_the_same_search():
    made, of = voucher(), provider()
    key, by = uuid.uuid4(), staff(made.holder)
    kept = choice(made, by=by, key=key)
    assert choice(made, by=by, key=key) == kept
    with pytest.raises(KeyReused):
        choice(made, by=by, key=key, service="strategy")
    assert of
    assert ProviderChoice.objects.count() == 1


def test_only_who_was_seen_is_asked_and_each_once():
    made, of = voucher(), provider()
    kept = choice(made)
    by = staff(made.holder)
    late = provider()
    give = {"choice": kept, "task": "x", "answer_by": NOW.date(), "by": by, "at": NOW}
    with pytest.raises(DomainError) as refused:
        ask_quotations(providers=[late.public_id], **give)
    assert refused.value.field == "providers"
    assert len(ask_quotations(providers=[of.public_id], **give)) == 1
    assert ask_quotations(providers=[of.public_id], **give) == []
    assert Quotation.objects.count() == 1


def test_who_is_suspended_is_neither_found_nor_ordered_from():
    made, of = voucher(), provider()
    agency(state=RegistrationState.SUSPENDED, suspended_until=(NOW + 30 * DAY).date())
    kept = choice(made)
    assert [each["id"] for each in kept.candidates] == [str(of.public_id)]


def test_nobody_is_chosen_and_the_outcome_says_why():
    provider()
    made = voucher()
    kept = choice(made)
    done = drop_choice(choice=kept, reason="Too dear", by=staff(made.holder), at=NOW)
    assert (done.why, done.is_open) == ("Too dear", False)
    with pytest.raises(NotPossibleNow):
        drop_choice(choice=kept, reason="Again", by=staff(made.holder), at=NOW)


def test_the_next_provider_is_a_choice_of_its_own():
    made = voucher()
    first, second = provider(), provider()
    by = staff(made.holder)
    kept = choice(made, by=by)
    asked_of = ask_quotations(
        choice=kept, providers=[first.public_id, second.public_id], task="x", answer_by=NOW.date(), by=by, at=NOW
    )
    for quotation in asked_of:
        give_quotation(
            quotation=quotation, supply_won=MILLION, vat_won=0, days=5, text="x", by=staff(quotation.provider), at=NOW
        )
    order = place_order(quotation=asked_of[0], why="Cheapest", key=uuid.uuid4(), by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        place_order(quotation=asked_of[1], why="x", key=uuid.uuid4(), by=by, at=NOW)
    decline_order(order=order, reason="No time", by=staff(order.provider), at=NOW)
    after = place_order(quotation=asked_of[1], why="The other one", key=uuid.uuid4(), by=by, at=NOW)
    kept.refresh_from_db()
    assert (kept.chosen, after.choice.follows, after.choice.candidates) == (order.provider, kept, kept.candidates)


def test_quotations_are_declined_and_taken_back():
    quotation = asked()
    done = decline_quotation(quotation=quotation, reason="Too far", by=staff(quotation.provider), at=NOW)
    assert (done.state, done.closed_text) == (QuotationState.DECLINED, "Too far")
    other = given()
    with pytest.raises(NotAllowed):
        withdraw_quotation(quotation=other, reason="x", by=staff(other.choice.voucher.holder), at=NOW)
    back = withdraw_quotation(quotation=other, reason="A mistake", by=staff(other.provider), at=NOW)
    assert back.state == QuotationState.WITHDRAWN
    with pytest.raises(IllegalTransition):
        place_order(quotation=other, why="x", key=uuid.uuid4(), by=staff(other.choice.voucher.holder), at=NOW)


def test_a_quotation_comes_in_time():
    quotation = asked()
    with pytest.raises(NotPossibleNow, match="passed"):
        give_quotation(
            quotation=quotation, supply_won=1, vat_won=0, days=1, text="x", by=staff(quotation.provider), at=NOW + DAY
        )


def test_who_left_the_firm_orders_no_more():
    quotation = given()
    by = staff(quotation.choice.voucher.holder)
    membership = by.memberships.get()
    membership.state = MembershipState.ENDED
    membership.save()
    by = type(by).objects.get(pk=by.pk)
    with pytest.raises(NotAllowed):
        place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=by, at=NOW)
