"""A voucher that is over leaves no money bound: orders and claims that nobody goes on with end by themselves."""

import pytest

from marketplace.core.errors import NotPossibleNow
from notifications.models import Notification
from tests.factories.vouchers.money import DAY, MILLION, NOW
from tests.factories.vouchers.orders import (
    accepted,
    answered,
    approved,
    checked,
    drafted,
    officer,
    placed,
    running,
    sent,
    staff,
    submitted,
    voucher,
)
from tests.threads import at_once, kinds
from vouchers.enums.claims import ClaimState
from vouchers.enums.orders import TERM_OVER, OrderState
from vouchers.enums.vouchers import VoucherState
from vouchers.models import LedgerEntry, Voucher
from vouchers.services.claims.answer import object_to_claim, submit_claim
from vouchers.services.claims.check import disallow_claim, return_claim
from vouchers.services.life.over import end_early, settle
from vouchers.services.life.sweep import nightly, remind
from vouchers.services.money.balance import out_of_balance


def state_of(made):
    made.refresh_from_db()
    return made.state


def sums(made):
    made = Voucher.objects.get(pk=made.pk)
    return made.state, made.open_won, made.bound_won, made.paid_won, made.returned_won


@pytest.fixture
def order():
    made = voucher(valid_until=(NOW + DAY).date())
    return running(made, days=1)


def night(order, days):
    nightly(at=NOW + days * DAY)
    assert not list(out_of_balance(claims=True))
    order.refresh_from_db()
    return order


def test_an_order_runs_through_the_grace_and_ends_the_night_after(order):
    assert night(order, 2).state == OrderState.RUNNING
    assert sums(order.voucher) == (VoucherState.EXPIRED, 0, 6 * MILLION, 0, 24 * MILLION)
    # The grace counts from the night that found the term over, which was the second day.
    assert night(order, 62).state == OrderState.RUNNING
    ended = night(order, 63)
    assert (ended.state, ended.closed_text, ended.closed_by) == (OrderState.CANCELLED, TERM_OVER, None)
    assert "time to accept" in ended.why_closed
    assert sums(order.voucher) == (VoucherState.CLOSED, 0, 0, 0, 30 * MILLION)
    night(order, 64)
    assert LedgerEntry.objects.filter(subject=order.public_id, verb="unbind").count() == 1


def test_what_was_handed_in_is_decided_and_paid_after_the_grace(order):
    claim = submitted(order)
    night(order, 2)
    assert night(order, 100).state == OrderState.RUNNING
    claim.refresh_from_db()
    assert claim.state == ClaimState.SUBMITTED  # silence accepts it in a task of its own
    assert sums(order.voucher)[2] == 6 * MILLION


def test_a_part_that_was_claimed_is_paid_and_the_rest_returned(order):
    claim = approved(order, supply_won=2 * MILLION, vat_won=200_000)
    night(order, 2)
    assert night(order, 63).state == OrderState.RUNNING
    answered(sent(claim))
    assert night(order, 64).state == OrderState.CANCELLED
    assert sums(order.voucher) == (VoucherState.CLOSED, 0, 0, 1_500_000, 28_500_000)


def test_a_draft_ends_with_the_grace_and_cannot_be_handed_in_any_more(order):
    claim = drafted(order)
    night(order, 2)
    with pytest.raises(NotPossibleNow, match="over"):
        submit_claim(claim=claim, by=claim.written_by, at=NOW + 63 * DAY)
    with pytest.raises(NotPossibleNow, match="over"):
        drafted(order, at=NOW + 63 * DAY)
    assert night(order, 63).state == OrderState.CANCELLED
    claim.refresh_from_db()
    assert (claim.state, claim.reason) == (ClaimState.WITHDRAWN, TERM_OVER)
    assert claim.steps.filter(state=ClaimState.WITHDRAWN, by=None).count() == 1


@pytest.mark.parametrize("sent_back", ["objected", "correction"])
def test_what_was_sent_back_late_has_its_days(order, sent_back):
    """Fourteen of the call, though the grace is over before."""
    night(order, 2)
    late = NOW + 60 * DAY
    if sent_back == "objected":
        claim = submitted(order, at=late)
        object_to_claim(claim=claim, reason="Nothing works", by=staff(order.voucher.holder), at=late)
    else:
        claim = accepted(order, at=late)
        return_claim(claim=claim, reason="Unsigned", by=officer(order.voucher.line.call.office), at=late)
    assert night(order, 74).state == OrderState.RUNNING
    assert state_of(claim) == sent_back
    submit_claim(claim=claim, by=claim.written_by, at=NOW + 74 * DAY)
    assert night(order, 75).state == OrderState.RUNNING
    again = {"by": staff(order.voucher.holder), "at": NOW + 76 * DAY}
    object_to_claim(claim=claim, reason="Still nothing", **again)
    assert night(order, 90).state == OrderState.RUNNING
    assert night(order, 91).state == OrderState.CANCELLED
    assert state_of(claim) == ClaimState.WITHDRAWN
    assert sums(order.voucher) == (VoucherState.CLOSED, 0, 0, 0, 30 * MILLION)


def test_what_the_office_does_not_allow_after_the_grace_goes_back(order):
    claim = checked(order)
    night(order, 2)
    night(order, 63)
    disallow_claim(claim=claim, reason="Copied", by=officer(order.voucher.line.call.office), at=NOW + 70 * DAY)
    night(order, 71)
    assert sums(order.voucher) == (VoucherState.CLOSED, 0, 0, 0, 30 * MILLION)


def test_orders_nobody_accepted_end_with_the_voucher():
    made = voucher()
    order = placed(made)
    end_early(voucher=made, text="Closed down", by=officer(made.line.call.office), at=NOW)
    order.refresh_from_db()
    assert (order.state, order.closed_text) == (OrderState.WITHDRAWN, TERM_OVER)
    assert sums(made)[4] == 30 * MILLION
    late = voucher(valid_until=(NOW + DAY).date())
    order = placed(late, days=1)
    assert night(order, 2).state == OrderState.WITHDRAWN


def test_the_provider_is_reminded_once(order):
    boss = staff(order.provider)
    night(order, 2)
    assert remind(at=NOW + 47 * DAY) == 0
    for days in (48, 49):
        assert remind(at=NOW + days * DAY) == 1
    told = Notification.objects.filter(kind="voucher_grace_ends")
    assert {each.recipient for each in told} >= {boss}
    assert told.filter(recipient=boss).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_end_of_the_grace_against_a_claim(locked, meeting):
    made = voucher(valid_until=(NOW + DAY).date())
    order = running(made, days=1)
    claim = drafted(order)
    nightly(at=NOW + 2 * DAY)
    outcomes = at_once(
        lambda: submit_claim(claim=claim, by=claim.written_by, at=NOW + 62 * DAY),
        lambda: settle(voucher_id=made.pk, at=NOW + 63 * DAY),
    )
    claim.refresh_from_db()
    order.refresh_from_db()
    taken = not isinstance(outcomes[0], Exception)
    together = (taken, claim.state, order.state, sums(made)[2]) in (
        (True, ClaimState.SUBMITTED, OrderState.RUNNING, 6 * MILLION),
        (False, ClaimState.WITHDRAWN, OrderState.CANCELLED, 0),
    )
    # Without the locks both have looked before one writes: only the database stops the other, if anything does.
    assert (together and "database" not in kinds(outcomes)) == locked
    assert not list(out_of_balance(claims=True))
