"""What a schedule makes of a deal: the examples, every edge, and what holds for any schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.enums.fees import MOST_WON, LineKind
from brokers.fees import Plan, Tier, quote
from marketplace.core.errors import DomainError
from marketplace.core.money import split_exactly

MILLION = 1_000_000
LEHMAN = Plan(method="marginal", tiers=tuple(Tier(place * MILLION, 500 - 100 * place) for place in range(5)))
DOUBLE = Plan(method="marginal", tiers=tuple(Tier(place * MILLION, 1000 - 200 * place) for place in range(5)))
FLAT = Plan(method="flat", tiers=LEHMAN.tiers)


def fee(plan, value_won, **also):
    return quote(plan, value_won=value_won, **also).guideline_won


def test_the_lehman_example():
    """Facts §3: 50k + 40k + 30k + 20k + 80k. A stored calculator says 210,000, which is an error in its sum."""
    made = quote(LEHMAN, value_won=12 * MILLION)

    assert made.guideline_won == 220_000
    assert [line.amount_won for line in made.lines] == [50_000, 40_000, 30_000, 20_000, 80_000]
    assert [line.part_won for line in made.lines] == [MILLION] * 4 + [8 * MILLION]
    assert made.rate_bp == 183
    assert fee(DOUBLE, 12 * MILLION) == 440_000


@pytest.mark.parametrize(
    ("value_won", "marginal", "flat"),
    [
        (1, 0, 0),
        (19, 0, 0),
        (20, 1, 1),
        (999_999, 49_999, 49_999),
        (1_000_000, 50_000, 50_000),
        (1_000_001, 50_000, 40_000),
        (1_999_999, 89_999, 79_999),
        (2_000_000, 90_000, 80_000),
        (2_000_001, 90_000, 60_000),
        (2_999_999, 119_999, 89_999),
        (3_000_000, 120_000, 90_000),
        (3_000_001, 120_000, 60_000),
        (3_999_999, 139_999, 79_999),
        (4_000_000, 140_000, 80_000),
        (4_000_001, 140_000, 40_000),
        (4_000_100, 140_001, 40_001),
    ],
)
def test_each_edge_of_a_bracket(value_won, marginal, flat):
    assert (fee(LEHMAN, value_won), fee(FLAT, value_won)) == (marginal, flat)


def test_a_won_is_rounded_down_in_each_bracket_not_once_in_the_end():
    """0.5 + 0.5 is a whole won, but of two lines that each say 0; what is printed is what is added (ADR)."""
    plan = Plan(method="marginal", tiers=(Tier(0, 500), Tier(10, 500)))
    made = quote(plan, value_won=20)
    assert [line.amount_won for line in made.lines] == [0, 0]
    assert made.guideline_won == 0


def test_minimum_floor_and_ceiling_stand_as_lines():
    bounds = Plan(method="marginal", tiers=(Tier(0, 500),), minimum_won=300, ceiling_won=900)
    raised, between, lowered = (quote(bounds, value_won=value) for value in (1_000, 10_000, 100_000))
    assert [(line.kind, line.amount_won) for line in raised.lines] == [(LineKind.BRACKET, 50), (LineKind.MINIMUM, 250)]
    assert [(line.kind, line.amount_won) for line in between.lines] == [(LineKind.BRACKET, 500)]
    assert [line.amount_won for line in lowered.lines] == [5_000, -4_100]
    assert lowered.lines[1].kind == LineKind.CEILING
    floored = quote(Plan(method="marginal", tiers=(Tier(0, 500),), floor_won=70), value_won=1_000)
    assert [(line.kind, line.amount_won) for line in floored.lines] == [(LineKind.BRACKET, 50), (LineKind.FLOOR, 20)]


@pytest.mark.parametrize(
    ("fee_won", "is_inside"), [(799, False), (800, True), (1_000, True), (1_100, True), (1_101, False), (None, True)]
)
def test_the_band_is_never_wider_than_it_says(fee_won, is_inside):
    plan = Plan(method="marginal", tiers=(Tier(0, 1_000),), below_bp=2_000, above_bp=1_000)
    made = quote(plan, value_won=10_000, fee_won=fee_won)
    assert (made.lower_won, made.upper_won, made.is_inside) == (800, 1_100, is_inside)
    # Of 999 a tenth is 99.9: the band ends 99 away, not 100.
    narrow = quote(Plan(method="flat", tiers=(Tier(0, 10_000),), below_bp=1_000, above_bp=1_000), value_won=999)
    assert (narrow.lower_won, narrow.upper_won) == (900, 1_098)


def test_floor_and_ceiling_end_the_band():
    plan = Plan(
        method="marginal", tiers=(Tier(0, 1_000),), below_bp=5_000, above_bp=5_000, floor_won=900, ceiling_won=1_200
    )
    made = quote(plan, value_won=10_000)
    assert (made.lower_won, made.upper_won) == (900, 1_200)


@pytest.mark.parametrize(
    ("retainer_won", "is_credited", "charged", "success", "kinds"),
    [
        (0, True, 1_000, 1_000, ["bracket", "vat"]),
        (300, True, 1_000, 700, ["bracket", "vat"]),
        (1_000, True, 1_000, 0, ["bracket", "vat"]),
        (1_300, True, 1_300, 0, ["bracket", "retainer_kept", "vat"]),
        (300, False, 1_300, 1_000, ["bracket", "retainer", "vat"]),
    ],
)
def test_the_retainer(retainer_won, is_credited, charged, success, kinds):
    plan = Plan(
        method="marginal",
        tiers=(Tier(0, 1_000),),
        retainer_won=retainer_won,
        retainer_credited=is_credited,
        vat_bp=1_000,
    )
    made = quote(plan, value_won=10_000)
    assert (made.net_won, made.start_won, made.success_won) == (charged, retainer_won, success)
    assert [line.kind for line in made.lines] == kinds
    assert made.total_won == charged + charged // 10


def test_vat_on_top_and_vat_included():
    on_top = quote(Plan(method="marginal", tiers=(Tier(0, 1_000),), vat_bp=1_000), value_won=10_990)
    included = quote(
        Plan(method="marginal", tiers=(Tier(0, 1_000),), vat_bp=1_000, vat_included=True), value_won=10_990
    )
    assert (on_top.net_won, on_top.vat_won, on_top.total_won) == (1_099, 109, 1_208)
    assert (included.net_won, included.vat_won, included.total_won) == (1_000, 99, 1_099)


def test_an_agreed_fee_stands_as_a_line_and_changes_no_guideline():
    made = quote(LEHMAN, value_won=12 * MILLION, fee_won=200_000)
    assert (made.guideline_won, made.fee_won, made.total_won) == (220_000, 200_000, 200_000)
    assert (made.lines[-1].kind, made.lines[-1].amount_won) == (LineKind.AGREED, -20_000)
    assert made.is_inside is False


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value_won": 0}, "value_won"),
        ({"value_won": -1}, "value_won"),
        ({"value_won": MOST_WON + 1}, "value_won"),
        ({"fee_won": -1}, "fee_won"),
        ({"fee_won": MOST_WON + 1}, "fee_won"),
        ({"brokers": {"a": 5_000}}, "brokers"),
        ({"brokers": {"a": 5_000, "b": 5_001}}, "brokers"),
        ({"brokers": {"a": 10_000, "b": 0}}, "brokers"),
        ({"brokers": {"a": 11_000, "b": -1_000}}, "brokers"),
        ({"brokers": {str(place): 1_000 if place else 0 for place in range(11)}}, "brokers"),
    ],
)
def test_what_cannot_be_computed_names_its_field(wrong, field):
    with pytest.raises(DomainError) as refused:
        quote(LEHMAN, **{"value_won": 1_000} | wrong)
    assert refused.value.field == field


# --- what holds for any schedule --------------------------------------------------------------------------------------

money = st.integers(0, 10**9)
bounds = st.lists(st.integers(1, 10**9), max_size=6, unique=True)
values = st.integers(1, MOST_WON)
basis_points = st.integers(0, 10_000)
weights = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 10**6), min_size=1, max_size=8)


@st.composite
def plans(draw, method="marginal"):
    starts = [0, *sorted(draw(bounds))]
    tiers = tuple(Tier(start, draw(basis_points)) for start in starts)
    floor, minimum, ceiling = sorted(draw(st.tuples(money, money, money)))
    kept = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    return Plan(
        method=method,
        tiers=tiers,
        floor_won=floor if kept[0] else None,
        minimum_won=minimum if kept[1] else None,
        ceiling_won=ceiling if kept[2] else None,
        retainer_won=draw(money),
        retainer_credited=draw(st.booleans()),
        vat_bp=draw(basis_points),
        vat_included=draw(st.booleans()),
        holder_share_bp=draw(basis_points),
        below_bp=draw(basis_points),
        above_bp=draw(basis_points),
    )


@st.composite
def shares(draw):
    """Basis points by key that make 10,000."""
    cuts = sorted(draw(st.lists(st.integers(1, 9_999), max_size=6, unique=True)))
    ends = [0, *cuts, 10_000]
    return {f"broker{place}": ends[place + 1] - ends[place] for place in range(len(ends) - 1)}


@given(plan=plans() | plans(method="flat"), value_won=values, fee_won=st.none() | money, among=shares())
def test_lines_payers_and_brokers_add_up_to_the_total(plan, value_won, fee_won, among):
    made = quote(plan, value_won=value_won, fee_won=fee_won, brokers=among)
    assert sum(line.amount_won for line in made.lines) == made.total_won == made.net_won + made.vat_won
    for portions in (made.payers, made.brokers):
        assert sum(portion.net_won for portion in portions) == made.net_won
        assert sum(portion.vat_won for portion in portions) == made.vat_won
        assert sum(portion.share_bp for portion in portions) == 10_000
        assert min(portion.net_won for portion in portions) >= 0
    charged = made.total_won if plan.vat_included else made.net_won
    assert made.start_won + made.success_won == charged
    assert made.success_won >= 0


@given(plan=plans(), lower=values, more=st.integers(0, 10**9))
def test_a_marginal_fee_never_falls_as_the_value_grows(plan, lower, more):
    assert fee(plan, lower) <= fee(plan, min(lower + more, MOST_WON))


@given(plan=plans() | plans(method="flat"), value_won=values)
def test_floor_and_ceiling_are_respected_by_fee_and_band(plan, value_won):
    made = quote(plan, value_won=value_won)
    for amount_won in (made.guideline_won, made.lower_won, made.upper_won):
        assert amount_won >= (plan.floor_won or 0)
        assert plan.ceiling_won is None or amount_won <= plan.ceiling_won
    assert made.lower_won <= made.guideline_won <= made.upper_won
    assert made.is_inside


@given(amount_won=st.integers(0, 10**15), among=weights, seed=st.randoms())
def test_a_split_adds_up_whatever_the_weights_and_their_order(amount_won, among, seed):
    """Lessons F13: no won is lost, and the order of the rows decides nothing."""
    shuffled = list(among.items())
    seed.shuffle(shuffled)
    parts = split_exactly(amount_won, among)
    assert sum(parts.values()) == amount_won
    assert split_exactly(amount_won, dict(shuffled)) == parts
    whole = sum(among.values())
    assert all(0 <= parts[key] - amount_won * weight // whole <= 1 for key, weight in among.items())


@pytest.mark.parametrize(
    ("amount_won", "among", "parts"),
    [
        (100, {"a": 1, "b": 1, "c": 1}, {"a": 34, "b": 33, "c": 33}),
        (101, {"c": 1, "b": 1, "a": 1}, {"a": 34, "b": 34, "c": 33}),
        (700_273, {"a": 9_999, "b": 1}, {"a": 700_203, "b": 70}),
        (1, {"a": 1, "b": 2}, {"a": 0, "b": 1}),
        (0, {"a": 1, "b": 2}, {"a": 0, "b": 0}),
    ],
)
def test_the_largest_remainder_comes_first_and_of_equals_the_smaller_key(amount_won, among, parts):
    assert split_exactly(amount_won, among) == parts


@pytest.mark.parametrize(("amount_won", "among"), [(-1, {"a": 1}), (1, {}), (1, {"a": 0}), (1, {"a": -1, "b": 2})])
def test_what_cannot_be_split(amount_won, among):
    with pytest.raises(ValueError):
        split_exactly(amount_won, among)
