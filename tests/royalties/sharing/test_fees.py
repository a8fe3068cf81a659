"""A broker's fee as royalty comes in."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.fees import Plan, Tier, quote
from royalties.sharing.fees import FeePart, FeeTerms, fee_parts

MILLION = 1_000_000
PLAN = Plan(method="marginal", tiers=(Tier(0, 500), Tier(100 * MILLION, 300)), minimum_won=MILLION)


def by_received(**also):
    made = quote(PLAN, value_won=200 * MILLION)
    given = {
        "value_won": 200 * MILLION, "fee_won": made.fee_won, "guideline_won": made.guideline_won, "credited_won": 0,
        "vat_bp": 1_000, "vat_included": False, "payers": {"holder": 10_000}, "brokers": {"a": 10_000},
        "guideline": lambda won: quote(PLAN, value_won=won).guideline_won,
    }  # fmt: skip
    return FeeTerms(**(given | also))


def by_value(**also):
    return by_received(**({"guideline": None} | also))


def net(terms, before_won, receipt_won):
    return sum(part.net_won for part in fee_parts(terms, before_won=before_won, receipt_won=receipt_won))


def test_by_value_the_fee_comes_in_proportion():
    """8 M on 200 M: a receipt of 50 M makes a quarter due, and nothing more once all has come in."""
    assert net(by_value(), 0, 50 * MILLION) == 2 * MILLION
    assert net(by_value(), 50 * MILLION, 150 * MILLION) == 6 * MILLION
    assert net(by_value(), 200 * MILLION, 100 * MILLION) == 0


def test_by_what_is_received_brackets_hold_for_all_of_it():
    assert net(by_received(), 0, 10 * MILLION) == MILLION  # the minimum at once
    assert net(by_received(), 10 * MILLION, 10 * MILLION) == 0  # 5 % of 20 M is the minimum still
    assert net(by_received(), 20 * MILLION, 100 * MILLION) == 4 * MILLION + 600_000
    assert net(by_received(), 200 * MILLION, 100 * MILLION) == 3 * MILLION


def test_a_fee_agreed_lower_lowers_each_part():
    assert net(by_received(fee_won=4 * MILLION), 0, 40 * MILLION) == MILLION


def test_a_retainer_that_counts_is_earned_first():
    terms = by_value(credited_won=3 * MILLION)
    assert net(terms, 0, 50 * MILLION) == 0
    assert net(terms, 50 * MILLION, 50 * MILLION) == MILLION


def test_payers_and_brokers_share_to_the_won_and_vat_apart():
    terms = by_value(payers={"holder": 7_000, "firm": 3_000}, brokers={"a": 6_667, "b": 3_333})
    parts = fee_parts(terms, before_won=0, receipt_won=50 * MILLION)
    assert parts == [
        FeePart("firm", "a", 400_020, 40_002),
        FeePart("firm", "b", 199_980, 19_998),
        FeePart("holder", "a", 933_380, 93_338),
        FeePart("holder", "b", 466_620, 46_662),
    ]


def test_vat_that_is_included_comes_out_of_the_fee():
    parts = fee_parts(by_value(vat_included=True), before_won=0, receipt_won=50 * MILLION)
    assert parts == [FeePart("holder", "a", 1_818_182, 181_818)]


@pytest.mark.parametrize("terms", [by_received(), by_value(), by_received(credited_won=3 * MILLION, fee_won=7_777_777)])
def test_nothing_is_owed_of_nothing(terms):
    assert fee_parts(terms, before_won=0, receipt_won=0) == []


@given(
    receipts=st.lists(st.integers(0, 10**9), min_size=1, max_size=8),
    credited_won=st.integers(0, 10**7),
    received=st.booleans(),
)
def test_all_parts_together_are_the_fee_in_any_order(receipts, credited_won, received):
    terms = (by_received if received else by_value)(credited_won=credited_won)

    def total(order):
        before = itertools.accumulate(order, initial=0)
        return sum(net(terms, so_far, won) for so_far, won in zip(before, order, strict=False))

    whole = net(terms, 0, sum(receipts))
    assert total(receipts) == whole == total(sorted(receipts)) == terms.owed_won(sum(receipts))
