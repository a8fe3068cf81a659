"""A signed agreement is a voucher, issued once the own share is paid in."""

import uuid
from datetime import date

import pytest

from accounts.enums import Role
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from tests.factories.accounts import MembershipFactory
from tests.factories.vouchers.life import agree, pay_back, pay_in, signed
from tests.factories.vouchers.money import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    officer,
)
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Deposit, Voucher
from vouchers.queries.life import refund_due
from vouchers.services.life.found import found
from vouchers.services.life.lapse import give_up, lapse
from vouchers.services.life.sweep import nightly


def test_a_signed_agreement_is_a_voucher_once():
    voucher = signed(government_won=30 * MILLION, own_won=10 * MILLION)
    assert (voucher.state, voucher.deposit_by) == (VoucherState.WAITING, TODAY + 14 * DAY)
    assert found(agreement=voucher.agreement, by=None, at=NOW) == voucher
    assert Voucher.objects.count() == 1
    assert voucher.line.reserved_won == 30 * MILLION
    agree()


def test_without_an_own_share_it_is_issued_at_once():
    voucher = signed(own_won=0)
    assert (voucher.state, voucher.open_won) == (VoucherState.ISSUED, 50 * MILLION)


def test_the_own_share_in_parts():
    voucher = signed(government_won=30 * MILLION, own_won=10 * MILLION)
    pay_in(voucher, 4 * MILLION, reference="A")
    voucher.refresh_from_db()
    assert voucher.state == VoucherState.WAITING
    pay_in(voucher, 6 * MILLION, reference="B")
    voucher.refresh_from_db()
    assert (voucher.state, voucher.open_won, voucher.valid_from) == (VoucherState.ISSUED, 30 * MILLION, TODAY)
    assert voucher.valid_until == date(2027, 11, 20)
    assert voucher.line.committed_won == 30 * MILLION
    agree()


def test_too_much_is_owed_back_and_no_more_than_that():
    voucher = signed(own_won=10 * MILLION)
    pay_in(voucher, 12 * MILLION)
    with pytest.raises(Conflict, match="KRW 2,000,000"):
        pay_back(voucher, 2 * MILLION + 1)
    pay_back(voucher, 2 * MILLION)
    voucher.refresh_from_db()
    assert voucher.own_refunded_won == 0
    with pytest.raises(Conflict):
        pay_back(voucher, 1, reference="B-2")


def test_a_reference_counts_once_and_a_key_too():
    voucher, key = signed(own_won=10 * MILLION), uuid.uuid4()
    clerk = officer(voucher.line.call.office)
    first = pay_in(voucher, 1, key=key, by=clerk)
    assert pay_in(voucher, 1, key=key, by=clerk) == first
    with pytest.raises(Conflict) as refusal:
        pay_in(voucher, 2, key=key, by=clerk)
    assert refusal.value.code == "idempotency_key_reused"
    with pytest.raises(Conflict) as refusal:
        pay_in(voucher, 1, reference=" T-1 ", by=clerk)
    assert refusal.value.code == "reference_used"
    assert Deposit.objects.count() == 1


@pytest.mark.parametrize(("won", "day", "reference"), [(0, TODAY, "x"), (1, TODAY + DAY, "x"), (1, TODAY, " ")])
def test_payments_that_cannot_be(won, day, reference):
    voucher = signed(own_won=10)
    with pytest.raises(DomainError):
        pay_in(voucher, won, day=day, reference=reference)
    assert not Deposit.objects.exists()


def test_who_may_enter_payments():
    voucher = signed(own_won=10)
    both = officer(voucher.line.call.office)
    MembershipFactory(user=both, organization=voucher.holder)
    viewer = MembershipFactory(organization=voucher.line.call.office, role=Role.VIEWER).user
    root = MembershipFactory(user__is_superuser=True).user
    firm = voucher.agreement.application.submitted_by
    for person in (both, viewer, root, firm, MembershipFactory(government=True).user):
        with pytest.raises(NotAllowed):
            pay_in(voucher, 10, by=person)
    assert not Deposit.objects.exists()


def test_a_voucher_lapses_after_its_day_and_the_money_is_back():
    voucher = signed(own_won=10 * MILLION)
    pay_in(voucher, 4 * MILLION)
    on = NOW + 14 * DAY
    assert not lapse(voucher_id=voucher.pk, at=on)
    assert nightly(at=on + DAY)["lapsed"] == 1
    assert not lapse(voucher_id=voucher.pk, at=on + DAY)
    voucher.refresh_from_db()
    voucher.line.refresh_from_db()
    assert (voucher.state, voucher.line.reserved_won) == (VoucherState.LAPSED, 0)
    with pytest.raises(Conflict):
        pay_in(voucher, 6 * MILLION, reference="late")
    pay_back(voucher, 4 * MILLION)
    agree()


def test_a_manager_gives_up_a_voucher_that_waits():
    voucher = signed(government_won=30 * MILLION, own_won=10 * MILLION)
    pay_in(voucher, 4 * MILLION)
    boss = MembershipFactory(organization=voucher.holder, role=Role.MANAGER).user
    for nobody in (MembershipFactory(organization=voucher.holder).user, officer(voucher.line.call.office)):
        with pytest.raises(NotAllowed):
            give_up(voucher=voucher, text="x", by=nobody, at=NOW)
    with pytest.raises(DomainError):
        give_up(voucher=voucher, text=" ", by=boss, at=NOW)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.line.reserved_won) == (VoucherState.WAITING, 30 * MILLION)

    assert give_up(voucher=voucher, text="The plan changed.", by=boss, at=NOW).state == VoucherState.LAPSED

    application = voucher.agreement.application
    application.refresh_from_db()
    voucher.refresh_from_db()
    assert (application.state, voucher.line.reserved_won, refund_due(voucher)) == ("lapsed", 0, 4 * MILLION)
    last = application.steps.order_by("-pk").first()
    assert (last.kind, last.by, last.text) == ("withdrawn", boss, "The plan changed.")
    agree()
    with pytest.raises(Conflict):
        give_up(voucher=voucher, text="Again.", by=boss, at=NOW)
    running = signed(own_won=0)
    boss = MembershipFactory(organization=running.holder, role=Role.MANAGER).user
    with pytest.raises(Conflict, match="Ask for its end"):
        give_up(voucher=running, text="x", by=boss, at=NOW)
