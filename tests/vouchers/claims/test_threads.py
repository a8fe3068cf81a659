"""At the same moment. Each race is run with the locks, and without them to show what they are for."""

import uuid

import pytest

from marketplace.core.errors import DomainError
from tests.factories.vouchers.money import DAY, NOW, TODAY
from tests.factories.vouchers.orders import (
    accepted,
    answered,
    approved,
    checked,
    drafted,
    office_of,
    officer,
    running,
    sent,
    staff,
    submitted,
)
from tests.threads import at_once, kinds, meet_where
from vouchers.enums.claims import ClaimState
from vouchers.enums.money import Verb
from vouchers.models import Claim, LedgerEntry, Payment
from vouchers.services.claims import answer as answering
from vouchers.services.claims import draft as drafting
from vouchers.services.claims.answer import accept_by_silence, accept_claim, submit_claim
from vouchers.services.claims.check import approve_claim, check_claim, return_claim
from vouchers.services.claims.draft import save_claim, withdraw_claim
from vouchers.services.claims.pay import prepare_batch

pytestmark = pytest.mark.django_db(transaction=True)


def one_wins(outcomes, locked):
    """With the locks the other one is told in words; without them only the database may keep it out, if at all."""
    if locked:
        assert kinds(outcomes) == ["done", "told"]
    else:
        assert kinds(outcomes) != ["done", "told"]


def test_two_claims_on_one_order(locked, monkeypatch):
    # Both have read what the order has left before one of them takes it: earlier, and the second may find it taken.
    meet_where(monkeypatch, [(answering, "scheme_of")], locked=locked)
    order = running()
    first, second = drafted(order), drafted(order)
    outcomes = at_once(*(lambda c=c: submit_claim(claim=c, by=c.written_by, at=NOW) for c in (first, second)))
    one_wins(outcomes, locked)
    assert Claim.objects.filter(state=ClaimState.SUBMITTED).count() == 1


@pytest.mark.parametrize("saving", [False, True])
def test_one_tax_invoice_for_two_orders_at_once(monkeypatch, saving):
    """Each has locked another voucher and seen no claim with that number: the unique index tells the second."""
    orders = [running() for _ in range(2)]
    drafts = [drafted(order) for order in orders] if saving else []
    meet_where(monkeypatch, [(drafting, "sums_of")], locked=False)
    if saving:
        outcomes = at_once(
            *(
                lambda c=c: save_claim(
                    claim=c, revision=1, text="x", invoice_number="I-1", invoice_on=TODAY, by=c.written_by, at=NOW
                )
                for c in drafts
            )
        )
    else:
        outcomes = at_once(*(lambda o=o: drafted(o, invoice="I-1", papers=False) for o in orders))
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [type(each) for each in refused] == [DomainError]
    assert "another claim" in str(refused[0])
    assert Claim.objects.filter(invoice_number="I-1").count() == 1


def test_two_officers_check_at_once(locked, meeting):
    claim = accepted()
    people = [officer(office_of(claim)) for _ in range(2)]
    outcomes = at_once(*(lambda by=by: check_claim(claim=claim, by=by, at=NOW) for by in people))
    one_wins(outcomes, locked)


def test_approve_against_correction(locked, meeting):
    claim = checked()
    people = [officer(office_of(claim)) for _ in range(2)]
    outcomes = at_once(
        lambda: approve_claim(claim=claim, by=people[0], at=NOW),
        lambda: return_claim(claim=claim, reason="x", by=people[1], at=NOW),
    )
    one_wins(outcomes, locked)


def test_accept_against_withdraw(locked, meeting):
    claim = submitted()
    by = staff(claim.order.voucher.holder)
    outcomes = at_once(
        lambda: accept_claim(claim=claim, by=by, at=NOW),
        lambda: withdraw_claim(claim=claim, reason="x", by=claim.written_by, at=NOW),
    )
    one_wins(outcomes, locked)


def test_silence_against_withdraw():
    claim = submitted()
    at = NOW + 8 * DAY
    at_once(
        lambda: accept_by_silence(claim=claim, at=at),
        lambda: withdraw_claim(claim=claim, reason="x", by=claim.written_by, at=at),
    )
    claim.refresh_from_db()
    assert claim.state in (ClaimState.ACCEPTED, ClaimState.WITHDRAWN)
    assert claim.steps.filter(state__in=[ClaimState.ACCEPTED, ClaimState.WITHDRAWN]).count() == 1


def test_two_payment_files_take_one_claim(locked, meeting):
    claim = approved()
    call = claim.order.voucher.line.call
    people = [officer(call.office) for _ in range(2)]
    outcomes = at_once(
        *(
            lambda by=by: prepare_batch(call=call, claims=[claim.public_id], key=uuid.uuid4(), by=by, at=NOW)
            for by in people
        )
    )
    one_wins(outcomes, locked)
    assert Payment.objects.count() == 1


def test_one_result_read_twice_at_once_pays_once():
    claim = approved()
    batch = sent(claim)
    outcomes = at_once(*(lambda: answered(batch) for _ in range(2)))
    assert sorted(each.is_new for each in outcomes) == [False, True]
    assert LedgerEntry.objects.filter(verb=Verb.DISBURSE).count() == 1
