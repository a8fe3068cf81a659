"""At the same moment: a voucher that runs out, files against single claims, and firms that are merged meanwhile.

Each ends in one of the states that one after the other would have left, and the sums agree. `VOUCHER_RACES=300` runs
the ones without a fixed meeting so often.
"""

import os
import uuid

import pytest

from accounts.enums import Role
from accounts.models import MergeProposal
from accounts.services import merge as merging_service
from accounts.services.merge import merge, propose_merge
from marketplace.core.errors import is_lock_timeout
from tests.database import mail_waits
from tests.factories.accounts import OrganizationFactory
from tests.factories.vouchers import recovery as recoveries
from tests.factories.vouchers.money import DAY, MILLION, NOW, TODAY, call_row, waiting
from tests.factories.vouchers.money import officer as officer_of_role
from tests.factories.vouchers.orders import (
    answered,
    approved,
    drafted,
    given,
    known,
    office_of,
    officer,
    placed,
    prepared,
    running,
    sent,
    staff,
    voucher,
)
from tests.threads import at_once, kinds, meet_where
from vouchers.enums.claims import ClaimState, PaymentState
from vouchers.enums.orders import OrderState
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Claim, Order, Payment, Recovery, Sanction, Voucher
from vouchers.services.claims.answer import submit_claim
from vouchers.services.claims.check import disallow_claim
from vouchers.services.claims.pay import cancel_batch, prepare_batch, send_batch
from vouchers.services.life.deposits import enter_deposit
from vouchers.services.life.over import end_early, expire
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import NotEnough
from vouchers.services.orders.answer import accept_order, cancel_order
from vouchers.services.orders.place import place_order
from vouchers.services.recovery import announce as announcing
from vouchers.services.recovery import sanctions as sanctioning
from vouchers.services.recovery.announce import announce
from vouchers.services.recovery.sanctions import propose

pytestmark = pytest.mark.django_db(transaction=True)
RACES = int(os.environ.get("VOUCHER_RACES", "3"))


@pytest.fixture(autouse=True)
def unmailed():
    with mail_waits():
        yield


def agree():
    assert [each for each in out_of_balance(claims=True) if each.what != "reserved"] == []


def one_wins(outcomes, locked):
    """With the locks the other is told in words. Without them both were done, or only the database kept one out."""
    assert (kinds(outcomes) == ["done", "told"]) == locked


def is_busy(outcomes):
    """Whether somebody waited longer for a lock than the house lets anybody wait, and is asked to try again."""
    return any(isinstance(each, Exception) and is_lock_timeout(each) for each in outcomes)


def told(outcomes):
    """How many were refused in words; nothing else went wrong."""
    return kinds(outcomes).count("told")


# --- a voucher that is over (the end of the grace: tests/vouchers/orders/test_run_out)


@pytest.mark.parametrize("ends", ["expire", "end"])
def test_expiry_against_a_claim_loses_neither(ends):
    """A claim handed in while the voucher ends is paid afterwards; nothing of it is returned."""
    for _time in range(RACES):
        made = voucher()
        claim = drafted(running(made))
        Voucher.objects.filter(pk=made.pk).update(valid_until=TODAY)
        clerk = officer(made.line.call.office)
        over = {
            "expire": lambda: expire(voucher_id=made.pk, at=NOW + DAY),  # noqa: B023
            "end": lambda: end_early(voucher=made, text="x", by=clerk, at=NOW + DAY),  # noqa: B023
        }[ends]
        outcomes = at_once(over, lambda: submit_claim(claim=claim, by=claim.written_by, at=NOW + DAY))  # noqa: B023
        assert told(outcomes) == 0
        fresh = Voucher.objects.get(pk=made.pk)
        assert fresh.state in (VoucherState.EXPIRED, VoucherState.ENDED)
        assert (fresh.open_won, fresh.bound_won) == (0, claim.government_won)
        assert fresh.bound_won + fresh.returned_won == fresh.face_won
        agree()


def test_expiry_against_an_order_that_is_accepted(locked, meeting):
    made = voucher()
    order = placed(made)
    Voucher.objects.filter(pk=made.pk).update(valid_until=TODAY)
    by = staff(order.provider)
    outcomes = at_once(
        lambda: accept_order(order=order, by=by, at=NOW),
        lambda: expire(voucher_id=made.pk, at=NOW + DAY),
    )
    agree()
    fresh, order = Voucher.objects.get(pk=made.pk), Order.objects.get()
    whole = fresh.bound_won + fresh.returned_won == fresh.face_won and fresh.open_won == 0
    fits = order.state == (OrderState.RUNNING if fresh.bound_won else OrderState.WITHDRAWN)
    found_nothing_left = any(isinstance(outcome, NotEnough) for outcome in outcomes)
    if locked:
        assert (whole, fits, found_nothing_left) == (True, True, False)
    else:  # The money was bound and returned at once: only the guards of the sums, here or in the database, kept them.
        assert "database" in kinds(outcomes) or found_nothing_left


