"""Money asked back: announced, objected to, decided by another, planned, received, overdue."""

import uuid
from datetime import timedelta

import pytest

from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from programmes.registry import standing_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.vouchers import orders
from tests.factories.vouchers.money import DAY, MILLION, NOW, officer
from tests.factories.vouchers.recovery import (
    FROM,
    LATER,
    announced,
    confirmed,
    manager,
    objected,
    office_of,
    paid_voucher,
    planned,
    received,
)
from vouchers.enums.money import Verb
from vouchers.enums.recovery import RecoveryGround
from vouchers.models import LedgerEntry, Recovery, RecoveryReceipt, Voucher
from vouchers.queries.recovery import plan_of
from vouchers.services.life.bank import ReferenceUsed
from vouchers.services.life.sweep import nightly
from vouchers.services.money.balance import out_of_balance
from vouchers.services.recovery.announce import TooMuchAsked, askable_won, decide, object_to
from vouchers.services.recovery.asking import owed_of

pytestmark = pytest.mark.django_db


def test_one_officer_announces_and_the_debtors_managers_are_told():
    voucher = paid_voucher()
    boss, clerk = manager(voucher.holder), MembershipFactory(organization=voucher.holder).user
    recovery = announced(voucher, surcharge_won=50 * MILLION)
    assert (recovery.state, recovery.interest_bp, recovery.object_by) == ("noticed", 300, FROM + 20 * DAY)
    assert askable_won(voucher) == 10 * MILLION
    told = Notification.objects.filter(kind="recovery_announced")
    assert set(told.values_list("recipient", flat=True)) >= {boss.pk}
    assert clerk.pk not in set(told.values_list("recipient", flat=True))
    assert set(told.first().params) == {"number", "day"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"principal_won": 0}, "principal_won"),
        ({"principal_won": 20 * MILLION + 1}, "principal_won"),
        ({"surcharge_won": 50 * MILLION + 1}, "surcharge_won"),
        ({"surcharge_won": 1, "ground": RecoveryGround.BREACH}, "surcharge_won"),
        ({"ground": "because"}, "ground"),
        ({"text": "  "}, "text"),
        ({"interest_from": FROM + DAY}, "interest_from"),
    ],
)
def test_what_cannot_be_asked(asked, field):
    voucher = paid_voucher()
    with pytest.raises(DomainError) as refused:
        announced(voucher, **asked)
    assert refused.value.field == field
    assert not Recovery.objects.exists()


def test_no_more_than_was_paid_is_asked_in_all():
    voucher = paid_voucher()
    announced(voucher, principal_won=15 * MILLION)
    with pytest.raises(TooMuchAsked):
        announced(voucher, principal_won=5 * MILLION + 1)
    announced(voucher, principal_won=5 * MILLION)
    with pytest.raises(DomainError):
        announced(paid_voucher(), debtor=OrganizationFactory())


def paid_to_two():
    """6 M of the government to each of two providers of one voucher, five days after it was issued."""
    voucher, at = orders.voucher(), NOW + 5 * DAY
    claims = [orders.paid(orders.running(voucher, service=name), at=at) for name in ("prototype", "market")]
    return Voucher.objects.get(pk=voucher.pk), [claim.order.provider for claim in claims], FROM + 5 * DAY


def test_a_provider_owes_no_more_than_it_got():
    voucher, (one, _other), day = paid_to_two()
    asked = {"interest_from": day, "at": NOW + 6 * DAY, "debtor": one}
    with pytest.raises(TooMuchAsked, match=one.name):
        announced(voucher, principal_won=6 * MILLION + 1, **asked)
    first = announced(voucher, principal_won=4 * MILLION, **asked)
    with pytest.raises(TooMuchAsked):
        announced(voucher, principal_won=2 * MILLION + 1, **asked)
    confirmed(first, confirm=False, at=NOW + 6 * DAY)
    announced(voucher, principal_won=6 * MILLION, **asked)
    announced(voucher, principal_won=6 * MILLION, **asked | {"debtor": voucher.holder})
    assert Recovery.objects.count() == 3


