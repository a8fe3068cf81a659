"""A claim that was approved and must not, or cannot, be paid: an officer refuses it, and its money is free again."""

import pytest

from marketplace.core.errors import NotAllowed
from marketplace.core.states import IllegalTransition
from tests.factories.vouchers.money import DAY, NOW
from tests.factories.vouchers.orders import answered, approved, office_of, officer, paid, prepared, sent, staff
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Claim, Voucher
from vouchers.services.claims.check import disallow_claim
from vouchers.services.claims.pay import AccountMissing, prepare_batch
from vouchers.services.life.sweep import nightly
from vouchers.services.money.balance import out_of_balance

pytestmark = pytest.mark.django_db


def refused(claim, by=None):
    return disallow_claim(claim=claim, reason="The provider has closed.", by=by or officer(office_of(claim)), at=NOW)


def test_what_can_never_be_paid_does_not_bind_money_for_ever():
    """No account is named any more, so no file takes it. Refused, it goes back, and the voucher is closed in time."""
    claim = approved()
    profile = claim.order.provider.business_profile
    profile.bank_code = profile.bank_account = ""
    profile.save()
    by = officer(office_of(claim))
    with pytest.raises(AccountMissing):
        prepare_batch(call=claim.order.voucher.line.call, claims=[claim.public_id], key=claim.key, by=by, at=NOW)
    nightly(at=NOW + 900 * DAY)
    assert Voucher.objects.get().bound_won == claim.government_won
    refused(claim)
    voucher = Voucher.objects.get()
    assert (voucher.bound_won, voucher.open_won, voucher.paid_won) == (0, 0, 0)
    nightly(at=NOW + 901 * DAY)
    voucher.refresh_from_db()
    assert (voucher.state, voucher.returned_won) == (VoucherState.CLOSED, voucher.face_won)
    assert not list(out_of_balance(claims=True))


def test_after_the_bank_sent_it_back():
    claim = approved()
    batch = sent(claim)
    answered(batch)
    answered(batch, "returned")
    claim.refresh_from_db()
    assert refused(claim).state == "disallowed"
    assert not list(out_of_balance(claims=True))


def test_not_while_it_is_in_a_file_nor_when_it_is_paid_nor_by_a_party():
    waiting = prepared().payments.get().claim
    for claim in (waiting, paid()):
        with pytest.raises(IllegalTransition):
            refused(claim)
    claim = approved()
    with pytest.raises(NotAllowed):
        refused(claim, by=staff(claim.order.provider))
    assert set(Claim.objects.values_list("state", flat=True)) == {"paying", "paid", "approved"}
