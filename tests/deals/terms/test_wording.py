"""Terms in words, and where two differ."""

from dataclasses import replace

import pytest

from deals.terms import Case, Instalment, Kind, plan
from deals.wording.terms import case_name, differences, facts, kind_name, payment_name, summary
from tests.deals.terms.examples import BOUNDED, EVERY, MILESTONES, MILLION, RUNNING, SIGNED, SWAP, forecast


@pytest.mark.parametrize("terms", EVERY.values(), ids=EVERY)
def test_every_figure_stands_in_the_words(terms):
    said = " ".join(fact.text for fact in facts(terms))
    amounts = [terms.upfront_won, terms.minimum_won, terms.cap_won, terms.swap_discount_won]
    amounts += [each.won for each in (*terms.instalments, *terms.milestones)]
    assert all(f"{won:,}" in said for won in amounts if won)
    assert summary(terms)


def test_the_words_of_a_swap():
    texts = {fact.name: fact.text for fact in facts(SWAP)}
    assert texts["running_bp"] == "4 % of net sales until it is made up, then 2 %"
    assert texts["swap_start_months"] == "within 12 months of signing, 12 months later at the latest"
    without_grace = {fact.name: fact.text for fact in facts(replace(SWAP, swap_grace_months=0))}
    assert without_grace["swap_start_months"] == "within 12 months of signing"


def test_a_summary_in_a_line():
    assert summary(RUNNING) == "KRW 10,000,000 at signing · 3 % of net sales"
    assert summary(SWAP) == "KRW 50,000,000 at signing · 2 % of net sales · doubled until KRW 50,000,000 are made up"
    assert summary(EVERY["free"]) == "Free of charge"


def test_terms_differ_where_they_say_something_else():
    assert differences(RUNNING, RUNNING) == []
    found = differences(RUNNING, replace(BOUNDED, upfront_won=10 * MILLION))
    assert [(each.before, each.after) for each in found] == [
        ("–", "KRW 5,000,000 a year, from calendar year 2 after signing on"),
        ("–", "KRW 60,000,000"),
    ]
    (rate,) = differences(RUNNING, replace(RUNNING, running_bp=250))
    assert (rate.label, rate.before, rate.after) == ("Running royalty", "3 % of net sales", "2.5 % of net sales")


def test_a_milestone_with_other_words_is_a_difference():
    first, second = MILESTONES.milestones
    other = replace(MILESTONES, milestones=(replace(first, words="Pilot line runs"), second))
    (found,) = differences(MILESTONES, other)
    assert found.label == "Milestone: Pilot line runs"
    instalment = replace(MILESTONES, instalments=(Instalment(6, 1),))
    assert [each.label for each in differences(MILESTONES, instalment)] == ["Instalment 1"]


def test_every_case_and_kind_has_a_name():
    assert len({case_name(case) for case in Case}) == 4
    assert len({kind_name(kind) for kind in Kind}) == 6
    names = [payment_name(each) for each in plan(RUNNING, forecast(1_000), SIGNED).payments]
    assert names == ["At signing", "Running royalty for 2027"]
