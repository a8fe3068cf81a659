"""What was agreed on is what can be ordered: the services of the plan, at the band it was granted in."""

import uuid
from dataclasses import replace
from itertools import permutations

import pytest
import time_machine
from django.db import DatabaseError
from django.urls import reverse
from hypothesis import given as for_all
from hypothesis import strategies as st
from rest_framework.test import APIClient

from marketplace.core.errors import DomainError, NotPossibleNow
from programmes.scheme import Caps, Service, Words
from programmes.scheme.sums import apportioned, planned
from tests.factories.accounts import sign_in
from tests.factories.vouchers.money import MILLION, NOW, officer
from tests.factories.vouchers.orders import (
    MENU,
    SCHEME,
    asked,
    choice,
    given,
    placed,
    provider,
    running,
    staff,
    voucher,
)
from vouchers.enums.vouchers import ChangeKind
from vouchers.models import Order, ProviderChoice, Voucher
from vouchers.queries.agreed import services_agreed
from vouchers.queries.orders import Left, left_of, menu_of, parts_of
from vouchers.services.life.changes import ask_change, decide_change
from vouchers.services.orders import place
from vouchers.services.orders.answer import accept_order
from vouchers.services.orders.place import NotEnoughLeft, place_order, refuse_beyond

PLAN = {"prototype": 20 * MILLION, "promotion": 10 * MILLION}


def other_services(made, services, *, approve):
    change = ask_change(
        voucher=made, kind=ChangeKind.PLAN, text="The market has changed.", services=services,
        by=made.agreement.application.submitted_by, at=NOW,
    )  # fmt: skip
    return decide_change(change=change, approve=approve, text="So.", by=officer(made.line.call.office), at=NOW)


def free(made):
    return {line.service.key for line in menu_of(made) if line.is_free}


def left(made):
    found = left_of(made)
    return found.open_won, found.own_won, found.kept


def test_only_what_was_agreed_on_is_ordered():
    made = voucher(plan=PLAN)
    assert free(made) == set(PLAN)
    provider()
    with pytest.raises(NotPossibleNow, match="agreed"):
        choice(made, service="strategy")
    assert not ProviderChoice.objects.exists()
    assert placed(made, service="promotion").service == "promotion"


def test_an_agreement_that_names_no_services_leaves_the_menu():
    made = voucher()
    assert services_agreed(made) is None
    assert free(made) == {service.key for service in MENU}


def test_what_the_office_refuses_opens_nothing_and_what_it_approves_shuts_what_was_before():
    made = voucher(plan=PLAN)
    quotation, kept = given(made, service="promotion"), choice(made)
    other_services(made, ["market"], approve=False)
    assert free(made) == set(PLAN)
    other_services(made, ["market", "prototype"], approve=True)
    assert free(made) == {"market", "prototype"}
    assert placed(made, service="market").service == "market"
    assert asked(made).choice.service == kept.service == "prototype"
    with pytest.raises(NotPossibleNow, match="agreed"):
        place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=staff(made.holder), at=NOW)
    with pytest.raises(NotPossibleNow, match="agreed"):
        asked(made, service="promotion")
    assert Order.objects.count() == 1


def test_what_is_ordered_stays_among_the_services():
    made = voucher(plan=PLAN)
    change = ask_change(
        voucher=made, kind=ChangeKind.PLAN, text="x", services=["market"],
        by=made.agreement.application.submitted_by, at=NOW,
    )  # fmt: skip
    order = placed(made, service="promotion")
    with pytest.raises(DomainError, match=order.number):
        decide_change(change=change, approve=True, text="So.", by=officer(made.line.call.office), at=NOW)
    change.refresh_from_db()
    assert change.state == "asked"
    assert free(made) == {"prototype"}


def test_pages_and_programs_offer_what_was_agreed_on(client):
    made, by = voucher(plan=PLAN), None
    provider()
    by = staff(made.holder)
    sign_in(client, by)
    with time_machine.travel(NOW, tick=False):
        page = client.get(reverse("vouchers:find", args=[made.public_id]))
        assert [key for key, _words in page.context["free"]] == list(PLAN)
        assert "not agreed on" in client.get(reverse("vouchers:voucher", args=[made.public_id])).text
        program = APIClient()
        sign_in(program, by)
        body = {"service": "strategy", "order_of": NOW.date().isoformat(), "query": {}}
        answer = program.post(
            f"/api/v1/vouchers/{made.public_id}/choices/", body, format="json",
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible_now")
    assert not ProviderChoice.objects.exists()


@pytest.mark.parametrize("parts", [None, (19 * MILLION, MILLION)], ids=["service", "share"])
def test_the_database_takes_no_order_beyond_what_was_agreed(monkeypatch, parts):
    made = voucher(plan=PLAN, own_bp=2_500)
    quotation = given(made, supply_won=20 * MILLION)
    if parts is None:
        other_services(made, ["promotion"], approve=True)
        monkeypatch.setattr(place, "free_service", lambda *_args: MENU[2])
    else:
        monkeypatch.setattr(place, "_parts", lambda *_args: (place.Parts(*parts), None))
    with pytest.raises(DatabaseError, match="agreed" if parts is None else "share"):
        place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=staff(made.holder), at=NOW)