def test_interest_runs_from_the_payment_on():
    voucher, providers, day = paid_to_two()
    for debtor in (voucher.holder, providers[0]):
        asked = {"principal_won": MILLION, "at": NOW + 6 * DAY, "debtor": debtor}
        for wrong in (day - DAY, day - 3650 * DAY):
            with pytest.raises(DomainError) as refused:
                announced(voucher, interest_from=wrong, **asked)
            assert refused.value.field == "interest_from"
        announced(voucher, interest_from=day, **asked)
    assert Recovery.objects.count() == 2


def test_dropped_frees_what_was_asked():
    recovery = announced()
    confirmed(recovery, confirm=False, at=NOW)
    assert askable_won(recovery.voucher) == 20 * MILLION


def test_the_same_key_announces_once():
    voucher, key = paid_voucher(), uuid.uuid4()
    by = officer(voucher.line.call.office)
    first = announced(voucher, key=key, by=by)
    assert announced(voucher, key=key, by=by).pk == first.pk
    with pytest.raises(KeyReused):
        announced(voucher, key=key, by=by, principal_won=1)
    assert Recovery.objects.count() == 1


def test_only_a_manager_of_the_debtor_objects_and_in_time():
    recovery = announced()
    clerk = MembershipFactory(organization=recovery.debtor).user
    for nobody in (clerk, manager(OrganizationFactory()), officer(office_of(recovery))):
        with pytest.raises(NotAllowed):
            objected(recovery, by=nobody)
    with pytest.raises(NotPossibleNow):
        objected(recovery, at=NOW + 21 * DAY)
    with pytest.raises(DomainError):
        object_to(recovery=recovery, text=" ", by=manager(recovery.debtor), at=NOW)
    assert Recovery.objects.get().state == "noticed"
    assert objected(recovery, at=NOW + 20 * DAY).state == "objected"
    with pytest.raises(IllegalTransition):
        objected(recovery)


def test_never_who_announced_nor_a_party_nor_an_administrator_decides():
    voucher = paid_voucher()
    by = officer(voucher.line.call.office)
    recovery = objected(announced(voucher, by=by))
    of_both = officer(office_of(recovery))
    MembershipFactory(organization=recovery.debtor, user=of_both)
    admin = MembershipFactory(organization=OrganizationFactory(), user__is_superuser=True).user
    for nobody in (by, of_both, admin, officer(OrganizationFactory(government=True))):
        with pytest.raises(NotAllowed):
            decide(recovery=recovery, confirm=True, text="So it is.", by=nobody, at=NOW)
    fresh = Recovery.objects.get(pk=recovery.pk)
    assert (fresh.state, fresh.decided_by) == ("objected", None)


def test_not_confirmed_while_the_debtor_may_object():
    recovery = announced()
    with pytest.raises(NotPossibleNow):
        confirmed(recovery, at=NOW + 20 * DAY)
    done = confirmed(recovery, at=NOW + 21 * DAY)
    assert (done.state, done.pay_by) == ("confirmed", (NOW + 51 * DAY).date())


def test_receipts_pay_interest_then_principal_then_surcharge_until_nothing_is_left():
    recovery = confirmed(surcharge_won=1 * MILLION)
    interest = 10 * MILLION * 300 * 21 // (10_000 * 365)
    first = received(recovery, 4 * MILLION)
    assert (first.interest_won, first.principal_won) == (interest, 4 * MILLION - interest)
    recovery.refresh_from_db()
    assert recovery.recovered_won == first.principal_won
    left = owed_of(recovery, LATER.date())
    received(recovery, left.total_won, reference="T-2")
    recovery.refresh_from_db()
    recovery.voucher.refresh_from_db()
    assert (recovery.state, recovery.recovered_won) == ("paid_back", 10 * MILLION)
    assert (recovery.voucher.paid_won, recovery.voucher.recovered_won) == (10 * MILLION, 10 * MILLION)
    recovered = LedgerEntry.objects.filter(verb=Verb.RECOVER).values_list("amount_won", flat=True)
    assert sum(recovered) == 10 * MILLION
    assert not list(out_of_balance())


