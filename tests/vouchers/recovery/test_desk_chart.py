"""The use of the budget over time: each month stands, also one in which nothing moved."""

import datetime

import pytest

from tests.factories.vouchers.money import MILLION, NOW, issued, spend
from vouchers.queries.desk import use_over_time

pytestmark = pytest.mark.django_db


def test_months_without_a_movement_stand_with_what_was_there():
    voucher = issued(government_won=30 * MILLION)
    spend(voucher, 10 * MILLION, at=NOW + datetime.timedelta(days=95))
    spend(voucher, 5 * MILLION, at=NOW + datetime.timedelta(days=125))
    found = use_over_time([voucher.line])
    assert [each.month.strftime("%Y-%m") for each in found] == [
        "2026-11", "2026-12", "2027-01", "2027-02", "2027-03",
    ]  # fmt: skip
    assert {each.committed_won for each in found} == {30 * MILLION}
    assert [each.paid_won // MILLION for each in found] == [0, 0, 0, 10, 15]
    assert use_over_time([voucher.line], months=2) == found[-2:]
    assert use_over_time([]) == []
