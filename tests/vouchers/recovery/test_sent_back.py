"""The bank sends a payment back while its money is asked back: it comes back once, by whichever way comes first."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories.vouchers import orders
from tests.factories.vouchers.money import MILLION, officer
from tests.factories.vouchers.recovery import LATER, announced, confirmed, received
from vouchers.enums.money import Verb
from vouchers.models import Claim, LedgerEntry, Recovery, Voucher
from vouchers.services.claims.result_rows import BadResultFile
from vouchers.services.money.balance import out_of_balance
from vouchers.services.money.post import post

pytestmark = pytest.mark.django_db


def paid_claim():
    """8 M without VAT, 6 M of it from the government, and its payment file."""
    claim = orders.paid()
    return claim, claim.payments.get().batch


def sums(claim):
    voucher = Voucher.objects.get(pk=claim.order.voucher_id)
    return voucher.bound_won, voucher.paid_won, voucher.recovered_won, Claim.objects.get(pk=claim.pk).state


def test_sent_back_without_a_recovery_waits_for_the_next_file():
    claim, batch = paid_claim()
    orders.answered(batch, "returned", at=LATER)
    assert sums(claim) == (6 * MILLION, 0, 0, "approved")
    assert not list(out_of_balance(claims=True))


@pytest.mark.parametrize("asked_won", [1, 6 * MILLION])
def test_what_is_asked_back_does_not_come_back_by_the_bank_too(asked_won):
    claim, batch = paid_claim()
    recovery = announced(claim.order.voucher, principal_won=asked_won)
    before, entries = sums(claim), LedgerEntry.objects.count()
    with pytest.raises(BadResultFile) as refused:
        orders.answered(batch, "returned", at=LATER)
    assert recovery.number in refused.value.problems[0].why
    assert (sums(claim), LedgerEntry.objects.count()) == (before, entries)
    assert not batch.results.filter(returned__gt=0).exists()


def test_dropped_first_it_comes_back_by_the_bank():
    claim, batch = paid_claim()
    recovery = announced(claim.order.voucher, principal_won=6 * MILLION)
    confirmed(recovery, confirm=False)
    orders.answered(batch, "returned", at=LATER)
    assert sums(claim) == (6 * MILLION, 0, 0, "approved")


def test_confirmed_it_is_entered_as_a_receipt_and_never_comes_again():
    claim, batch = paid_claim()
    recovery = confirmed(announced(claim.order.voucher, principal_won=6 * MILLION))
    owed = 6 * MILLION + 6 * MILLION * 300 * 21 // (10_000 * 365)
    received(recovery, owed)
    with pytest.raises(BadResultFile):
        orders.answered(batch, "returned", at=LATER)
    assert sums(claim) == (0, 0, 6 * MILLION, "paid")
    assert Recovery.objects.get().state == "paid_back"
    assert not list(out_of_balance(claims=True))


def test_two_payments_of_one_voucher_are_counted_together():
    voucher = orders.voucher()
    claims = [orders.approved(orders.running(voucher, service=service)) for service in ("prototype", "market")]
    batch = orders.sent(*claims)
    orders.answered(batch)
    announced(voucher, principal_won=6 * MILLION)
    with pytest.raises(BadResultFile) as refused:
        orders.answered(batch, "returned", at=LATER)
    assert len(refused.value.problems) == 1
    assert sums(claims[0])[1] == 12 * MILLION
    orders.answered(batch, "returned", at=LATER, only=[claims[0]])
    assert sums(claims[0])[:2] == (6 * MILLION, 6 * MILLION)
    assert not list(out_of_balance(claims=True))


def test_the_database_says_so_too():
    claim, _batch = paid_claim()
    voucher = claim.order.voucher
    announced(voucher, principal_won=6 * MILLION)
    voucher.refresh_from_db()
    with pytest.raises(DatabaseError, match="does not come back twice"), transaction.atomic():
        _reverse(claim, voucher)
    assert sums(claim)[1] == 6 * MILLION


def _reverse(claim, voucher):
    post(
        line_id=voucher.line_id, verb=Verb.REVERSE, amount_won=1, subject=claim.public_id, key=uuid.uuid4(),
        by=officer(orders.office_of(claim)), at=LATER, voucher=voucher,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
