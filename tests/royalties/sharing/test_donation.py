"""Royalty of a technology that was donated to the institute (facts §4.4): floors of its donor and its developers."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.errors import DomainError
from royalties.enums.rules import OF_DONATION, Pot, SharingLaw
from royalties.services.rules.load import read_sharing
from royalties.sharing.distribution import DistributionRule, Funding, binding_law, distribute, floors_of, to_people

MILLION = 1_000_000
D, V, C, T, REST = OF_DONATION
RULES = [DistributionRule.of(row) for row in read_sharing() if row["effective_from"] is None]
POLICY = {D: 6_000, V: 1_000, C: 1_000, T: 1_000, REST: 1_000}


def amounts(receipt_won, shares, funding=None):
    made = distribute(receipt_won, shares_bp=shares, rules=RULES, funding=funding, is_donated=True)
    return made.amounts


def test_donor_and_developers_have_their_floors_of_the_whole_income():
    """Facts §4.4: donor 60 % or more, developer 10 % or more, of 100 M."""
    floors = floors_of(RULES, 100 * MILLION, None, is_donated=True)
    assert [(f.label, f.pots, f.least_won, f.is_binding) for f in floors] == [
        ("D1", (D,), 60 * MILLION, True),
        ("D1", (V,), 10 * MILLION, True),
    ]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (POLICY, {D: 60, V: 10, C: 10, T: 10, REST: 10}),
        # Below both: raised out of research and overhead first.
        ({D: 5_000, V: 500, C: 500, T: 1_000, REST: 3_000}, {D: 60, V: 10, C: 5, T: 10, REST: 15}),
        # Research and overhead do not suffice: the others give in proportion to what they have.
        ({D: 5_000, V: 1_000, C: 1_000, T: 3_000, REST: 0}, {D: 60, V: 10, C: 7.5, T: 22.5, REST: 0}),
        ({D: 0, V: 0, C: 0, T: 0, REST: 10_000}, {D: 60, V: 10, C: 0, T: 0, REST: 30}),
        # The donor's own share above its floor gives too, where nobody else has anything.
        ({D: 10_000, V: 0, C: 0, T: 0, REST: 0}, {D: 90, V: 10, C: 0, T: 0, REST: 0}),
        ({D: 8_000, V: 2_000, C: 0, T: 0, REST: 0}, {D: 80, V: 20, C: 0, T: 0, REST: 0}),
    ],
)
def test_own_shares_are_raised_to_the_floors(shares, expected):
    assert amounts(100 * MILLION, shares) == {pot: part * MILLION for pot, part in expected.items()}


def test_a_broken_won_of_a_floor_is_dropped():
    assert amounts(101, {D: 0, V: 0, C: 0, T: 0, REST: 10_000}) == {D: 60, V: 10, C: 0, T: 0, REST: 31}


def test_it_goes_before_both_other_laws():
    national = Funding(80, 100)
    assert binding_law(national, is_donated=True) == SharingLaw.DONATION
    assert {f.law for f in floors_of(RULES, 100, national, is_donated=True)} == {SharingLaw.DONATION}
    assert SharingLaw.DONATION not in {f.law for f in floors_of(RULES, 100, national)}
    assert amounts(100 * MILLION, POLICY, national) == amounts(100 * MILLION, POLICY)


@pytest.mark.parametrize(
    "shares",
    [
        {**POLICY, REST: 999},
        {**POLICY, Pot.RESEARCHERS: 0},
        {Pot.RESEARCHERS: 6_000, C: 1_000, T: 1_500, REST: 1_500},
        {D: 11_000, V: -1_000, C: 0, T: 0, REST: 0},
    ],
)
def test_its_uses_are_its_own_and_make_100_percent(shares):
    with pytest.raises(DomainError) as refused:
        amounts(100, shares)
    assert refused.value.field == "shares"


@st.composite
def policies(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=4, max_size=4)))
    edges = [0, *cuts, 10_000]
    return dict(zip(OF_DONATION, (b - a for a, b in itertools.pairwise(edges)), strict=True))


@given(
    receipt_won=st.integers(0, 10**13),
    shares=policies(),
    funding=st.sampled_from([None, Funding(0, 1), Funding(1, 3)]),
    weight=st.integers(1, 9_999),
)
@settings(max_examples=300)
def test_any_receipt_is_shared_out_exactly_and_both_floors_are_met(receipt_won, shares, funding, weight):
    made = distribute(receipt_won, shares_bp=shares, rules=RULES, funding=funding, is_donated=True)

    assert sum(made.amounts.values()) == receipt_won
    assert min(made.amounts.values()) >= 0
    assert made.amounts[D] >= receipt_won * 60 // 100
    assert made.amounts[V] >= receipt_won * 10 // 100
    if shares[D] >= 6_001 and shares[V] >= 1_001 and receipt_won > 10**6:
        assert made.amounts == made.by_policy  # nothing is moved where the institute's own shares are enough
    people, kept = to_people(made, {D: {"firm": 10_000}, V: {"a": weight, "b": 10_000 - weight}})
    assert sum(sum(part.values()) for part in people.values()) + sum(kept.values()) == receipt_won


def test_the_rule_names_its_source_and_that_it_is_an_assumption():
    rule = next(row for row in read_sharing() if row["law"] == SharingLaw.DONATION)
    assert (rule["is_assumption"], rule["effective_from"]) == (True, None)
    assert "25-2" in rule["source"]
