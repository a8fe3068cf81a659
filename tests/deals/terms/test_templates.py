"""Templates: what they begin with from a price wish, to the won."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from deals.terms import SHAPES, Instalment, Template, Terms, begin, check, template_of
from deals.terms.templates import name_of
from tests.deals.terms.examples import MILLION

SIX = [
    Template.LUMP_SUM, Template.INSTALMENTS, Template.INITIAL_RUNNING, Template.RUNNING, Template.MILESTONES,
    Template.SWAP,
]  # fmt: skip


def test_from_a_price_wish_of_a_hundred_million():
    made = {template: begin(template, price_won=100 * MILLION, rate_bp=400) for template in SIX}
    assert made[Template.LUMP_SUM].fixed_won == 100 * MILLION
    assert made[Template.INSTALMENTS].instalments == (Instalment(12, 30 * MILLION), Instalment(24, 30 * MILLION))
    assert made[Template.INITIAL_RUNNING] == Terms("running", upfront_won=10 * MILLION, running_bp=400)
    bounded = made[Template.RUNNING]
    assert (bounded.minimum_won, bounded.minimum_from_year, bounded.cap_won) == (5 * MILLION, 2, 150 * MILLION)
    assert [each.won // MILLION for each in made[Template.MILESTONES].milestones] == [30, 50]
    swap = made[Template.SWAP]
    assert (swap.upfront_won, swap.swap_discount_won, swap.running_bp) == (50 * MILLION, 50 * MILLION, 400)


@pytest.mark.parametrize("template", SIX)
@given(price_won=st.integers(100, 10**14))
def test_what_they_begin_with_can_be_agreed_and_loses_no_won(template, price_won):
    terms = begin(template, price_won=price_won)
    assert check(terms) == []
    assert template_of(terms) == template
    if template in (Template.LUMP_SUM, Template.INSTALMENTS):
        assert terms.fixed_won == price_won
    elif template == Template.MILESTONES:
        assert terms.fixed_won + sum(each.won for each in terms.milestones) == price_won
    elif template == Template.SWAP:
        assert terms.plain.upfront_won == price_won
        assert 0 <= terms.upfront_won - terms.swap_discount_won <= 1


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("price_won", [None, 0])
def test_without_a_price_wish_amounts_are_to_be_filled_in(template, price_won):
    terms = begin(template, price_won=price_won)
    assert terms.fixed_won == terms.minimum_won == terms.cap_won == terms.swap_discount_won == 0
    assert terms.instalments == ()
    assert terms.method == SHAPES[template].method


@pytest.mark.parametrize("template", Template)
def test_the_form_of_a_template_shows_everything_it_says(template):
    """What the form leaves out stays at its default: nothing is agreed that nobody saw."""
    terms = begin(template, price_won=100 * MILLION)
    empty = Terms(terms.method)
    hidden = {name for name in terms.to_json() if name not in ("version", "method", *SHAPES[template].fields)}
    assert all(getattr(terms, name) == getattr(empty, name) for name in hidden)


def test_a_suggested_name_is_said_in_the_language_of_the_reader():
    with translation.override("en"):
        suggested = str(Template.INITIAL_RUNNING.label)
    with translation.override("ko"):
        own = str(Template.INITIAL_RUNNING.label)
        assert own != suggested
        assert name_of(suggested) == own
        assert name_of("Our first idea") == "Our first idea"
    with translation.override("en"):
        assert name_of(own) == suggested
