"""The term is over: what is left goes back, and what that means for the firm."""

from dataclasses import replace
from datetime import date

import pytest

from marketplace.core.errors import Conflict
from programmes.registry import standing_of
from tests.factories.vouchers import orders
from tests.factories.vouchers.life import agree, pay_back
from tests.factories.vouchers.money import (
    DAY,
    MILLION,
    NOW,
    TODAY,
    issued,
    officer,
    scheme,
    spend,
    waiting,
)
from vouchers.enums.vouchers import VoucherState
from vouchers.services.life import over
from vouchers.services.life.sweep import nightly, remind
from vouchers.services.money.balance import out_of_balance


def test_the_term_ends_and_what_is_left_goes_back():
    voucher = spend(issued(government_won=40 * MILLION, valid_until=TODAY), 30 * MILLION)
    assert nightly(at=NOW)["expired"] == 0
    assert nightly(at=NOW + DAY)["expired"] == 1
    voucher.refresh_from_db()
    assert (voucher.state, voucher.returned_won, voucher.unused_bp) == (VoucherState.CLOSED, 10 * MILLION, 2_500)
    assert voucher.barred_until is None
    voucher.line.refresh_from_db()
    assert voucher.line.available_won == 970 * MILLION
    agree()


def test_too_much_left_unused_bars_the_firm_next_year():
    voucher = spend(issued(government_won=40 * MILLION, valid_until=TODAY), 20 * MILLION)
    nightly(at=NOW + DAY)
    voucher.refresh_from_db()
    assert (voucher.unused_bp, voucher.barred_from, voucher.barred_until) == (
        5_000, date(2027, 1, 1), date(2027, 12, 31),
    )  # fmt: skip
    for day, barred in ((date(2026, 12, 31), False), (date(2027, 6, 1), True), (date(2028, 1, 1), False)):
        assert standing_of([voucher.holder_id], day).is_barred is barred


def test_exactly_the_rate_bars_nobody():
    voucher = spend(issued(government_won=40 * MILLION, valid_until=TODAY), 28 * MILLION)
    nightly(at=NOW + DAY)
    voucher.refresh_from_db()
    assert (voucher.unused_bp, voucher.barred_until) == (3_000, None)


def test_what_is_used_up_is_closed():
    voucher = spend(issued(), 50 * MILLION)
    assert nightly(at=NOW)["closed"] == 1
    voucher.refresh_from_db()
    assert (voucher.state, voucher.unused_bp) == (VoucherState.CLOSED, 0)


@pytest.mark.parametrize("ended", [False, True])
def test_what_the_bank_returns_after_the_night_is_paid_again(ended):
    """Used up, or over: it is not closed while the bank may still send a payment back."""
    voucher = orders.voucher(valid_until=TODAY + (DAY if ended else 300 * DAY))
    claim = orders.approved(orders.running(voucher, supply_won=40 * MILLION, service="market", days=1))
    batch = orders.sent(claim)
    orders.answered(batch)
    for days in (1, 2):
        assert nightly(at=NOW + days * DAY)["closed"] == 0
    orders.answered(batch, "returned", at=NOW + 2 * DAY)
    claim.refresh_from_db()
    assert claim.state == "approved"
    again = NOW + 20 * DAY
    assert nightly(at=again)["closed"] == 0
    orders.answered(orders.sent(claim, at=again), at=again)
    assert nightly(at=again + 14 * DAY)["closed"] == 0
    assert nightly(at=again + 15 * DAY)["closed"] == 1
    voucher.refresh_from_db()
    assert (voucher.state, voucher.paid_won, voucher.unused_bp) == (VoucherState.CLOSED, 30 * MILLION, 0)
    assert not list(out_of_balance(claims=True))


def test_own_share_goes_back_when_it_is_over():
    voucher = issued(own_won=10 * MILLION)
    over.end_early(voucher=voucher, text="Closed down.", by=officer(voucher.line.call.office), at=NOW)
    pay_back(voucher, 10 * MILLION)
    voucher.refresh_from_db()
    assert voucher.own_refunded_won == 10 * MILLION
    with pytest.raises(Conflict):
        pay_back(voucher, 1, reference="B-2")


def test_an_old_version_keeps_its_terms():
    content = scheme().to_json()
    del content["barred_years"], content["days"]["grace"], content["days"]["extension_months"]
    again = type(scheme()).from_json(content)
    assert again == replace(scheme())


def test_people_are_told_once(django_capture_on_commit_callbacks):
    voucher = waiting(own_won=10)
    ending = issued(valid_until=TODAY + 20 * DAY)
    at = NOW + 10 * DAY
    assert remind(at=at) == 2
    assert remind(at=at) == 2
    people = [voucher.agreement.application.submitted_by, ending.agreement.application.submitted_by]
    for person in people:
        told = person.notifications.filter(kind__in=["voucher_own_share_missing", "voucher_term_ends"])
        assert told.count() == 1
        assert "KRW" not in str(told.get().params)
