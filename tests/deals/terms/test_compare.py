"""What a firm sees side by side, to the won; and what is stored, in which shape."""

from dataclasses import replace
from datetime import date

import pytest

from deals.terms import MOST_WON, Case, Forecast, Method, Terms, break_even_won, check_forecast, compare, to_begin_with
from marketplace.core.errors import DomainError
from tests.deals.terms.examples import (
    BILLION,
    BOUNDED,
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

ROWS = forecast(1_000, 2_000, discount_bp=500)


def test_each_option_by_year_over_the_same_years():
    made = compare({"lump": LUMP, "running": RUNNING, "swap": SWAP}, ROWS, SIGNED)
    assert made.years == [2026, 2027, 2028, 2029]
    table = {each.key: [won // MILLION for won in made.cash(each.key)] for each in made.outcomes}
    # 1,000 and 2,000 million: 3 % of them; 2 % and as much again, of the 50 taken off 20 and then 30.
    assert table == {"lump": [100, 0, 0, 0], "running": [10, 0, 30, 60], "swap": [50, 0, 40, 70]}
    high = [won // MILLION for won in made.cash("running", Case.HIGH)]
    assert high == [10, 0, 60, 120]


def test_the_figures_of_an_option():
    lump, running = compare({"lump": LUMP, "running": RUNNING}, ROWS, SIGNED).outcomes
    # 10 + 30 / 1.05² + 60 / 1.05³ = 10 + 27.2108843… + 51.8302559… million
    assert running.present_value_won() == 89_041_140
    assert lump.present_value_won() == 100 * MILLION
    assert (running.worst_won, lump.worst_won) == (10 * MILLION, 100 * MILLION)
    assert (running.base.before_first_sale_bp, lump.base.before_first_sale_bp) == (1_000, 10_000)
    # A year later only the sales of 1,000 million fall into the time compared: 10 + 30 / 1.05³.
    assert running.slip_total_won == -60 * MILLION
    assert running.slipped_present_value_won == 35_915_128
    assert running.slip_present_value_won == 35_915_128 - 89_041_140
    assert (lump.slip_total_won, lump.slip_present_value_won) == (0, 0)


def test_break_even_against_a_lump_sum():
    """10 million and 3 % of 3,000 million are 100; 51 won more are 34 in the second year: a won."""
    sold = break_even_won(RUNNING, LUMP, ROWS, SIGNED)
    assert sold == 3 * BILLION + 51
    (lump, running) = compare({"lump": LUMP, "running": RUNNING}, ROWS, SIGNED).outcomes
    assert running.break_even == {"lump": sold}
    assert lump.break_even == {}


@pytest.mark.parametrize(
    ("terms", "other", "sold"),
    [
        # The cap of 60 million never passes 100; and 100 passes 60 at once.
        (BOUNDED, LUMP, None),
        (RUNNING, FREE, 0),
        # A third and two thirds of 51 are 17 and 34, and 3 % of 34 is the first whole won.
        (replace(RUNNING, upfront_won=0), FREE, 51),
        (replace(RUNNING, upfront_won=100 * MILLION), LUMP, 51),
        (replace(RUNNING, upfront_won=100 * MILLION + 1), LUMP, 0),
        (RUNNING, RUNNING, None),
        (RUNNING, replace(RUNNING, running_bp=301), None),
        # Half of what a milestone plan costs without sales, all of it once something is sold.
        (replace(RUNNING, upfront_won=50 * MILLION), MILESTONES, 1_666_666_701),
        # Made up, the swap costs 100 and 2 %; before that 50 and 4 %: it passes 100 at 1,250.
        (SWAP, LUMP, 1_250_000_100),
        # Against its own plain plan it never costs more.
        (SWAP, SWAP.plain, None),
    ],
)
def test_break_even(terms, other, sold):
    assert break_even_won(terms, other, ROWS, SIGNED) == sold


def test_break_even_where_both_depend_on_sales_and_bend():
    """3 % with a minimum of 5 from 2028 and no more than 60, against 30 and 1 %: dearer only between two points."""
    slower = Terms("running", upfront_won=30 * MILLION, running_bp=100)
    rows = forecast(1_000, 1_000)
    sold = break_even_won(BOUNDED, slower, rows, SIGNED)
    # Above the minimum: 3 % of s is more than 30 and 1 % of s from s = 1,500 on.
    assert sold is not None
    assert 1_500 * MILLION < sold <= 1_500 * MILLION + 200
    # And 60, its cap, is less again from 3,000 on.
    assert break_even_won(slower, BOUNDED, rows, SIGNED) == 0


def test_without_any_expected_sale_break_even_is_spread_evenly():
    assert break_even_won(RUNNING, LUMP, forecast(0, 0), SIGNED) == 3_000_000_068


def test_a_swap_that_slips_too_far_says_so():
    (outcome,) = compare({"swap": SWAP}, forecast(1_000, first=date(2027, 9, 1)), SIGNED).outcomes
    assert (outcome.base.swap_is_late, outcome.slipped.swap_is_late) == (False, False)
    rows = forecast(1_000, 1_000, first=date(2027, 9, 1))
    made = compare({"swap": SWAP}, rows, SIGNED)
    assert made.outcomes[0].slipped.swap_is_late is True
    assert made.to_json()["outcomes"][0]["slip_ends_swap"] is True


def test_what_is_stored_holds_every_figure():
    made = compare({"lump": LUMP, "instalments": INSTALMENTS, "running": RUNNING}, ROWS, SIGNED)
    stored = made.to_json()
    assert list(stored) == ["version", "signed_on", "forecast", "options", "years", "outcomes"]
    assert [each["key"] for each in stored["options"]] == ["lump", "instalments", "running"]
    running = stored["outcomes"][2]
    assert running["cases"]["base"] == {
        "cash_won": [10 * MILLION, 0, 30 * MILLION, 60 * MILLION],
        "total_won": 100 * MILLION,
        "present_value_won": 89_041_140,
        "before_first_sale_won": 10 * MILLION,
        "before_first_sale_bp": 1_000,
    }
    assert set(running["cases"]) == {"low", "base", "high", "none"}
    assert running["worst_won"] == 10 * MILLION
    assert set(running["break_even_won"]) == {"lump", "instalments"}
    assert made.digest != compare({"lump": LUMP, "running": RUNNING}, ROWS, SIGNED).digest


# --- JSON ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", EVERY.values(), ids=EVERY)
def test_terms_are_stored_with_every_field(terms):
    stored = terms.to_json()
    assert stored["version"] == 1
    assert Terms.from_json(stored) == terms
    assert Terms.from_json(stored).digest == terms.digest


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": 2}, "version"),
        ({"version": None}, "version"),
        ({"colour": "red"}, "colour"),
        ({"method": 1}, "method"),
        ({"upfront_won": 1.5}, "upfront_won"),
        ({"upfront_won": "1"}, "upfront_won"),
        ({"upfront_won": True}, "upfront_won"),
        ({"upfront_won": None}, "upfront_won"),
        ({"instalments": {}}, "instalments"),
        ({"instalments": [1]}, "instalments.0"),
        ({"instalments": [{"months": 1}]}, "instalments.0.won"),
        ({"instalments": [{"months": 1, "won": 1, "day": 1}]}, "day"),
        (
            {"milestones": [{"key": "a", "words": "b", "won": 1, "month": 1, "needs_sales": 1}]},
            "milestones.0.needs_sales",
        ),
        ({"milestones": [{"key": "a", "words": 3, "won": 1, "month": 1}]}, "milestones.0.words"),
        ({"milestones": [{"key": "a", "words": "b\ud800", "won": 1, "month": 1}]}, "milestones.0.words"),
        ({"milestones": [{"key": "a\x00", "words": "b", "won": 1, "month": 1}]}, "milestones.0.key"),
    ],
)
def test_terms_from_elsewhere_are_read_strictly(change, field):
    with pytest.raises(DomainError) as refused:
        Terms.from_json(RUNNING.to_json() | change)
    assert refused.value.field == field


@pytest.mark.parametrize("wrong", [None, [], "x", {"version": 1}])
def test_what_is_no_terms_at_all(wrong):
    with pytest.raises(DomainError):
        Terms.from_json(wrong)


def test_what_is_left_out_is_not_agreed():
    assert Terms.from_json({"version": 1, "method": "lump_sum", "upfront_won": 5}) == Terms("lump_sum", upfront_won=5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": 2}, "version"),
        ({"extra": 1}, "version"),
        ({"first_sale_on": "2027-02-30"}, "first_sale_on"),
        ({"first_sale_on": None}, "first_sale_on"),
        ({"low": 1}, "low"),
        ({"base": [1, 1.5]}, "base"),
        ({"high": [True, 1]}, "high"),
        ({"discount_bp": "5"}, "discount_bp"),
    ],
)
def test_forecasts_from_elsewhere_are_read_strictly(change, field):
    with pytest.raises(DomainError) as refused:
        Forecast.from_json(ROWS.to_json() | change)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("offered", "rate_bp", "a_year_won"),
    [
        ((LUMP, RUNNING, SWAP), 500, 670 * MILLION),  # by the highest rate that is offered, not by the usual one
        ((LUMP,), 500, 400 * MILLION),
        ((FREE,), 300, 100 * MILLION),
        ((Terms(Method.LUMP_SUM, upfront_won=MOST_WON),), 1, MOST_WON),
    ],
)
def test_what_a_comparison_begins_with(offered, rate_bp, a_year_won):
    made = to_begin_with(offered, SIGNED, rate_bp)
    assert made.low == made.base == made.high == (a_year_won,) * 5
    assert made.first_sale_on == date(SIGNED.year + 1, 1, 1)


@pytest.mark.parametrize("name", EVERY)
def test_whatever_is_offered_can_be_compared_at_once(name):
    made = to_begin_with([EVERY[name]], SIGNED, 300)
    assert check_forecast(made, SIGNED) == []
    assert compare({name: EVERY[name]}, made, SIGNED).years