def test_a_claim_against_the_cancelling_of_its_order(locked, meeting):
    claim = drafted()
    order = claim.order
    by = staff(order.voucher.holder)
    outcomes = at_once(
        lambda: submit_claim(claim=claim, by=claim.written_by, at=NOW),
        lambda: cancel_order(order=order, reason="x", by=by, at=NOW),
    )
    one_wins(outcomes, locked)
    if locked:
        agree()
        claim.refresh_from_db()
        order.refresh_from_db()
        assert (claim.state, order.state) in (("submitted", "running"), ("draft", "cancelled"))


# --- a file against single claims


def test_a_file_against_the_refusal_of_one_of_its_claims(locked, meeting):
    """All or nothing: either the file has both, or none is in a file and one is not allowed."""
    made = voucher()
    claims = [approved(running(made, supply_won=4 * MILLION, service=name)) for name in ("market", "promotion")]
    call, clerks = made.line.call, [officer(made.line.call.office) for _ in range(2)]
    ids = [claim.public_id for claim in claims]
    outcomes = at_once(
        lambda: prepare_batch(call=call, claims=ids, key=uuid.uuid4(), by=clerks[0], at=NOW),
        lambda: disallow_claim(claim=claims[0], reason="x", by=clerks[1], at=NOW),
    )
    one_wins(outcomes, locked)
    if locked:
        agree()
        states = sorted(Claim.objects.values_list("state", flat=True))
        assert (states, Payment.objects.count()) in ((["paying", "paying"], 2), (["approved", "disallowed"], 0))


def test_sending_a_file_against_cancelling_it(locked, meeting):
    batch = prepared()
    clerks = [officer(batch.call.office) for _ in range(2)]
    outcomes = at_once(
        lambda: send_batch(batch=batch, by=clerks[0], at=NOW),
        lambda: cancel_batch(batch=batch, reason="x", by=clerks[1], at=NOW),
    )
    one_wins(outcomes, locked)
    if locked:
        assert (Payment.objects.get().state, Claim.objects.get().state) in (
            (PaymentState.WAITING, ClaimState.PAYING), (PaymentState.CANCELLED, ClaimState.APPROVED),
        )  # fmt: skip


def test_two_files_with_some_claims_in_common():
    """In opposite orders, many times: no two wait for each other, and each claim is in one file."""
    for _time in range(RACES):
        made = voucher()
        claims = [approved(running(made, supply_won=4 * MILLION, service=name)) for name in ("market", "promotion")]
        call, clerks = made.line.call, [officer(made.line.call.office) for _ in range(2)]
        ids = [claim.public_id for claim in claims]
        outcomes = at_once(
            lambda: prepare_batch(call=call, claims=ids, key=uuid.uuid4(), by=clerks[0], at=NOW),  # noqa: B023
            lambda: prepare_batch(call=call, claims=ids[:0:-1], key=uuid.uuid4(), by=clerks[1], at=NOW),  # noqa: B023
        )
        assert told(outcomes) == 1
        alive = Payment.objects.filter(claim__in=claims, state=PaymentState.WAITING)
        assert alive.count() == alive.values("claim").distinct().count() >= 1
        agree()


def test_a_result_that_sends_money_back_against_asking_it_back():
    """What the bank sent back is not asked back too, nor the other way round."""
    for _time in range(RACES):
        claim = approved()
        batch = sent(claim)
        answered(batch)
        made = Voucher.objects.select_related("line__call__office", "holder").get(pk=claim.order.voucher_id)
        clerk = officer(office_of(claim))
        outcomes = at_once(
            lambda: answered(batch, "returned", by=clerk),  # noqa: B023
            lambda: announce(
                voucher=made, debtor=made.holder, ground="overpaid", text="x", principal_won=claim.government_won,  # noqa: B023
                interest_from=TODAY, key=uuid.uuid4(), by=clerk, at=NOW,  # noqa: B023
            ),
        )  # fmt: skip
        assert sum(isinstance(each, Exception) for each in outcomes) == 1
        made.refresh_from_db()
        asked = sum(each.principal_won for each in Recovery.objects.filter(voucher=made))
        assert made.paid_won == asked
        agree()