def test_a_receipt_counts_once():
    recovery = confirmed()
    key, by = uuid.uuid4(), officer(office_of(recovery))
    made = received(recovery, 1 * MILLION, key=key, by=by)
    assert received(recovery, 1 * MILLION, key=key, by=by).pk == made.pk
    with pytest.raises(KeyReused):
        received(recovery, 2 * MILLION, key=key, by=by)
    with pytest.raises(ReferenceUsed):
        received(recovery, 1 * MILLION, by=by)
    assert RecoveryReceipt.objects.count() == 1


def test_parts_of_a_plan_carry_the_number_of_the_recovery():
    recovery = planned()
    for part in recovery.instalments.order_by("serial"):
        received(recovery, part.amount_won, reference=recovery.number, at=LATER + (part.due_on - LATER.date()))
    recovery.refresh_from_db()
    assert (recovery.state, recovery.receipts.values("reference").distinct().count()) == ("paid_back", 1)


def test_a_line_of_the_bank_pays_one_debt():
    voucher = paid_voucher()
    first, second = (confirmed(announced(voucher, principal_won=5 * MILLION)) for _ in range(2))
    received(first, 1 * MILLION, reference="R-1")
    with pytest.raises(ReferenceUsed, match=first.number):
        received(second, 1 * MILLION, reference="r-1")
    second.refresh_from_db()
    assert (second.recovered_won, second.receipts.count()) == (0, 0)
    assert LedgerEntry.objects.filter(verb=Verb.RECOVER).count() == 1
    assert not list(out_of_balance())


@pytest.mark.parametrize("state", ["noticed", "objected", "dropped"])
def test_nothing_is_received_before_it_is_confirmed(state):
    recovery = {"noticed": announced, "objected": objected}.get(
        state, lambda: confirmed(announced(), confirm=False, at=NOW)
    )()
    with pytest.raises(NotPossibleNow):
        received(recovery, 1)
    assert not RecoveryReceipt.objects.exists()


def test_what_cannot_be_received():
    recovery = confirmed()
    owed = owed_of(recovery, LATER.date()).total_won
    for amount, on in ((0, LATER), (owed + 1, LATER), (1, LATER + DAY), (1, NOW - DAY)):
        with pytest.raises(DomainError):
            received(recovery, amount, on=on.date())
    received(recovery, 1, on=LATER.date())
    with pytest.raises(DomainError):
        received(recovery, 1, on=(LATER - DAY).date(), reference="T-2")
    assert RecoveryReceipt.objects.count() == 1


def test_a_plan_adds_up_to_what_is_owed_and_moves_the_last_day():
    recovery = planned(count=3)
    parts = list(recovery.instalments.order_by("serial"))
    assert [part.serial for part in parts] == [1, 2, 3]
    assert recovery.pay_by == parts[-1].due_on
    for part in parts:
        at = LATER + timedelta((part.due_on - LATER.date()).days)
        received(recovery, part.amount_won, at=at, reference=f"T-{part.serial}")
    recovery.refresh_from_db()
    assert recovery.state == "paid_back"
    assert sum(part.amount_won for part in parts) == sum(each.total_won for each in recovery.receipts.all())


@pytest.mark.parametrize("asked", [{"count": 1}, {"count": 25}, {"first_on": LATER.date()}])
def test_plans_that_are_refused(asked):
    recovery = confirmed()
    with pytest.raises(DomainError):
        planned(recovery, **asked)
    assert not recovery.instalments.exists()


def test_overdue_from_the_night_after_the_last_day():
    recovery = confirmed()
    last = LATER + 30 * DAY
    assert nightly(at=last)["delinquent"] == 0
    assert nightly(at=last + DAY)["delinquent"] == 1
    assert nightly(at=last + DAY)["delinquent"] == 0
    recovery.refresh_from_db()
    assert recovery.state == "delinquent"
    owed = owed_of(recovery, (last + DAY).date())
    received(recovery, owed.total_won, at=last + DAY)
    recovery.refresh_from_db()
    assert recovery.state == "paid_back"
    assert [step.state for step in recovery.steps.order_by("pk")] == ["noticed", "confirmed", "delinquent", "paid_back"]


