"""What is owed, year by year, to the won: examples after domain-facts.md §4, and every edge."""

from dataclasses import replace
from datetime import date

import pytest

from deals.terms import Case, Instalment, Kind, Method, Milestone, Terms, instalment_due_on, plan, royalties
from tests.deals.terms.examples import (
    BOUNDED,
    EQUITY,
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


def in_millions(cash):
    assert all(won % MILLION == 0 for won in cash.values())
    return {year: won // MILLION for year, won in cash.items()}


def owed(terms, sales, until=None):
    """Owed per year for sales in won by year."""
    return [each.owed_won for each in royalties(terms, sales, SIGNED, until_year=until or max(sales))]


# --- the ways to pay ------------------------------------------------------------------------------------------------


def test_a_lump_sum_is_paid_on_the_day_of_signing_whatever_is_sold():
    made = plan(LUMP, forecast(1_000, 2_000), SIGNED)
    assert [(each.kind, each.on, each.won) for each in made.payments] == [(Kind.UPFRONT, SIGNED, 100 * MILLION)]
    assert made.cash == {2026: 100 * MILLION}


def test_instalments_fall_on_their_days():
    made = plan(INSTALMENTS, forecast(1_000), SIGNED)
    assert [(each.on, each.won // MILLION, each.key) for each in made.payments] == [
        (date(2026, 6, 15), 40, ""),
        (date(2027, 6, 15), 30, "1"),
        (date(2028, 6, 15), 30, "2"),
    ]
    assert made.total_won == LUMP.fixed_won == INSTALMENTS.fixed_won


@pytest.mark.parametrize(
    ("signed_on", "months", "due_on"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 1, 31), 13, date(2028, 2, 29)),
        (date(2026, 8, 30), 6, date(2027, 2, 28)),
        (date(2026, 6, 15), 12, date(2027, 6, 15)),
        # A period from the first of March on ends with May (Civil Act art. 160).
        (date(2026, 2, 28), 3, date(2026, 5, 31)),
    ],
)
def test_months_are_counted_as_the_civil_act_counts_them(signed_on, months, due_on):
    assert instalment_due_on(signed_on, months) == due_on


def test_initial_fee_and_running_royalty():
    """Facts §4.1: initial payment and the amount by the running rate; 3 % of 1,000 and of 2,000 million."""
    made = plan(RUNNING, forecast(1_000, 2_000), SIGNED)
    assert in_millions(made.cash) == {2026: 10, 2027: 0, 2028: 30, 2029: 60}
    assert made.total_won == 100 * MILLION
    # The royalty of 2027 is due when its statement is: three months after the year's end.
    running = [each for each in made.payments if each.kind == Kind.RUNNING]
    assert [(each.on, each.of_year) for each in running] == [(date(2028, 3, 31), 2027), (date(2029, 3, 31), 2028)]


@pytest.mark.parametrize(("months", "due"), [(1, "2028-01-31"), (2, "2028-02-29"), (12, "2028-12-31")])
def test_royalty_is_due_with_the_statement(months, due):
    made = plan(replace(RUNNING, statement_due_months=months), forecast(1_000), SIGNED)
    assert made.payments[-1].on.isoformat() == due


@pytest.mark.parametrize(("sold", "won"), [(0, 0), (33, 0), (34, 1), (66, 1), (67, 2), (99, 2), (100, 3), (101, 3)])
def test_a_broken_won_is_dropped(sold, won):
    assert owed(RUNNING, {2027: sold}) == [0, won]


def test_each_year_is_rounded_by_itself():
    assert owed(RUNNING, {2027: 33, 2028: 33, 2029: 34}) == [0, 0, 0, 1]


# --- minimum and cap ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sold", "running", "minimum"),
    [
        (0, 0, 5_000_000),
        (166_666_633, 4_999_998, 2),
        (166_666_666, 4_999_999, 1),
        (166_666_667, 5_000_000, 0),
        (166_666_700, 5_000_001, 0),
    ],
)
def test_what_lacks_to_the_minimum_is_owed(sold, running, minimum):
    last = royalties(BOUNDED, {2028: sold}, SIGNED, until_year=2028)[-1]
    assert (last.running_won, last.minimum_won) == (running, minimum)


def test_the_minimum_begins_with_its_full_calendar_year():
    assert owed(BOUNDED, {}, until=2029) == [0, 0, 5 * MILLION, 5 * MILLION]
    assert owed(replace(BOUNDED, minimum_from_year=1), {}, until=2028) == [0, 5 * MILLION, 5 * MILLION]
    assert owed(replace(BOUNDED, minimum_from_year=3), {}, until=2028) == [0, 0, 0]


