"""Each fault names field, value and remedy; what lies on an edge passes."""

from dataclasses import replace
from datetime import date

import pytest

from deals.terms import (
    MOST_WON,
    Instalment,
    Method,
    Milestone,
    Terms,
    check,
    check_forecast,
    compare,
    initial_fee,
    refusals,
)
from tests.deals.terms.examples import (
    BILLION,
    BOUNDED,
    EQUITY,
    EVERY,
    FREE,
    INSTALMENTS,
    LUMP,
    MILESTONES,
    MILLION,
    RUNNING,
    SIGNED,
    SWAP,
    forecast,
)


def reached(*, key="a", words="Proven", won=1, month=1):
    return Milestone(key, words, won, month)


@pytest.mark.parametrize("terms", EVERY.values(), ids=EVERY)
def test_usual_terms_have_no_fault(terms):
    assert check(terms) == []


@pytest.mark.parametrize(
    ("terms", "change", "field", "value"),
    [
        (LUMP, {"method": "barter"}, "method", "barter"),
        (LUMP, {"upfront_won": 0}, "upfront_won", 0),
        (LUMP, {"upfront_won": -1}, "upfront_won", -1),
        (LUMP, {"upfront_won": MOST_WON + 1}, "upfront_won", MOST_WON + 1),
        (LUMP, {"running_bp": 1}, "running_bp", 1),
        (LUMP, {"cap_won": 1}, "cap_won", 1),
        (LUMP, {"minimum_won": 1}, "minimum_won", 1),
        (LUMP, {"equity_bp": 1}, "equity_bp", 1),
        (LUMP, {"swap_discount_won": 1}, "swap_discount_won", 1),
        (LUMP, {"milestones": (reached(),)}, "milestones", (reached(),)),
        (LUMP, {"statement_due_months": 0}, "statement_due_months", 0),
        (LUMP, {"statement_due_months": 13}, "statement_due_months", 13),
        (INSTALMENTS, {"instalments": (Instalment(0, 1),)}, "instalments.0.months", 0),
        (INSTALMENTS, {"instalments": (Instalment(241, 1),)}, "instalments.0.months", 241),
        (INSTALMENTS, {"instalments": (Instalment(1, 0),)}, "instalments.0.won", 0),
        (INSTALMENTS, {"instalments": (Instalment(2, 1), Instalment(2, 1))}, "instalments.1.months", 2),
        (INSTALMENTS, {"instalments": tuple(Instalment(each, 1) for each in range(1, 26))}, "instalments", 25),
        (INSTALMENTS, {"upfront_won": MOST_WON}, "instalments", MOST_WON + 60 * MILLION),
        (RUNNING, {"running_bp": 0}, "running_bp", 0),
        (RUNNING, {"running_bp": 10_001}, "running_bp", 10_001),
        (RUNNING, {"running_bp": -1}, "running_bp", -1),
        (RUNNING, {"milestones": (reached(),)}, "milestones", (reached(),)),
        (BOUNDED, {"minimum_from_year": 0}, "minimum_from_year", 0),
        (BOUNDED, {"minimum_from_year": 31}, "minimum_from_year", 31),
        (BOUNDED, {"cap_won": 5 * MILLION - 1}, "cap_won", 5 * MILLION - 1),
        (MILESTONES, {"milestones": ()}, "milestones", 0),
        (MILESTONES, {"milestones": (reached(words=" "),)}, "milestones.0.words", " "),
        (MILESTONES, {"milestones": (reached(words="x" * 201),)}, "milestones.0.words", "x" * 201),
        (MILESTONES, {"milestones": (reached(won=0),)}, "milestones.0.won", 0),
        (MILESTONES, {"milestones": (reached(month=-1),)}, "milestones.0.month", -1),
        (MILESTONES, {"milestones": (reached(), reached())}, "milestones.1.key", "a"),
        (MILESTONES, {"milestones": (reached(key=""),)}, "milestones.0.key", ""),
        (MILESTONES, {"milestones": tuple(reached(key=str(each)) for each in range(25))}, "milestones", 25),
        (MILESTONES, {"minimum_won": 1}, "minimum_won", 1),
        (MILESTONES, {"cap_won": 1}, "cap_won", 1),
        (SWAP, {"minimum_won": 1}, "minimum_won", 1),
        (SWAP, {"swap_discount_won": 0}, "swap_discount_won", 0),
        (SWAP, {"running_bp": 0}, "running_bp", 0),
        (SWAP, {"running_bp": 5_001}, "running_bp", 5_001),
        (SWAP, {"swap_start_months": 0}, "swap_start_months", 0),
        (SWAP, {"swap_grace_months": -1}, "swap_grace_months", -1),
        (EQUITY, {"equity_bp": 0}, "equity_bp", 0),
        (EQUITY, {"equity_bp": 10_001}, "equity_bp", 10_001),
        (FREE, {"upfront_won": 1}, "upfront_won", 1),
    ],
)
def test_a_fault_names_field_value_and_remedy(terms, change, field, value):
    (found,) = refusals(replace(terms, **change))
    assert (found.field, found.value) == (field, value)
    assert found.message
    assert found.remedy
    assert found.text == f"{found.message} {found.remedy}"