# --- firms that are merged while a voucher lives


def merging(gone, into=None):
    """The second half of a merge, as a call, and the organization that stands afterwards."""
    into = into or known(OrganizationFactory())
    bosses = [officer_of_role(OrganizationFactory(government=True), Role.MANAGER) for _ in range(2)]
    propose_merge(gone=gone, into=into, reason="The same", by=bosses[0], at=NOW)
    return (lambda: merge(gone=gone, into=into, reason="They are", by=bosses[1], at=NOW)), into


def test_a_firm_is_merged_while_it_orders():
    """The voucher goes on under the firm that stands, with the order or without; nothing waits for nobody."""
    for _time in range(RACES):
        quotation = given()
        made = quotation.choice.voucher
        by = staff(made.holder)
        carry_out, into = merging(made.holder)
        outcomes = at_once(
            lambda: place_order(quotation=quotation, why="x", key=uuid.uuid4(), by=by, at=NOW),  # noqa: B023
            carry_out,
        )
        if is_busy(outcomes):
            agree()
            continue
        # Who was of the firm that is gone is of the one that stands, so an order that waited is done too, or refused.
        done = [isinstance(each, Order) for each in outcomes]
        assert isinstance(outcomes[1], MergeProposal)
        fresh = Voucher.objects.get(pk=made.pk)
        assert fresh.holder == into
        assert Order.objects.filter(voucher=made).count() == sum(done)
        agree()


def test_a_firm_is_merged_while_its_own_share_is_completed():
    for _time in range(RACES):
        made = waiting(call=call_row(), firm=known(OrganizationFactory()), own_won=10 * MILLION)
        clerk = officer(made.line.call.office)
        carry_out, into = merging(made.holder)
        given_ = {"amount_won": 10 * MILLION, "received_on": TODAY, "reference": "B-1", "key": uuid.uuid4()}
        outcomes = at_once(
            lambda: enter_deposit(voucher=made, by=clerk, at=NOW, **given_), carry_out  # noqa: B023
        )  # fmt: skip
        if is_busy(outcomes):
            agree()
            continue
        assert kinds(outcomes) == ["done", "done"], outcomes
        fresh = Voucher.objects.get(pk=made.pk)
        assert (fresh.holder, fresh.state, fresh.open_won) == (into, VoucherState.ISSUED, fresh.face_won)
        agree()


@pytest.mark.parametrize("what", ["recovery", "sanction"])
def test_who_owes_is_merged_while_it_is_asked(what, locked, monkeypatch):
    """What is asked back, and for what it is sanctioned, is asked of the firm that stands. Without the lock on the
    firm the row is written behind the merge, of one in whose name nobody can object, or only the database stops it."""
    asking = {"recovery": (announcing, "_check"), "sanction": (sanctioning, "_end_of")}[what]
    # The merge has moved what there was, the other has read who owes.
    meet_where(monkeypatch, [asking, (merging_service, "_settle_people")], locked=locked)
    stray = 0
    for _time in range(RACES if locked else 1):
        owed = recoveries.paid_voucher(firm=known(OrganizationFactory()))
        clerk = officer(owed.line.call.office)
        found = recoveries.confirmed(recoveries.announced(owed, principal_won=MILLION)) if what == "sanction" else None
        carry_out, into = merging(owed.holder)
        at = recoveries.LATER
        ask = {
            "recovery": lambda: announce(
                voucher=owed, debtor=owed.holder, ground="overpaid", text="x", principal_won=MILLION,  # noqa: B023
                interest_from=TODAY, key=uuid.uuid4(), by=clerk, at=at,  # noqa: B023
            ),
            "sanction": lambda: propose(
                recovery=found, kind="warning", reason="x", key=uuid.uuid4(), by=clerk, at=at  # noqa: B023
            ),
        }[what]  # fmt: skip
        outcomes = at_once(ask, carry_out)
        if locked and not is_busy(outcomes):
            assert "database" not in kinds(outcomes), outcomes
            assert isinstance(outcomes[1], MergeProposal)
        named = Recovery.objects.values_list("debtor") if what == "recovery" else Sanction.objects.values_list(
            "organization"
        )  # fmt: skip
        stray += named.filter(**{"debtor" if what == "recovery" else "organization": owed.holder_id}).count()
        assert not locked or into.pk != owed.holder_id
    assert stray == 0 if locked else stray == 1 or "database" in kinds(outcomes)
    assert [each for each in out_of_balance() if each.what != "reserved"] == []