@pytest.mark.parametrize(
    ("sold", "owed_won", "left"),
    [
        (1_999_999_966, 59_999_998, 2),
        (1_999_999_967, 59_999_999, 1),
        (2_000_000_000, 60_000_000, 0),
        (2_000_000_034, 60_000_000, 0),
        (9_000_000_000, 60_000_000, 0),
    ],
)
def test_never_more_than_the_cap(sold, owed_won, left):
    first = royalties(BOUNDED, {2027: sold}, SIGNED, until_year=2027)[-1]
    assert (first.owed_won, first.left_of_cap_won) == (owed_won, left)


def test_the_minimum_counts_into_the_cap_and_ends_with_it():
    terms = replace(BOUNDED, cap_won=12 * MILLION)
    assert owed(terms, {}, until=2031) == [0, 0, 5 * MILLION, 5 * MILLION, 2 * MILLION, 0]
    # 3 % of 300 million is 9; of the minimum of 5 there is room for 3.
    assert owed(terms, {2027: 300 * MILLION}, until=2029) == [0, 9 * MILLION, 3 * MILLION, 0]


# --- swap -----------------------------------------------------------------------------------------------------------


def test_a_swap_pays_double_until_the_discount_is_made_up():
    """Facts and lessons, ETRI 2011: half of 100 million at the start; of 1,000 million a year 2 % and 2 % more until
    the other half is made up, then 2 %."""
    rows = royalties(SWAP, dict.fromkeys(range(2027, 2031), 1_000 * MILLION), SIGNED, until_year=2030)
    assert [each.running_won // MILLION for each in rows] == [0, 20, 20, 20, 20]
    assert [each.recovery_won // MILLION for each in rows] == [0, 20, 20, 10, 0]
    assert [each.left_of_discount_won // MILLION for each in rows] == [50, 30, 10, 0, 0]
    swap, plain = (plan(terms, forecast(*[1_000] * 4), SIGNED) for terms in (SWAP, SWAP.plain))
    assert swap.total_won == plain.total_won == 180 * MILLION
    assert SWAP.plain == Terms(Method.RUNNING, upfront_won=100 * MILLION, running_bp=200)


@pytest.mark.parametrize(
    ("sold", "recovery", "left"),
    [
        (2_499_999_950, 49_999_999, 1),
        (2_499_999_999, 49_999_999, 1),
        (2_500_000_000, 50_000_000, 0),
        (2_500_000_050, 50_000_000, 0),
    ],
)
def test_exactly_the_discount_is_made_up(sold, recovery, left):
    year = royalties(SWAP, {2027: sold}, SIGNED, until_year=2027)[-1]
    assert (year.recovery_won, year.left_of_discount_won) == (recovery, left)


def test_a_swap_that_fails_costs_half():
    assert plan(SWAP, forecast(1_000), SIGNED, case=Case.NONE).total_won == 50 * MILLION


@pytest.mark.parametrize(
    ("first", "is_late"),
    [(date(2027, 6, 15), False), (date(2028, 6, 15), False), (date(2028, 6, 16), True)],
)
def test_selling_begins_within_a_year_and_one_of_grace(first, is_late):
    assert SWAP.swap_days(SIGNED) == (date(2027, 6, 15), date(2028, 6, 15))
    assert plan(SWAP, forecast(1_000, first=first), SIGNED).swap_is_late is is_late
    assert plan(RUNNING, forecast(1_000, first=first), SIGNED).swap_is_late is False


def test_a_cap_bounds_the_royalty_of_a_swap_and_what_it_makes_up():
    """What was taken off the fee is no running royalty: it is owed beside it, as much again as the royalty."""
    capped = replace(SWAP, cap_won=30 * MILLION)
    rows = royalties(capped, dict.fromkeys(range(2027, 2031), 1_000 * MILLION), SIGNED, until_year=2030)
    assert [each.running_won // MILLION for each in rows] == [0, 20, 10, 0, 0]
    assert [each.recovery_won // MILLION for each in rows] == [0, 20, 10, 0, 0]


# --- milestones, equity, free ---------------------------------------------------------------------------------------


def test_milestones_are_expected_in_their_month():
    made = plan(MILESTONES, forecast(0, 0, 500, first=date(2027, 3, 1)), SIGNED)
    assert [(each.on, each.won // MILLION, each.key) for each in made.payments] == [
        (SIGNED, 20, ""),
        (date(2027, 6, 15), 30, "prototype"),
        (date(2028, 6, 15), 50, "first_sale"),
    ]


def test_what_needs_sales_waits_for_the_first_sale_and_never_comes_without():
    late = forecast(500, first=date(2029, 2, 1))
    assert plan(MILESTONES, late, SIGNED).payments[-1].on == date(2029, 2, 1)
    assert plan(MILESTONES, late, SIGNED, case=Case.NONE).total_won == 50 * MILLION
    assert plan(MILESTONES, forecast(0), SIGNED).total_won == 50 * MILLION


def test_milestones_beside_a_running_royalty():
    terms = replace(MILESTONES, running_bp=100)
    assert plan(terms, forecast(500), SIGNED).total_won == (100 + 5) * MILLION


def test_equity_and_free_cost_no_cash():
    for terms in (EQUITY, FREE):
        made = plan(terms, forecast(1_000), SIGNED)
        assert (made.payments, made.total_won, made.cash) == ((), 0, {2026: 0})
        assert made.present_value_won(500) == 0
        assert made.before_first_sale_bp is None


# --- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("won", "discount_bp", "value"),
    [
        # Paid a year after signing: 105 at 5 % is 100; half a won and more is rounded up.
        (105, 500, 100),
        (104, 500, 99),
        (3, 10_000, 2),
        (1, 10_000, 1),
        (100, 0, 100),
    ],
)
def test_present_value_by_whole_calendar_years(won, discount_bp, value):
    later = Terms(Method.LUMP_SUM, instalments=(Instalment(7, won),))
    assert plan(later, forecast(0), SIGNED).cash == {2026: 0, 2027: won}
    assert plan(later, forecast(0), SIGNED).present_value_won(discount_bp) == value


def test_a_present_value_is_rounded_once_not_year_by_year():
    """Four times a half makes two, not four."""
    quarters = tuple(Instalment(months, 1) for months in (7, 8, 9, 10))
    terms = Terms(Method.LUMP_SUM, instalments=quarters)
    assert plan(terms, forecast(0), SIGNED).present_value_won(10_000) == 2


def test_within_the_year_of_signing_nothing_is_discounted():
    assert plan(INSTALMENTS, forecast(0), date(2026, 1, 1)).present_value_won(10_000) == 40 * MILLION + 22_500_000


def test_the_share_before_the_first_sale():
    made = plan(RUNNING, forecast(1_000, 2_000), SIGNED)
    assert (made.before_first_sale_won, made.before_first_sale_bp) == (10 * MILLION, 1_000)
    # A sale on the day of signing: nothing was paid before it.
    at_once = plan(RUNNING, forecast(1_000, first=SIGNED), SIGNED)
    assert at_once.before_first_sale_bp == 0
    third = Terms(Method.LUMP_SUM, upfront_won=1, instalments=(Instalment(24, 2),))
    assert plan(third, forecast(1), SIGNED).before_first_sale_bp == 3_333
    assert plan(RUNNING, forecast(1_000), SIGNED, case=Case.NONE).before_first_sale_bp is None


def test_sales_that_slip_a_year_move_what_hangs_on_them_and_nothing_else():
    rows = forecast(1_000, 2_000, 3_000)
    slipped = plan(RUNNING, rows, SIGNED, slip=1)
    assert in_millions(slipped.cash) == {2026: 10, 2027: 0, 2028: 0, 2029: 30, 2030: 60}
    assert slipped.first_sale_on == date(2028, 3, 1)
    assert plan(INSTALMENTS, rows, SIGNED, slip=1) == replace(
        plan(INSTALMENTS, rows, SIGNED), first_sale_on=date(2028, 3, 1), royalties=slipped_rows(INSTALMENTS, rows)
    )
    # The minimum is owed for the same years as before.
    bounded = plan(BOUNDED, rows, SIGNED, slip=1)
    assert in_millions(bounded.cash) == {2026: 0, 2027: 0, 2028: 0, 2029: 30, 2030: 30}
    late = Terms(Method.MILESTONES, milestones=(Milestone("sale", "First sale", 5, month=6, needs_sales=True),))
    assert plan(late, rows, SIGNED, slip=1).payments[0].on == date(2028, 3, 1)


def slipped_rows(terms, rows):
    return royalties(terms, rows.sales(Case.BASE, slip=1), SIGNED, until_year=rows.last_year)


def test_sales_in_the_year_of_signing_are_owed_for():
    made = plan(RUNNING, forecast(1_000, first=date(2026, 9, 1)), SIGNED)
    assert in_millions(made.cash) == {2026: 10, 2027: 30}


def test_a_forecast_gives_each_case_its_row():
    rows = forecast(100, 200, low=[1, 2], high=[1_000, 2_000])
    sold = {case: list(rows.sales(case).values()) for case in Case}
    assert sold == {
        Case.LOW: [MILLION, 2 * MILLION],
        Case.BASE: [100 * MILLION, 200 * MILLION],
        Case.HIGH: [1_000 * MILLION, 2_000 * MILLION],
        Case.NONE: [0, 0],
    }
    assert rows.sales(Case.BASE, slip=1) == {2027: 0, 2028: 100 * MILLION}
    assert rows.sales(Case.BASE, slip=2) == {2027: 0, 2028: 0}
