"""Each condition of a call: met, missing or unclear, with why and what to do."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.eligibility import CHECKS, Facts, Outcome, check, is_open_to, label_of
from programmes.scheme import Band, Condition, ConditionKind
from programmes.sizes import Size, SizeFinding
from tests.factories.programmes.calls import SCHEME, scheme, words

MET, MISSING, UNCLEAR = Outcome
K = ConditionKind
TODAY = date(2026, 6, 10)


def size(size, **also):
    return SizeFinding(size, "why", "2025", **also)


def outcome(kind, facts, **condition):
    only = scheme(conditions=(Condition("x", kind, **condition),), bands=(Band(None, 1_000),))
    (finding,) = check(only, facts, TODAY)
    assert finding.why
    assert finding.label
    assert bool(finding.todo) == (finding.outcome != MET)
    return finding.outcome


@pytest.mark.parametrize(
    ("kind", "condition", "facts", "expected"),
    [
        (K.SME, {}, Facts(), UNCLEAR),
        (K.SME, {}, Facts(size=size(Size.UNCLEAR)), UNCLEAR),
        (K.SME, {}, Facts(size=size(Size.MEDIUM)), MET),
        (K.SME, {}, Facts(size=size(Size.SMALL)), MET),
        (K.SME, {}, Facts(size=size(Size.NOT_SME)), MISSING),
        (K.SMALL, {}, Facts(size=size(Size.SMALL)), MET),
        (K.SMALL, {}, Facts(size=size(Size.MEDIUM)), MISSING),
        (K.SMALL, {}, Facts(size=size(Size.MEDIUM, may_be_small=True)), UNCLEAR),
        (K.SMALL, {}, Facts(size=size(Size.UNCLEAR)), UNCLEAR),
        (K.TRANSFER, {}, Facts(), UNCLEAR),
        (K.TRANSFER, {}, Facts(transfers=0), MISSING),
        (K.TRANSFER, {}, Facts(transfers=1), MET),
        (K.AGE, {"most": 7}, Facts(), UNCLEAR),
        (K.AGE, {"most": 7}, Facts(founded_on=date(2019, 6, 10)), MET),
        (K.AGE, {"most": 7}, Facts(founded_on=date(2019, 6, 9)), MISSING),
        (K.AGE, {"most": 7}, Facts(founded_on=date(2026, 6, 11)), UNCLEAR),
        (K.SALES, {"most": 100}, Facts(), UNCLEAR),
        (K.SALES, {"most": 100}, Facts(average_sales_won=100), MET),
        (K.SALES, {"most": 100}, Facts(average_sales_won=101), MISSING),
        (K.REGION, {"codes": ("1100000000",)}, Facts(), UNCLEAR),
        (K.REGION, {"codes": ("1100000000",)}, Facts(region="1168010100"), MET),
        (K.REGION, {"codes": ("1100000000",)}, Facts(region="2600000000"), MISSING),
        (K.REGION, {"codes": ("1168000000",)}, Facts(region="1100000000"), UNCLEAR),
        (K.INDUSTRY, {"codes": ("C",)}, Facts(industry="26"), MET),
        (K.INDUSTRY, {"codes": ("C",)}, Facts(industry="C262"), MET),
        (K.INDUSTRY, {"codes": ("C",)}, Facts(industry="C"), MET),
        (K.INDUSTRY, {"codes": ("26",)}, Facts(industry="C"), UNCLEAR),
        (K.INDUSTRY, {"codes": ("262",)}, Facts(industry="C26"), UNCLEAR),
        (K.INDUSTRY, {"codes": ("C",)}, Facts(industry="62"), MISSING),
        (K.INDUSTRY, {"codes": ("C",)}, Facts(), UNCLEAR),
        (K.AWARDS, {"most": 2}, Facts(), UNCLEAR),
        (K.AWARDS, {"most": 2}, Facts(awards=2), MET),
        (K.AWARDS, {"most": 2}, Facts(awards=3), MISSING),
        (K.NO_EXCLUSION, {}, Facts(), UNCLEAR),
        (K.NO_EXCLUSION, {}, Facts(is_excluded=False), MET),
        (K.NO_EXCLUSION, {}, Facts(is_excluded=True), MISSING),
        (K.NO_DEBT, {}, Facts(), UNCLEAR),
        (K.NO_DEBT, {}, Facts(owes_money=False), MET),
        (K.NO_DEBT, {}, Facts(owes_money=True), MISSING),
        (K.DECLARED, {"words": words("It is true.")}, Facts(), MISSING),
        (K.DECLARED, {"words": words("It is true.")}, Facts(declared=frozenset({"x"})), MET),
    ],
)
def test_each_condition_at_its_edges(kind, condition, facts, expected):
    assert outcome(kind, facts, **condition) == expected


def test_every_kind_of_condition_is_checked_and_named():
    assert set(CHECKS) == set(ConditionKind)
    for kind in ConditionKind:
        assert label_of(Condition("x", kind, most=3, codes=("11",)))


def test_who_sells_more_than_the_last_band_has_no_place():
    closed = replace(SCHEME, conditions=(), bands=(Band(100, 1_000), Band(200, 2_000)))
    assert [f.outcome for f in check(closed, Facts(average_sales_won=200), TODAY)] == [MET]
    assert [f.outcome for f in check(closed, Facts(average_sales_won=201), TODAY)] == [MISSING]
    assert [f.outcome for f in check(closed, Facts(), TODAY)] == [UNCLEAR]


def test_what_is_unclear_keeps_nobody_out_and_what_is_missing_does():
    findings = check(SCHEME, Facts(declared=frozenset({"tax"})), TODAY)
    assert {finding.outcome for finding in findings} == {MET, UNCLEAR}
    assert is_open_to(findings)
    assert not is_open_to(check(SCHEME, Facts(), TODAY))


facts = st.builds(
    Facts,
    size=st.none() | st.builds(SizeFinding, st.sampled_from(Size), st.just("why")),
    transfers=st.none() | st.integers(0, 5),
    founded_on=st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)),
    average_sales_won=st.none() | st.integers(0, 10**12),
    region=st.sampled_from(["", "1168010100", "2600000000"]),
    industry=st.sampled_from(["", "C", "26", "J631"]),
    awards=st.none() | st.integers(0, 9),
    is_excluded=st.none() | st.booleans(),
    owes_money=st.none() | st.booleans(),
)


@given(facts, st.sampled_from([kind for kind in K if kind != K.DECLARED]), st.integers(0, 10**10))
def test_nobody_meets_a_condition_about_what_is_not_known(facts, kind, most):
    found = outcome(kind, facts, most=min(most, 500) if kind == K.AGE else most, codes=("11", "C26"))
    assert found in set(Outcome)
    assert outcome(kind, Facts(), most=1, codes=("11",)) == UNCLEAR