@pytest.mark.parametrize(
    ("terms", "change"),
    [
        (LUMP, {"upfront_won": MOST_WON}),
        (LUMP, {"upfront_won": 1}),
        (LUMP, {"upfront_won": 0, "instalments": (Instalment(240, 1),)}),
        (LUMP, {"statement_due_months": 12}),
        (RUNNING, {"upfront_won": 0, "running_bp": 10_000}),
        (RUNNING, {"running_bp": 1}),
        (BOUNDED, {"cap_won": 5 * MILLION}),
        (BOUNDED, {"minimum_from_year": 30}),
        (MILESTONES, {"milestones": (reached(words="x" * 200, month=240),)}),
        (MILESTONES, {"running_bp": 100, "minimum_won": 1, "cap_won": 1}),
        (SWAP, {"running_bp": 5_000}),
        (SWAP, {"cap_won": 50 * MILLION}),
        (EQUITY, {"upfront_won": 1}),
    ],
)
def test_what_lies_on_the_edge_passes(terms, change):
    assert check(replace(terms, **change)) == []


def test_all_faults_are_found_at_once():
    terms = Terms(Method.FREE, upfront_won=1, running_bp=20_000, statement_due_months=99)
    assert [each.field for each in check(terms)] == [
        "running_bp",
        "statement_due_months",
        "running_bp",
        "upfront_won",
    ]


def test_a_cap_below_the_discount_of_a_swap_is_a_warning():
    (found,) = check(replace(SWAP, cap_won=50 * MILLION - 1))
    assert (found.field, found.is_warning) == ("cap_won", True)
    assert "49,999,999" in found.message


@pytest.mark.parametrize(
    ("upfront_won", "warns"), [(10_000_000, False), (9_999_999, True), (10_000_001, False), (0, False), (1, True)]
)
def test_the_initial_fee_is_a_tenth_of_the_expected_total(upfront_won, warns):
    """Facts §4.1: 3 % of 3,000 million are 90; with 10 at the start the total is 100, a tenth of it exactly."""
    terms = replace(RUNNING, upfront_won=upfront_won)
    (outcome,) = compare({"a": terms}, forecast(1_000, 2_000), SIGNED).outcomes
    assert bool(outcome.warnings) is warns
    if upfront_won == 9_999_999:
        (found,) = outcome.warnings
        assert (found.field, found.value, found.is_warning) == ("upfront_won", 9_999_999, True)
        assert "9,999,999" in found.message
        assert "99,999,999" in found.message
        assert "10,000,000" in found.remedy


def test_instalments_belong_to_the_initial_fee_and_other_ways_to_pay_are_not_warned():
    fee = replace(RUNNING, upfront_won=5 * MILLION, instalments=(Instalment(6, 5 * MILLION),))
    assert initial_fee(fee, 100 * MILLION) is None
    assert initial_fee(fee, 100 * MILLION + 1) is not None
    assert initial_fee(SWAP, 10 * BILLION) is None
    assert initial_fee(LUMP, 10 * BILLION) is None


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []),
        ({"first_sale_on": SIGNED}, []),
        ({"first_sale_on": date(2026, 6, 14)}, ["first_sale_on"]),
        ({"first_sale_on": date(2056, 12, 31)}, []),
        ({"first_sale_on": date(2057, 1, 1)}, ["first_sale_on"]),
        ({"low": (), "base": (), "high": ()}, ["base"]),
        ({"low": (1,), "base": (1,), "high": (1,)}, []),
        ({"low": (1,) * 20, "base": (1,) * 20, "high": (1,) * 20}, []),
        ({"low": (1,) * 21, "base": (1,) * 21, "high": (1,) * 21}, ["base"]),
        ({"low": (1,), "base": (1, 2), "high": (1, 2)}, ["low"]),
        ({"low": (0,), "base": (0,), "high": (MOST_WON,)}, []),
        ({"low": (-1,), "base": (0,), "high": (MOST_WON + 1,)}, ["low.0", "high.0"]),
        ({"low": (2,), "base": (1,), "high": (3,)}, ["base.0"]),
        ({"low": (1, 2), "base": (1, 2), "high": (1, 1)}, ["base.1"]),
        ({"discount_bp": 10_000}, []),
        ({"discount_bp": 10_001}, ["discount_bp"]),
        ({"discount_bp": -1}, ["discount_bp"]),
    ],
)
def test_a_forecast_is_checked(change, fields):
    found = check_forecast(replace(forecast(1_000, 2_000), **change), SIGNED)
    assert [each.field for each in found] == fields
    assert all(each.message and each.remedy for each in found)
