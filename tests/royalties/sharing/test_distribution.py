"""Sharing out a receipt of an institute: the facts' examples to the won, the clocks, and what holds for any receipt."""

import datetime
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.errors import DomainError
from royalties.enums.rules import OF_OWN_RESEARCH, Pot, SharingLaw
from royalties.services.rules.load import read_sharing
from royalties.sharing.distribution import (
    DistributionRule,
    Floor,
    Funding,
    binding_law,
    distribute,
    floors_of,
    share_out,
    to_people,
)
from royalties.sharing.versions import in_force_on

MILLION = 1_000_000
DAY = datetime.timedelta(days=1)
R, C, T, REST = Pot.RESEARCHERS, Pot.CONTRIBUTORS, Pot.TRANSFER, Pot.REST
NATIONAL = Funding(government_won=80, total_won=100)
ALL_GOVERNMENT = Funding(government_won=100, total_won=100)
POLICY = {R: 5_500, C: 1_000, T: 1_500, REST: 2_000}
R2_FROM, R3_FROM = datetime.date(2024, 12, 31), datetime.date(2027, 1, 1)


def rules_of(day):
    """The version of each law that a contract signed on `day` selects, from the product's file."""
    rules = [DistributionRule.of(row) for row in read_sharing()]
    return [in_force_on([rule for rule in rules if rule.law == law], day) for law in SharingLaw.values]


def least(day, funding=NATIONAL, receipt_won=100 * MILLION):
    """What each law asks of the example's royalty: won by law and pots."""
    return {(f.label, f.pots): f.least_won for f in floors_of(rules_of(day), receipt_won, funding)}


def amounts(receipt_won, day, *, shares=POLICY, funding=NATIONAL):
    return distribute(receipt_won, shares_bp=shares, rules=rules_of(day), funding=funding).amounts


def test_the_example_under_the_rule_of_2025():
    """Facts §4.4: royalty 100 M, government share 80 %: G 80 M, 48 / 12 / 8 and 12 M for the rest."""
    assert NATIONAL.share_won(100 * MILLION) == 80 * MILLION
    assert least(R2_FROM) == {
        ("R2", (R,)): 48 * MILLION,
        ("R2", (T,)): 12 * MILLION,
        ("R2", (C,)): 8 * MILLION,
        ("T1", (R,)): 50 * MILLION,
        ("T1", (C,)): 10 * MILLION,
    }
    asked_won = sum(won for (label, _pots), won in least(R2_FROM).items() if label == "R2")
    assert 80 * MILLION - asked_won == 12 * MILLION


def test_the_example_under_the_rule_of_2027():
    """Facts §4.4: rewards at least 56 M, other uses at least 12 M, 12 M free between them."""
    found = {pots: won for (label, pots), won in least(R3_FROM).items() if label == "R3"}
    assert found == {(R, C): 56 * MILLION, (T, REST): 12 * MILLION}
    assert 80 * MILLION - sum(found.values()) == 12 * MILLION


def test_the_example_under_the_rule_before():
    found = {pots: won for (label, pots), won in least(R2_FROM - DAY).items() if label == "R1"}
    assert found == {(R,): 40 * MILLION, (T,): 12 * MILLION, (C,): 8 * MILLION}


