"""What of a service was taken goes by money: placed, bound, paid or on its way, and not by the state of an order."""

import uuid
from dataclasses import replace

import pytest
from django.db import DatabaseError
from django.urls import reverse

from marketplace.core.errors import DomainError, NotPossibleNow
from tests.factories.accounts import sign_in
from tests.factories.vouchers.money import MILLION, NOW, officer
from tests.factories.vouchers.orders import (
    MENU,
    SCHEME,
    accepted,
    given,
    office_of,
    paid,
    placed,
    running,
    staff,
    voucher,
)
from vouchers.enums.vouchers import ChangeKind
from vouchers.models import Order, Voucher
from vouchers.queries.orders import left_of, menu_of
from vouchers.services.claims.check import disallow_claim
from vouchers.services.life.changes import ask_change
from vouchers.services.orders import place
from vouchers.services.orders.answer import cancel_order
from vouchers.services.orders.place import place_order


def granted(**also):
    """Three quarters of a price, of strategy at most 20 million."""
    return voucher(**{"government_won": 45 * MILLION, "own_won": 15 * MILLION, "own_bp": 2_500} | also)


def paid_and_cancelled(made, *, service="strategy", supply_won=24 * MILLION, paid_won=16 * MILLION):
    """Ordered, claimed for in part and paid; then the firm itself cancels the rest."""
    order = running(made, service=service, supply_won=supply_won)
    paid(order, supply_won=paid_won, vat_won=0)
    order.refresh_from_db()
    return cancel_order(order=order, reason="Enough", by=staff(made.holder), at=NOW)


def menu(made):
    return {line.service.key: line for line in menu_of(Voucher.objects.get(pk=made.pk))}


def free(made):
    return {key for key, line in menu(made).items() if line.is_free}


def test_the_cap_of_a_service_holds_for_all_orders_of_it_together(client):
    made = granted()
    paid_and_cancelled(made)
    line = menu(made)["strategy"]
    assert (line.is_free, line.taken_by, line.most_won) == (True, None, 8 * MILLION)
    again = placed(made, service="strategy", supply_won=16 * MILLION)
    assert (again.government_won, again.own_won) == (8 * MILLION, 8 * MILLION)
    assert "strategy" not in free(made)
    sign_in(client, staff(made.holder))
    assert again.number in client.get(reverse("vouchers:voucher", args=[made.public_id])).text


def test_what_was_paid_keeps_its_field_and_its_place_among_the_services():
    made = granted(scheme=replace(SCHEME, most_services=2))
    first = paid_and_cancelled(made)
    assert menu(made)["market"].taken_by == first
    placed(made, service="promotion", supply_won=8 * MILLION)
    assert free(made) == {"strategy"}  # the rest of it is no third service
    with pytest.raises(NotPossibleNow):
        given(made, service="prototype")


def test_what_was_not_allowed_at_all_can_be_ordered_from_somebody_else():
    made = granted()
    claim = accepted(running(made, service="strategy", supply_won=8 * MILLION))
    disallow_claim(claim=claim, reason="Not delivered", by=officer(office_of(claim)), at=NOW)
    assert Order.objects.get().state == "done"
    assert free(made) == {service.key for service in MENU}
    assert placed(made, service="market", supply_won=8 * MILLION).state == "placed"


def test_a_service_that_was_paid_stays_among_those_agreed_on():
    made = granted(plan={"strategy": 24 * MILLION, "prototype": 20 * MILLION})
    order = paid_and_cancelled(made)
    with pytest.raises(DomainError, match=order.number):
        ask_change(
            voucher=made, kind=ChangeKind.PLAN, text="x", services=["market", "prototype"],
            by=made.agreement.application.submitted_by, at=NOW,
        )  # fmt: skip


def test_where_the_award_was_cut_the_rest_of_a_cancelled_order_locks_nobody_out():
    menu_ = tuple(replace(each, most_won=None) for each in MENU)
    made = granted(
        plan={"prototype": 40 * MILLION, "promotion": 40 * MILLION}, own_bp=1_000, government_won=50 * MILLION,
        own_won=30 * MILLION, scheme=replace(SCHEME, menu=menu_),
    )  # fmt: skip
    paid_and_cancelled(made, service="prototype", supply_won=40 * MILLION, paid_won=32 * MILLION)
    made.refresh_from_db()
    left = left_of(made)
    assert (made.paid_won, left.open_won, left.kept) == (
        20 * MILLION, 30 * MILLION, {"prototype": 5 * MILLION, "promotion": 25 * MILLION},
    )  # fmt: skip
    order = placed(made, service="promotion", supply_won=40 * MILLION)
    assert (order.government_won, order.own_won) == (25 * MILLION, 15 * MILLION)
    assert left_of(made).kept == {"prototype": 5 * MILLION}


def test_the_database_takes_no_second_order_beyond_the_cap(monkeypatch):
    made = granted()
    paid_and_cancelled(made)
    quotation = given(made, service="strategy", supply_won=16 * MILLION)
    monkeypatch.setattr(place, "_parts", lambda *_args: (place.Parts(8 * MILLION + 1, 8 * MILLION - 1), None))
    with pytest.raises(DatabaseError, match="at most what the call pays"):
        place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=staff(made.holder), at=NOW)
