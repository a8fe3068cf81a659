"""What stops a call from being published, each with the section it belongs to."""

from dataclasses import replace

import pytest

from programmes.enums.calls import SchemeKind
from programmes.scheme import (
    Band,
    Caps,
    Condition,
    ConditionKind,
    Criterion,
    Days,
    Paper,
    PaperStage,
    Scheme,
    Service,
    StageKind,
    Words,
)
from programmes.scheme.checks import CLOCKS, clock_label, problems
from tests.factories.programmes.calls import SCHEME, words

BUDGET = 1_000_000_000
S, K = StageKind, ConditionKind
CHECK, PANEL, APPROVAL = SCHEME.stages


def sections(scheme, budget_won=BUDGET, kind=SchemeKind.VOUCHER):
    return {problem.section for problem in problems(scheme, budget_won, kind)}


def test_a_complete_scheme_has_no_problem_and_survives_json():
    assert problems(SCHEME, BUDGET, SchemeKind.VOUCHER) == []
    assert Scheme.from_json(SCHEME.to_json()) == SCHEME


@pytest.mark.parametrize(
    ("changes", "section"),
    [
        ({"notice": Words("한국어", "", "中文")}, "notice"),
        ({"source": "", "is_assumption": False}, "notice"),
        ({"caps": Caps(award_won=50_000_001)}, "bands"),
        ({"caps": Caps(award_won=0), "menu": (Service("a", words("a"), "x"),), "most_services": 1}, "bands"),
        (
            {"caps": Caps(award_won=10, firm_won=9), "menu": (Service("a", words("a"), "x"),), "most_services": 1},
            "bands",
        ),
        ({"caps": Caps(award_won=50_000_000, firm_years=0)}, "bands"),
        ({"bands": ()}, "bands"),
        ({"bands": (Band(200, 1), Band(100, 2), Band(None, 3))}, "bands"),
        ({"bands": (Band(100, 1), Band(100, 2), Band(None, 3))}, "bands"),
        ({"bands": (Band(None, 1), Band(100, 2), Band(None, 3))}, "bands"),
        ({"bands": (Band(0, 1), Band(None, 2))}, "bands"),
        ({"bands": (Band(11_999_999_999, 1),)}, "bands"),
        ({"bands": (Band(None, 10_000),)}, "bands"),
        ({"bands": (Band(None, -1),)}, "bands"),
        ({"conditions": (Condition("a", K.SALES), Condition("a", K.SME))}, "conditions"),
        ({"conditions": (Condition("a", K.SME), Condition("b", K.SME))}, "conditions"),
        ({"conditions": (Condition("", K.SME),)}, "conditions"),
        ({"conditions": (Condition("a", K.REGION),)}, "conditions"),
        ({"conditions": (Condition("a", K.AGE),)}, "conditions"),
        ({"conditions": (Condition("a", K.DECLARED),)}, "conditions"),
        ({"conditions": (Condition("a", K.SME, words=Words("한국어")),)}, "conditions"),
        ({"menu": ()}, "menu"),
        ({"most_services": 4}, "menu"),
        ({"most_services": 0}, "menu"),
        ({"menu": (Service("a", words("a"), ""), *SCHEME.menu)}, "menu"),
        ({"menu": (Service("a", Words("가"), "x"), *SCHEME.menu)}, "menu"),
        ({"menu": (Service("a", words("a"), "x", most_won=50_000_001), *SCHEME.menu)}, "menu"),
        ({"menu": (*SCHEME.menu, *SCHEME.menu)}, "menu"),
        ({"papers": (Paper("a", words("a"), PaperStage.APPLICATION),)}, "papers"),
        ({"papers": (Paper("a", words("a"), PaperStage.CLAIM, is_required=False),)}, "papers"),
        ({"stages": (PANEL, APPROVAL)}, "stages"),
        ({"stages": (CHECK, PANEL)}, "stages"),
        ({"stages": (CHECK, APPROVAL, PANEL)}, "stages"),
        ({"stages": (CHECK, replace(CHECK, key="again"), PANEL, APPROVAL)}, "stages"),
        ({"stages": (CHECK, PANEL, replace(APPROVAL, role="viewer"))}, "stages"),
        ({"stages": (CHECK, replace(PANEL, least=0), APPROVAL)}, "stages"),
        ({"stages": (CHECK, APPROVAL)}, "stages"),  # criteria without a panel
        ({"stages": (CHECK, PANEL, APPROVAL, APPROVAL)}, "stages"),
        ({"criteria": (Criterion("a", words("a"), 99),)}, "stages"),
        ({"criteria": (Criterion("a", words("a"), 100), Criterion("b", words("b"), 0))}, "stages"),
        ({"pass_points": 101}, "stages"),
        ({"reserve_places": -1}, "stages"),
        ({"unused_bp": 10_001}, "clocks"),
        ({"barred_years": 6}, "clocks"),
    ],
)
def test_each_problem_names_its_section(changes, section):
    open_band = {"bands": (Band(None, 1_000),)} if "conditions" in changes else {}
    assert sections(replace(SCHEME, **open_band, **changes)) == {section}


@pytest.mark.parametrize("name", CLOCKS)
def test_clocks_are_sensible(name):
    least, most = CLOCKS[name]
    assert clock_label(name)
    for value in (least, most):
        assert sections(replace(SCHEME, days=replace(Days(), **{name: value}))) == set()
    for value in (least - 1, most + 1):
        assert sections(replace(SCHEME, days=replace(Days(), **{name: value}))) == {"clocks"}


def test_a_budget_reaches_for_one_award_and_only_a_voucher_ends_at_fifty_million():
    assert sections(SCHEME, 49_999_999) == {"budget"}
    assert sections(SCHEME, 50_000_000) == set()
    large = replace(SCHEME, caps=Caps(award_won=300_000_000))
    assert sections(large, kind=SchemeKind.BUSINESS_RND) == set()
    without = replace(SCHEME, menu=(), papers=())
    assert sections(without, kind=SchemeKind.BI_CERTIFICATION) == set()