@pytest.mark.parametrize(
    ("signed_on", "researchers", "contributors", "transfer", "rest"),
    [
        # 45 % to researchers: enough for R1 (40 M), raised to 48 M by R2, and R3 asks 56 M of both kinds of people.
        (R2_FROM - DAY, 45, 5, 20, 30),
        (R2_FROM, 48, 8, 20, 24),
        (R2_FROM + DAY, 48, 8, 20, 24),
        (R3_FROM - DAY, 48, 8, 20, 24),
        (R3_FROM, None, None, 20, 24),
        (R3_FROM + DAY, None, None, 20, 24),
    ],
)
def test_the_day_of_the_contract_tells_the_rule(signed_on, researchers, contributors, transfer, rest):
    """The same receipt under contracts a day before and after each change."""
    shares = {R: 4_500, C: 500, T: 2_000, REST: 3_000}
    found = amounts(100 * MILLION, signed_on, shares=shares)
    if researchers is None:  # the 6 M that 56 M lack are given 45 to 5
        assert found == {R: 50_400_000, C: 5_600_000, T: 20 * MILLION, REST: 24 * MILLION}
    elif signed_on < R2_FROM:
        assert found == {R: 45 * MILLION, C: 8 * MILLION, T: 20 * MILLION, REST: 27 * MILLION}
    else:
        parts = {R: researchers, C: contributors, T: transfer, REST: rest}
        assert found == {pot: part * MILLION for pot, part in parts.items()}


def test_what_the_law_moved_is_shown_and_adds_up_to_nothing():
    made = distribute(
        100 * MILLION, shares_bp={R: 4_000, C: 1_000, T: 1_500, REST: 3_500}, rules=rules_of(R2_FROM), funding=NATIONAL
    )
    assert made.raised_won == {R: 8 * MILLION, C: 0, T: 0, REST: -8 * MILLION}
    assert made.by_policy[R] == 40 * MILLION


def test_where_research_and_overhead_do_not_suffice_the_others_give_what_they_have_above_their_floors():
    shares = {R: 0, C: 5_000, T: 5_000, REST: 0}
    found = amounts(100 * MILLION, R2_FROM, shares=shares)
    # 48 M to find: contributors are 42 M and transfer 38 M above their floors.
    assert found == {R: 48 * MILLION, C: 24_800_000, T: 27_200_000, REST: 0}


def test_the_law_on_national_research_prevails_and_the_other_is_a_warning():
    made = distribute(
        100 * MILLION, shares_bp={R: 4_800, C: 800, T: 1_200, REST: 3_200}, rules=rules_of(R2_FROM), funding=NATIONAL
    )
    assert made.raised_won == dict.fromkeys(OF_OWN_RESEARCH, 0)
    assert [(f.law, f.pots, f.missing_won(made.amounts)) for f in made.warnings] == [
        (SharingLaw.TRANSFER_ACT, (R,), 2 * MILLION),
        (SharingLaw.TRANSFER_ACT, (C,), 2 * MILLION),
    ]
    assert made.strictest_won(R) == 50 * MILLION
    assert made.strictest_won(T) == 12 * MILLION


@pytest.mark.parametrize("funding", [None, Funding(0, 100)])
def test_without_money_of_the_government_the_transfer_act_binds(funding):
    assert binding_law(funding) == SharingLaw.TRANSFER_ACT
    found = amounts(100 * MILLION, R2_FROM, shares={R: 4_800, C: 800, T: 1_200, REST: 3_200}, funding=funding)
    assert found == {R: 50 * MILLION, C: 10 * MILLION, T: 12 * MILLION, REST: 28 * MILLION}
    assert {label for label, _pots in least(R2_FROM, funding)} == {"T1"}


@pytest.mark.parametrize(("government_won", "total_won"), [(101, 100), (-1, 100), (0, 0)])
def test_the_governments_money_is_a_part_of_all_of_it(government_won, total_won):
    with pytest.raises(DomainError) as refused:
        Funding(government_won, total_won)
    assert refused.value.field == "total_won"


@pytest.mark.parametrize(
    "shares",
    [
        {R: 5_000, C: 1_000, T: 2_000, REST: 1_999},
        {R: 5_000, C: 1_000, T: 2_000, REST: 2_001},
        {R: 11_000, C: -1_000, T: 0, REST: 0},
        {R: 10_000},
    ],
)
def test_shares_make_exactly_100_percent(shares):
    with pytest.raises(DomainError) as refused:
        amounts(100, R2_FROM, shares=shares)
    assert refused.value.field == "shares"


