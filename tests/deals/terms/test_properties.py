"""What holds for any terms and any forecast."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deals.terms import (
    Case,
    Forecast,
    Kind,
    Method,
    Terms,
    break_even_won,
    check,
    check_forecast,
    compare,
    plan,
    refusals,
)
from tests.deals.terms.examples import any_terms, cases, days, forecasts, runnings, swaps

every_case = st.sampled_from(list(Case))


@given(terms=any_terms)
def test_terms_survive_json(terms):
    assert Terms.from_json(terms.to_json()) == terms
    assert refusals(terms) == []


@given(data=st.data(), signed_on=days)
def test_forecasts_survive_json(data, signed_on):
    rows = data.draw(forecasts(signed_on))
    assert Forecast.from_json(rows.to_json()) == rows
    assert check_forecast(rows, signed_on) == []


@given(given_case=cases(swaps()), case=every_case)
def test_a_swap_equals_the_plain_plan_once_the_discount_is_made_up(given_case, case):
    terms, rows, signed_on = given_case
    swap, plain = (plan(each, rows, signed_on, case=case) for each in (terms, terms.plain))
    left = swap.royalties[-1].left_of_discount_won
    assert swap.total_won + left == plain.total_won
    assert swap.total_won <= plain.total_won


@given(given_case=cases(swaps()))
def test_of_each_year_a_swap_makes_up_as_much_as_the_royalty_until_nothing_is_left(given_case):
    terms, rows, signed_on = given_case
    left = terms.swap_discount_won
    for year in plan(terms, rows, signed_on).royalties:
        assert year.recovery_won == min(left, year.running_won)
        left -= year.recovery_won


@given(given_case=cases())
def test_without_sales_nothing_but_what_was_agreed_for_that_is_owed(given_case):
    """The fee at the start with its instalments, the minimum of each year, milestones that need no sale."""
    terms, rows, signed_on = given_case
    nothing = plan(terms, rows, signed_on, case=Case.NONE)
    years = max(0, rows.last_year - signed_on.year - terms.minimum_from_year + 1)
    minimum = years * terms.minimum_won
    technical = sum(each.won for each in terms.milestones if not each.needs_sales)
    most = terms.fixed_won + technical + (min(minimum, terms.cap_won) if terms.cap_won else minimum)
    assert nothing.total_won == most
    assert {each.kind for each in nothing.payments} <= {Kind.UPFRONT, Kind.INSTALMENT, Kind.MILESTONE, Kind.MINIMUM}
    if terms.method in (Method.SWAP, Method.LUMP_SUM):
        assert nothing.total_won == terms.fixed_won
    assert nothing.total_won <= plan(terms, rows, signed_on).total_won


@given(given_case=cases(), case=every_case, slip=st.integers(0, 3))
def test_totals_are_the_sum_of_the_years_and_of_the_payments(given_case, case, slip):
    terms, rows, signed_on = given_case
    made = plan(terms, rows, signed_on, case=case, slip=slip)
    assert made.total_won == sum(made.cash.values()) == sum(each.won for each in made.payments)
    assert sum(each.owed_won for each in made.royalties) == sum(each.won for each in made.payments if each.of_year)
    assert list(made.cash) == list(range(signed_on.year, max(made.cash) + 1))
    assert all(each.won > 0 and each.on >= signed_on for each in made.payments)
    assert [each.on for each in made.payments] == sorted(each.on for each in made.payments)


@given(given_case=cases(), case=every_case)
def test_at_no_discount_the_present_value_is_the_total(given_case, case):
    terms, rows, signed_on = given_case
    made = plan(terms, rows, signed_on, case=case)
    assert made.present_value_won(0) == made.total_won


@given(given_case=cases(), lower=st.integers(0, 10_000), more=st.integers(0, 10_000))
def test_a_higher_discount_never_raises_the_present_value(given_case, lower, more):
    terms, rows, signed_on = given_case
    made = plan(terms, rows, signed_on)
    assert 0 <= made.present_value_won(lower + more) <= made.present_value_won(lower) <= made.total_won


@given(given_case=cases(), case=every_case, slip=st.integers(0, 3))
def test_slipping_never_raises_present_value_or_total(given_case, case, slip):
    terms, rows, signed_on = given_case
    sooner = plan(terms, rows, signed_on, case=case, slip=slip)
    later = plan(terms, rows, signed_on, case=case, slip=slip + 1)
    assert later.present_value_won(rows.discount_bp) <= sooner.present_value_won(rows.discount_bp)
    assert later.total_won <= sooner.total_won


@given(given_case=cases(runnings() | swaps()), case=every_case)
def test_the_cap_is_never_exceeded(given_case, case):
    terms, rows, signed_on = given_case
    assume(terms.cap_won)
    made = plan(terms, rows, signed_on, case=case)
    together = 0
    for year in made.royalties:
        together += year.running_won + year.minimum_won
        assert together <= terms.cap_won
        assert year.left_of_cap_won == terms.cap_won - together


@given(given_case=cases(runnings()), case=every_case)
def test_each_year_from_the_first_on_reaches_the_minimum_or_the_cap(given_case, case):
    terms, rows, signed_on = given_case
    for year in plan(terms, rows, signed_on, case=case).royalties:
        if year.year >= signed_on.year + terms.minimum_from_year:
            assert year.owed_won >= terms.minimum_won or year.left_of_cap_won == 0
        else:
            assert year.minimum_won == 0


@given(given_case=cases())
def test_more_sales_never_cost_less(given_case):
    terms, rows, signed_on = given_case
    totals = [plan(terms, rows, signed_on, case=case).total_won for case in (Case.NONE, Case.LOW, Case.BASE, Case.HIGH)]
    assert totals == sorted(totals)


@given(given_case=cases(), case=every_case)
def test_the_share_before_the_first_sale_is_a_share(given_case, case):
    terms, rows, signed_on = given_case
    made = plan(terms, rows, signed_on, case=case)
    assert made.before_first_sale_bp is None or 0 <= made.before_first_sale_bp <= 10_000


@settings(max_examples=40)
@given(given_case=cases(runnings() | swaps()), other=any_terms)
def test_at_break_even_the_option_turns_dearer_to_the_won(given_case, other):
    terms, rows, signed_on = given_case
    sold = break_even_won(terms, other, rows, signed_on)
    if sold is None or sold > 10**13:
        return
    assert cost_at(terms, rows, signed_on, sold) > cost_at(other, rows, signed_on, sold)
    if sold:
        assert cost_at(terms, rows, signed_on, sold - 1) <= cost_at(other, rows, signed_on, sold - 1)


def cost_at(terms, rows, signed_on, sold):
    """By the plan itself, of sales that are spread like the base case."""
    shares = rows.base if any(rows.base) else (1,) * len(rows.base)
    spread = tuple(sold * share // sum(shares) for share in shares)
    if any(spread):
        return plan(terms, Forecast(rows.first_sale_on, spread, spread, spread, 0), signed_on).total_won
    without = plan(terms, rows, signed_on, case=Case.NONE).total_won
    return without + (sum(each.won for each in terms.milestones if each.needs_sales) if sold else 0)


@settings(max_examples=30)
@given(given_case=cases(), other=any_terms)
def test_the_same_inputs_give_the_same_comparison(given_case, other):
    terms, rows, signed_on = given_case
    made = compare({"a": terms, "b": other}, rows, signed_on)
    stored = made.to_json()
    again = compare(
        {row["key"]: Terms.from_json(row["terms"]) for row in stored["options"]},
        Forecast.from_json(stored["forecast"]),
        signed_on,
    )
    assert again.to_json() == stored
    assert again.digest == made.digest
    for key in ("a", "b"):
        assert sum(made.cash(key)) == next(each for each in made.outcomes if each.key == key).base.total_won


@given(terms=any_terms)
def test_what_may_be_agreed_has_no_fault_but_warnings(terms):
    assert all(problem.is_warning for problem in check(terms))