def nights(recovery, day):
    """Whether the night of a day makes it overdue; how it stands then."""
    at = LATER + timedelta((day - LATER.date()).days)
    return nightly(at=at)["delinquent"], Recovery.objects.get(pk=recovery.pk).state


def test_a_part_that_does_not_come_by_its_day_ends_the_plan():
    recovery = planned(count=3)
    boss = manager(recovery.debtor)
    first, second, _third = recovery.instalments.order_by("serial")
    firm = [recovery.debtor_id]
    received(recovery, first.amount_won - 1, at=LATER + 5 * DAY, reference="T-1")
    assert nights(recovery, first.due_on) == (0, "confirmed")
    assert not standing_of(firm, first.due_on).owes_money
    assert nights(recovery, first.due_on + DAY) == (1, "delinquent")
    assert standing_of(firm, first.due_on + DAY).owes_money
    told = Notification.objects.get(kind="recovery_delinquent", recipient=boss)
    assert told.params["day"] == first.due_on.isoformat()
    assert second.due_on > first.due_on + DAY


def test_a_plan_that_is_kept_is_not_overdue_and_counts_from_its_making():
    """What came in before the plan was made is not counted for its parts: they are for what was left."""
    recovery = confirmed()
    received(recovery, 6 * MILLION, reference="T-0")
    planned(recovery, count=2)
    recovery.refresh_from_db()
    first, second = recovery.instalments.order_by("serial")
    assert [part.came_won for part in plan_of(recovery, LATER.date())] == [0, 0]
    assert nights(recovery, first.due_on) == (0, "confirmed")
    at = LATER + timedelta((first.due_on - LATER.date()).days)
    received(recovery, first.amount_won, at=at, reference="T-1")
    assert [part.came_won for part in plan_of(Recovery.objects.get(), at.date())] == [first.amount_won, 0]
    assert nights(recovery, second.due_on) == (0, "confirmed")
    assert nights(recovery, second.due_on + DAY) == (1, "delinquent")


def test_a_worked_example_to_the_won():
    """12,000,000 won with a surcharge of the same, 3 % a year from 20 November, confirmed on 11 December, due 10 Jan.

    Interest until then: 12,000,000 × 3 % × 21 ÷ 365 = 20,712.3. A receipt of 2,020,712 pays it and 2,000,000 of the
    principal. Until 10 January 30 days of 10,000,000: 24,657.5 in all with what was dropped before, so 24,657. All left
    that day is 10,000,000 + 24,657 + 12,000,000. The surcharge comes after the last day: 3 % of 12,000,000 is added.
    """
    recovery = confirmed(principal_won=12 * MILLION, surcharge_won=12 * MILLION)
    first = received(recovery, 2_020_712)
    assert (first.interest_won, first.principal_won, first.surcharge_won) == (20_712, 2_000_000, 0)
    day = LATER + 30 * DAY
    left = owed_of(recovery, day.date())
    assert (left.interest_won, left.principal_won, left.surcharge_won) == (24_657, 10_000_000, 12_000_000)
    second = received(recovery, 10_024_657, at=day, reference="T-2")
    assert (second.interest_won, second.principal_won, second.surcharge_won) == (24_657, 10_000_000, 0)
    third = received(recovery, 12_000_000, at=day + 100 * DAY, reference="T-3")
    assert (third.interest_won, third.principal_won, third.surcharge_won, third.late_won) == (0, 0, 12_000_000, 0)
    recovery.refresh_from_db()
    assert (recovery.state, recovery.late_won, recovery.late_from) == ("delinquent", 360_000, (day + DAY).date())
    fourth = received(recovery, 360_000, at=day + 100 * DAY, reference="T-4")
    assert (fourth.surcharge_won, fourth.late_won) == (0, 360_000)
    recovery.refresh_from_db()
    assert (recovery.state, recovery.recovered_won) == ("paid_back", 12_000_000)