def test_a_rule_does_not_ask_for_more_than_there_is():
    for floors in ((Floor((R,), 6_000), Floor((T,), 4_001)), (Floor((R, C), 100), Floor((C,), 100))):
        with pytest.raises(ValueError):
            DistributionRule("innovation_act", "royalty", floors)


def test_a_floor_is_taken_of_the_exact_share_and_rounded_once():
    """A third of 100 won is 33.3, of it 60 % are 20.0, not 60 % of 33 which would be 19."""
    found = {(f.label, f.pots): f.least_won for f in floors_of(rules_of(R2_FROM), 100, Funding(1, 3))}
    assert found["R2", (R,)] == 20


def test_persons_get_their_shares_to_the_won():
    assert share_out(100, {"b": 3_333, "a": 3_333, "c": 3_334}) == {"a": 33, "b": 33, "c": 34}
    for wrong in ({"a": 9_999}, {"a": 10_001}, {"a": 10_000, "b": 0}, {}):
        with pytest.raises(DomainError):
            share_out(100, wrong)


def test_a_pot_in_which_nobody_is_named_stays_with_the_institute():
    made = distribute(10 * MILLION, shares_bp=POLICY, rules=rules_of(R2_FROM), funding=NATIONAL)
    people, kept = to_people(made, {R: {"kim": 7_000, "lee": 3_000}, C: {}})
    assert people == {R: {"kim": 3_850_000, "lee": 1_650_000}}
    assert kept == {C: MILLION, T: 1_500_000, REST: 2 * MILLION}


won = st.integers(min_value=0, max_value=10**13)
fundings = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)).map(lambda m: Funding(m[0], m[0] + m[1] + 1)),
)
days = st.sampled_from([R2_FROM - DAY, R2_FROM, R3_FROM - DAY, R3_FROM])


@st.composite
def policies(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=3, max_size=3)))
    edges = [0, *cuts, 10_000]
    return dict(zip(OF_OWN_RESEARCH, (b - a for a, b in itertools.pairwise(edges)), strict=True))


@given(receipt_won=won, shares=policies(), funding=fundings, day=days)
@settings(max_examples=300)
def test_any_receipt_is_shared_out_exactly_and_every_floor_is_met(receipt_won, shares, funding, day):
    made = distribute(receipt_won, shares_bp=shares, rules=rules_of(day), funding=funding)

    assert sum(made.amounts.values()) == receipt_won == sum(made.by_policy.values())
    assert min(made.amounts.values()) >= 0
    assert [floor for floor in made.floors if floor.is_binding and floor.missing_won(made.amounts)] == []
    # Nothing is moved where the institute's own shares are enough.
    if not any(floor.is_binding and floor.missing_won(made.by_policy) for floor in made.floors):
        assert made.amounts == made.by_policy


@given(receipt_won=won, weights=st.lists(st.integers(1, 1_000), min_size=1, max_size=12), day=days)
@settings(max_examples=100)
def test_persons_and_what_is_kept_are_together_the_receipt(receipt_won, weights, day):
    shares = {str(place): weight for place, weight in enumerate(weights)}
    shares["0"] += 10_000 - sum(weights) if sum(weights) < 10_000 else 0
    if sum(shares.values()) != 10_000:
        return
    made = distribute(receipt_won, shares_bp=POLICY, rules=rules_of(day), funding=NATIONAL)
    people, kept = to_people(made, {R: shares, C: {"x": 10_000}})
    assert sum(sum(part.values()) for part in people.values()) + sum(kept.values()) == receipt_won
    assert sum(people[R].values()) == made.amounts[R]
    backwards = dict(reversed(shares.items()))
    assert to_people(made, {R: backwards, C: {"x": 10_000}})[0] == people


@given(receipt_won=st.integers(0, 10**12), more_won=st.integers(0, 10**12), day=days)
def test_more_received_never_lowers_a_floor(receipt_won, more_won, day):
    before, after = (least(day, receipt_won=w) for w in (receipt_won, receipt_won + more_won))
    assert all(after[key] >= before[key] for key in before)
