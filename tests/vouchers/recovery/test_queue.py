"""The desk's queue: each kind of thing that waits, by its day, for who may act, and gone when it is done."""

import pytest
from django.utils import timezone

from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.programmes import review
from tests.factories.vouchers import orders
from tests.factories.vouchers.life import pay_back, pay_in
from tests.factories.vouchers.money import DAY, MILLION, NOW, call_row, issued, officer, waiting
from tests.factories.vouchers.recovery import (
    LATER,
    accused,
    announced,
    confirmed,
    imposed,
    objected,
    office_of,
    planned,
    proposed,
    received,
)
from vouchers.enums.vouchers import ChangeKind
from vouchers.queries.queue import EACH, days_for, is_cut, queue
from vouchers.services.claims.answer import object_to_claim
from vouchers.services.claims.check import approve_claim, check_claim
from vouchers.services.claims.pay import cancel_batch
from vouchers.services.life.changes import ask_change, decide_change
from vouchers.services.life.lapse import give_up
from vouchers.services.recovery.receive import become_delinquent

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOW)


def tasks(office, *, by=None, day=TODAY):
    return [(task.what, task.number, task.due_on) for task in queue(by or officer(office), day)]


def due(kind, at=NOW):
    return timezone.localdate(at) + days_for()[kind] * DAY


def test_claims_from_acceptance_to_the_payment_file():
    claim = orders.accepted()
    office = orders.office_of(claim)
    assert tasks(office) == [("Check a claim", claim.number, due("check_claim"))]
    checked = check_claim(claim=claim, by=officer(office), at=NOW)
    first, second = checked.checked_by, officer(office)
    assert tasks(office) == [("Approve a claim", claim.number, due("approve_claim"))]
    assert [(task.first_by, task.is_mine) for task in queue(first, TODAY)] == [(str(first), True)]
    assert [(task.first_by, task.is_mine) for task in queue(second, TODAY)] == [(str(first), False)]
    approve_claim(claim=checked, by=second, at=NOW)
    assert tasks(office) == [("Put a claim into a payment file", claim.number, due("pay_claim"))]
    claim.refresh_from_db()
    batch = orders.prepared(claim, by=first)
    assert tasks(office) == [("Send a payment file", batch.number, due("send_file"))]
    assert [task.is_mine for task in queue(first, TODAY)] == [True]
    cancel_batch(batch=batch, reason="Wrong account", by=second, at=NOW)
    claim.refresh_from_db()
    sent = orders.sent(claim)
    assert tasks(office) == [("Read what the treasury paid", sent.number, due("read_results"))]
    orders.answered(sent)
    assert tasks(office) == []


def test_a_claim_the_firm_objects_to():
    claim = orders.submitted()
    office = orders.office_of(claim)
    assert tasks(office) == []
    object_to_claim(claim=claim, reason="Half of it is missing", by=orders.staff(claim.order.voucher.holder), at=NOW)
    assert tasks(office) == [("A firm objects to a claim", claim.number, due("objected_claim"))]


def test_what_comes_back_waits_from_that_day_on():
    claim = orders.submitted()
    office, later = orders.office_of(claim), NOW + 7 * DAY
    buyer = orders.staff(claim.order.voucher.holder)
    object_to_claim(claim=claim, reason="Half of it is missing", by=buyer, at=later)
    assert tasks(office) == [("A firm objects to a claim", claim.number, due("objected_claim", later))]
    claim = orders.approved()
    batch = orders.sent(claim)
    orders.answered(batch)
    orders.answered(batch, "returned", at=LATER)
    assert tasks(orders.office_of(claim)) == [
        ("Put a claim into a payment file", claim.number, due("pay_claim", LATER))
    ]


def test_an_own_share_that_goes_back():
    voucher = waiting(own_won=10 * MILLION)
    office, boss = voucher.line.call.office, voucher.agreement.application.submitted_by
    pay_in(voucher, 4 * MILLION)
    assert [what for what, _number, _day in tasks(office)] == ["Own share to come in"]
    give_up(voucher=voucher, text="Another way was found.", by=boss, at=NOW + DAY)
    assert tasks(office) == [("Pay back an own share", voucher.number, due("pay_back", NOW + DAY))]
    pay_back(voucher, 4 * MILLION)
    assert tasks(office) == []
    more = waiting(call=voucher.line.call, own_won=10 * MILLION)
    pay_in(more, 11 * MILLION, reference="T-2")
    assert tasks(office) == [("Pay back an own share", more.number, due("pay_back"))]