# The band


@pytest.mark.parametrize("turn", list(permutations(["strategy", "prototype"])), ids="-".join)
def test_where_a_services_cap_holds_the_plan_is_ordered_in_any_order(turn):
    menu = (replace(MENU[0], most_won=15 * MILLION), MENU[2])
    plan = {"strategy": 30 * MILLION, "prototype": 20 * MILLION}
    made = voucher(
        plan=plan, own_bp=1_000, government_won=33 * MILLION, own_won=17 * MILLION, scheme=replace(SCHEME, menu=menu)
    )
    for service in turn:
        running(made, service=service, supply_won=plan[service])
    made = Voucher.objects.get(pk=made.pk)
    assert (made.bound_won, left(made)) == (33 * MILLION, (0, 0, {}))


@pytest.mark.parametrize("turn", list(permutations(["market", "prototype", "promotion"])), ids="-".join)
def test_where_the_award_was_cut_each_service_has_its_part(turn):
    menu = tuple(replace(each, most_won=None) for each in MENU)
    plan = {"market": 50 * MILLION, "prototype": 50 * MILLION, "promotion": 20 * MILLION}
    made = voucher(
        plan=plan, own_bp=1_000, government_won=50 * MILLION, own_won=70 * MILLION, scheme=replace(SCHEME, menu=menu)
    )
    for service in turn:
        running(made, service=service, supply_won=plan[service])
    made = Voucher.objects.get(pk=made.pk)
    assert (made.bound_won, left(made)) == (50 * MILLION, (0, 0, {}))


def test_a_lower_price_is_shared_by_the_band_and_not_by_the_sums():
    menu = tuple(replace(each, most_won=None) for each in MENU)
    made = voucher(
        plan={"prototype": 100 * MILLION}, own_bp=1_000, government_won=50 * MILLION, own_won=50 * MILLION,
        scheme=replace(SCHEME, menu=menu),
    )  # fmt: skip
    order = placed(made, supply_won=50 * MILLION)
    assert (order.government_won, order.own_won) == (45 * MILLION, 5 * MILLION)
    assert accept_order(order=order, by=staff(order.provider), at=NOW).state == "running"


def test_no_more_own_share_than_was_paid_in_by_the_band():
    made = voucher(plan=PLAN, own_bp=2_500, government_won=22_500_000, own_won=7_500_000)
    with pytest.raises(NotEnoughLeft, match="own share"):
        placed(made, supply_won=31 * MILLION)


LINES = st.lists(st.tuples(st.integers(2, 400 * MILLION), st.none() | st.integers(1, MILLION)), min_size=1, max_size=4)


@for_all(LINES, st.integers(0, 9_000), st.integers(MILLION, 50 * MILLION), st.randoms(use_true_random=False))
def test_every_plan_that_is_accepted_can_be_ordered_to_the_won(lines, own_bp, award_won, chance):
    menu = tuple(Service(str(n), Words(str(n)), str(n), most_won) for n, (_price, most_won) in enumerate(lines))
    scheme = replace(SCHEME, menu=menu, caps=Caps(award_won), most_services=len(menu))
    plan = planned(scheme, [{"key": str(n), "supply_won": won} for n, (won, _most) in enumerate(lines)], own_bp)
    if plan.faults:
        return
    made = Voucher(face_won=plan.government_won, own_won=plan.own_won, own_bp=own_bp)
    left = Left(made.face_won, made.own_won, apportioned(plan.lines, made.face_won))
    for line in chance.sample(plan.lines, len(plan.lines)):
        parts = parts_of(made, line.service, line.supply_won, left=left)
        refuse_beyond(parts, left)
        kept = {key: won for key, won in left.kept.items() if key != line.service.key}
        left = Left(left.open_won - parts.government_won, left.own_won - parts.own_won, kept)
    assert left == Left(0, 0)
