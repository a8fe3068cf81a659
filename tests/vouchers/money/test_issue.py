"""A signed agreement is a voucher, issued once the own share is paid in."""

import uuid
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from accounts.enums import Role
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.vouchers.life import agree, pay_back, pay_in, signed
from tests.factories.vouchers.money import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    call_row,
    officer,
)
from tests.factories.vouchers.recovery import LATER, confirmed, office_of, received
from vouchers.enums.vouchers import VoucherState
from vouchers.models import BankLine, Deposit, Voucher
from vouchers.queries.life import next_step, refund_due
from vouchers.queries.queue import days_for
from vouchers.services.life.bank import ReferenceUsed
from vouchers.services.life.deposits import MoreThanIsMissing
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


def test_more_than_is_missing_is_asked_once():
    voucher = signed(own_won=12 * MILLION)
    with pytest.raises(MoreThanIsMissing, match="KRW 12,000,000") as refusal:
        pay_in(voucher, 50 * MILLION, confirmed=False)  # 5 was meant
    assert (refusal.value.field, refusal.value.code) == ("confirmed", "more_than_is_missing")
    assert not voucher.deposits.exists()
    pay_in(voucher, 5 * MILLION, reference="A", confirmed=False)
    with pytest.raises(MoreThanIsMissing, match="KRW 7,000,000"):
        pay_in(voucher, 8 * MILLION, reference="B", confirmed=False)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.deposits.count()) == (VoucherState.WAITING, 1)
    pay_in(voucher, 8 * MILLION, reference="B", confirmed=True)
    voucher.refresh_from_db()
    assert (voucher.state, refund_due(voucher)) == (VoucherState.ISSUED, 1 * MILLION)
    agree()


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


def test_parts_of_an_own_share_carry_the_number_of_the_voucher():
    """The page tells the firm what to name: the same on each day."""
    voucher = signed(own_won=10 * MILLION)
    said = voucher.number
    pay_in(voucher, 4 * MILLION, reference=said)
    with pytest.raises(ReferenceUsed, match="add the time or the serial"):
        pay_in(voucher, 4 * MILLION, reference=said)
    pay_in(voucher, 3 * MILLION, reference=f"{said} 14:05")
    pay_in(voucher, 4 * MILLION, reference=said, day=TODAY + DAY, at=NOW + DAY)
    voucher.refresh_from_db()
    assert (voucher.state, refund_due(voucher)) == (VoucherState.ISSUED, 1 * MILLION)
    pay_back(voucher, 400_000, reference=said)
    with pytest.raises(ReferenceUsed):
        pay_back(voucher, 400_000, reference=said)
    with pytest.raises(DatabaseError), transaction.atomic():
        Deposit.objects.create(
            voucher=voucher, is_refund=True, amount_won=1, received_on=TODAY, reference=said, entered_at=NOW,
            entered_by=officer(voucher.line.call.office), key=uuid.uuid4(),
        )  # fmt: skip
    pay_back(voucher, 600_000, reference="O-2")
    assert refund_due(voucher) == 0
    agree()


def two_waiting():
    """Of one firm in two calls of one office."""
    office, firm = OrganizationFactory(government=True), OrganizationFactory()
    return [signed(call=call_row(office=office), firm=firm, own_won=10 * MILLION) for _ in range(2)]


@pytest.mark.parametrize("said", ["B-77", " b-77 ", "Ｂ-77"])
def test_a_line_of_the_bank_counts_for_one_voucher(said):
    first, second = two_waiting()
    pay_in(first, 10 * MILLION, reference="B-77")
    with pytest.raises(ReferenceUsed, match=first.number):
        pay_in(second, 10 * MILLION, reference=said)
    assert list(Voucher.objects.order_by("pk").values_list("state", flat=True)) == ["issued", "waiting"]
    assert Deposit.objects.count() == BankLine.objects.count() == 1
    pay_in(second, 10 * MILLION, reference="B-78")
    second.refresh_from_db()
    assert second.state == VoucherState.ISSUED
    agree()


def test_another_day_office_or_way_is_another_line():
    first, second = two_waiting()
    pay_in(first, 11 * MILLION, reference="B-77")
    pay_in(second, 11 * MILLION, reference="B-77", day=TODAY - DAY)
    pay_in(signed(own_won=10 * MILLION), 10 * MILLION, reference="B-77")
    for voucher in (first, second):
        pay_back(voucher, 1 * MILLION, reference="O-1")
    assert BankLine.objects.count() == 3
    agree()


def test_a_line_that_paid_a_debt_is_no_own_share():
    owed = confirmed(at=LATER)
    waits = signed(call=call_row(office=office_of(owed), at=LATER), own_won=10 * MILLION)
    day = waits.deposit_by
    received(owed, 1 * MILLION, reference="B-77", on=day)
    with pytest.raises(ReferenceUsed, match=owed.number):
        pay_in(waits, 10 * MILLION, reference="B-77", day=day, at=LATER)
    waits.refresh_from_db()
    assert (waits.state, waits.deposits.count()) == (VoucherState.WAITING, 0)


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


READ_BY = days_for()["own_share"] * DAY


@pytest.mark.parametrize("later", [DAY, READ_BY])
def test_what_came_in_on_the_last_day_is_entered_when_the_bank_tells_of_it(later):
    voucher = signed(own_won=10 * MILLION)
    on = NOW + 14 * DAY
    assert nightly(at=on + later)["lapsed"] == 0
    with pytest.raises(DomainError) as refused:
        pay_in(voucher, 10 * MILLION, day=voucher.deposit_by + DAY, at=on + later)
    assert refused.value.field == "received_on"
    assert not Deposit.objects.exists()
    pay_in(voucher, 10 * MILLION, day=voucher.deposit_by, at=on + later)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.valid_from) == (VoucherState.ISSUED, (on + later).date())
    agree()


def test_the_database_takes_no_own_share_after_its_day():
    voucher = signed(own_won=10 * MILLION)
    with pytest.raises(DatabaseError, match="by its day"):
        Deposit.objects.create(
            voucher=voucher, amount_won=1, received_on=voucher.deposit_by + DAY, reference="x", key=uuid.uuid4(),
            entered_by=officer(voucher.line.call.office), entered_at=NOW + 20 * DAY,
        )  # fmt: skip


def test_a_firm_is_told_what_holds_after_the_last_day():
    voucher = signed(own_won=10 * MILLION)
    assert "Pay in the own share" in next_step(voucher, voucher.deposit_by)
    assert "is over" in next_step(voucher, voucher.deposit_by + DAY)


def test_a_voucher_lapses_after_its_day_and_the_money_is_back():
    voucher = signed(own_won=10 * MILLION)
    pay_in(voucher, 4 * MILLION)
    on = NOW + 14 * DAY + READ_BY
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