def test_changes_and_own_shares():
    voucher = issued()
    office = voucher.line.call.office
    boss = voucher.agreement.application.submitted_by
    change = ask_change(voucher=voucher, kind=ChangeKind.END, text="No need any more.", by=boss, at=NOW)
    assert tasks(office) == [("Decide on a change", voucher.number, due("change"))]
    decide_change(change=change, approve=False, text="Use it first.", by=officer(office), at=NOW)
    assert tasks(office) == []
    other = waiting(call=voucher.line.call)
    assert tasks(office) == [("Own share to come in", other.number, other.deposit_by)]
    after, last = other.deposit_by + DAY, other.deposit_by + days_for()["own_share"] * DAY
    assert tasks(office, day=after) == [("Enter the own share, if it came in by its day", other.number, last)]


def test_recoveries_by_hearing_decision_and_next_part():
    recovery = announced()
    office = office_of(recovery)
    assert tasks(office) == [
        ("Decide on a recovery", recovery.number, recovery.object_by + days_for()["recovery"] * DAY)
    ]
    objected(recovery)
    assert tasks(office) == [("Decide on a recovery", recovery.number, due("recovery"))]
    done = confirmed(recovery)
    assert tasks(office) == [("Money to come back", recovery.number, done.pay_by)]
    first, second, _third = planned(done).instalments.order_by("serial")
    assert tasks(office) == [("Money to come back", recovery.number, first.due_on)]
    received(recovery, first.amount_won)
    assert tasks(office) == [("Money to come back", recovery.number, second.due_on)]
    late = second.due_on + DAY
    assert become_delinquent(recovery_id=recovery.pk, at=NOW.replace(year=late.year, month=late.month, day=late.day))
    assert [task.is_overdue for task in queue(officer(office), late)] == [True]
    dropped = announced()
    confirmed(dropped, confirm=False, at=NOW)
    assert tasks(office_of(dropped)) == []


def test_sanctions_of_both_kinds():
    sanction = proposed(confirmed())
    office = sanction.office
    rows = tasks(office, by=sanction.proposed_by, day=timezone.localdate(LATER))
    assert ("Decide on a sanction", sanction.recovery.number, due("sanction", LATER)) in rows
    imposed(sanction)
    assert "Decide on a sanction" not in [what for what, _number, _day in tasks(office)]
    heard = accused()
    after = heard.answer_by + days_for()["sanction"] * DAY
    assert tasks(heard.office) == [("Decide on a sanction", heard.organization.name_en, after)]
    imposed(heard, impose=False)
    assert tasks(heard.office) == []


def test_objections_and_selections():
    refused = review.ineligible()
    objection = review.objected(refused)
    office = refused.call.office
    assert tasks(office) == [("Answer an objection", refused.number, objection.answer_due_on)]
    review.answered(objection)
    assert tasks(office) == []
    selection = review.proposed(60)
    office = selection.call.office
    assert tasks(office) == [("Approve a selection", selection.call.number, due("selection", selection.proposed_at))]
    assert [task.is_mine for task in queue(selection.proposed_by, TODAY)] == [True]
    review.published(selection)
    assert tasks(office) == []


def test_ordered_by_day_and_late_only_after_it():
    call = call_row()
    later = issued(call=call, at=NOW)
    boss = later.agreement.application.submitted_by
    ask_change(voucher=later, kind=ChangeKind.END, text="x", by=boss, at=NOW + DAY)
    first = waiting(call=call)
    found = queue(officer(call.office), TODAY)
    assert [task.due_on for task in found] == sorted(task.due_on for task in found)
    assert {task.number for task in found} == {later.number, first.number}
    day = found[-1].due_on
    late = {
        day: [task.number for task in queue(officer(call.office), day) if task.is_overdue] for day in (day, day + DAY)
    }
    assert late == {day: [], day + DAY: [later.number]}


def test_for_ones_own_office_alone_and_marked_for_who_works_for_a_party():
    claim = orders.accepted()
    office = orders.office_of(claim)
    assert tasks(OrganizationFactory(government=True)) == []
    assert queue(MembershipFactory(organization=claim.order.voucher.holder).user, TODAY) == []
    admin = MembershipFactory(organization=OrganizationFactory(), user__is_superuser=True).user
    assert queue(admin, TODAY) == []
    for party in (claim.order.voucher.holder, claim.order.provider):
        both = officer(office)
        MembershipFactory(organization=party, user=both)
        assert [(task.is_mine, task.is_of_a_party) for task in queue(both, TODAY)] == [(True, True)]


def test_says_when_a_kind_is_cut():
    call = call_row(budget_won=10_000 * MILLION)
    for _ in range(EACH - 1):
        waiting(call=call, government_won=1 * MILLION)
    user = officer(call.office)
    assert not is_cut(queue(user, TODAY))
    waiting(call=call, government_won=1 * MILLION)
    waiting(call=call, government_won=1 * MILLION)
    assert len(queue(user, TODAY)) == EACH
    assert is_cut(queue(user, TODAY))
    assert len({task.url for task in queue(user, TODAY)}) == EACH
