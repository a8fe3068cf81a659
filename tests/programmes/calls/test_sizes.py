"""The size of a firm: each edge of the rules, by the version its fiscal year falls under."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.sizes import (
    FIGURES_HOLD_MONTHS,
    Size,
    average_won,
    divisions_of,
    months_later,
    rules_for,
    size_of,
    versions,
)

E8 = 100_000_000
OLD, NEW = date(2024, 12, 31), date(2025, 12, 31)


def of(sales=(10 * E8,), *, industry="26", assets=10 * E8, year_end=OLD, on=None, independent=True, **also):
    return size_of(
        industry=industry, sales_won=sales, assets_won=assets, year_end=year_end,
        on=on or months_later(year_end, 3), is_independent=independent, **also,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("industry", "sales", "size"),
    [
        ("26", 120 * E8, Size.SMALL),
        ("26", 120 * E8 + 1, Size.MEDIUM),
        ("C261", 1_000 * E8, Size.MEDIUM),
        ("26", 1_000 * E8 + 1, Size.NOT_SME),
        ("14", 1_500 * E8, Size.MEDIUM),
        ("14", 1_500 * E8 + 1, Size.NOT_SME),
        ("85", 10 * E8, Size.SMALL),
        ("P", 10 * E8 + 1, Size.MEDIUM),
        ("85", 400 * E8 + 1, Size.NOT_SME),
    ],
)
def test_the_older_rules_to_the_won(industry, sales, size):
    found = of([sales], industry=industry)
    assert (found.size, found.rule) == (size, "2015")
    assert found.why


@pytest.mark.parametrize(
    ("industry", "sales", "size", "may_be_small"),
    [
        ("26", 120 * E8, Size.SMALL, False),
        ("26", 120 * E8 + 1, Size.MEDIUM, True),
        ("26", 140 * E8, Size.MEDIUM, True),
        ("26", 140 * E8 + 1, Size.MEDIUM, False),
        ("26", 1_000 * E8, Size.MEDIUM, False),
        ("26", 1_000 * E8 + 1, Size.UNCLEAR, False),
        ("26", 1_300 * E8, Size.UNCLEAR, False),
        ("26", 1_300 * E8 + 1, Size.NOT_SME, False),
        ("14", 1_800 * E8 + 1, Size.NOT_SME, False),
        ("85", 15 * E8, Size.SMALL, False),
    ],
)
def test_of_the_reform_what_no_source_says_is_unclear(industry, sales, size, may_be_small):
    found = of([sales], industry=industry, year_end=NEW)
    assert (found.size, found.may_be_small, found.rule) == (size, may_be_small, "2025")


def test_the_end_of_the_fiscal_year_decides_which_rules_hold_not_the_day_of_the_question():
    on = date(2026, 1, 15)
    assert of(year_end=date(2025, 8, 31), on=on).rule == "2015"
    assert of(year_end=date(2025, 9, 1), on=on).rule == "2025"
    assert of(year_end=date(2015, 1, 1)).rule == "2015"
    assert of(year_end=date(2014, 12, 31)).size == Size.UNCLEAR


@pytest.mark.parametrize(
    "changes",
    [
        {"industry": ""},
        {"industry": "C"},  # several ceilings within manufacturing
        {"industry": "99"},
        {"sales": ()},
        {"assets": None},
        {"sales": (-1,)},
        {"independent": None},
        {"on": date(2024, 12, 30)},
        {"on": date(2026, 4, 1)},
    ],
)
def test_what_is_not_known_is_unclear_and_says_why(changes):
    found = of(**changes)
    assert found.size == Size.UNCLEAR
    assert found.why


def test_figures_hold_for_fifteen_months():
    assert FIGURES_HOLD_MONTHS == 15
    assert of(on=date(2026, 3, 31)).size == Size.SMALL
    assert of(on=OLD).size == Size.SMALL


def test_assets_and_independence():
    assert of(assets=5_000 * E8 - 1).size == Size.SMALL
    assert of(assets=5_000 * E8).size == Size.NOT_SME
    assert of(independent=False).size == Size.NOT_SME


@pytest.mark.parametrize(
    ("outgrew_on", "had_grace", "size"),
    [
        (date(2020, 3, 31), False, Size.MEDIUM),  # the fifth year's last day
        (date(2020, 3, 30), False, Size.NOT_SME),
        (date(2024, 12, 31), False, Size.MEDIUM),
        (date(2024, 12, 31), True, Size.NOT_SME),  # once
        (None, False, Size.NOT_SME),
        (date(2026, 12, 31), False, Size.NOT_SME),
    ],
)
def test_who_outgrew_the_ceilings_is_kept_for_five_years_once(outgrew_on, had_grace, size):
    found = of([2_000 * E8], outgrew_on=outgrew_on, had_grace=had_grace)
    assert (found.size, found.in_grace) == (size, size == Size.MEDIUM)


def test_grace_is_not_for_who_belongs_to_a_large_group_or_says_nothing():
    kept = {"sales": [2_000 * E8], "outgrew_on": OLD}
    assert of(**kept, independent=False).size == Size.NOT_SME
    assert of(**kept, independent=None).size == Size.UNCLEAR


def test_sales_are_the_average_of_the_last_three_years_of_a_younger_firm_of_those_there_are():
    assert average_won([]) is None
    assert average_won([7]) == 7
    assert average_won([1, 2, 2]) == 1
    assert average_won([10**12, 1, 2, 3]) == 2


def test_months_keep_to_the_end_of_the_month():
    assert months_later(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_later(date(2025, 2, 28), 12) == date(2026, 2, 28)
    assert months_later(date(2024, 11, 30), 3) == date(2025, 2, 28)
    assert months_later(date(2024, 9, 30), 3) == date(2024, 12, 31)
    assert months_later(date(2024, 9, 15), 3) == date(2024, 12, 15)


def test_versions_name_their_source_and_say_what_is_assumed():
    for rules in versions():
        assert rules.source
        assert rules.assumption or not rules.is_assumption
        for row in rules.by_division.values():
            assert 0 < row.small_won <= row.small_most_won < row.medium_won <= row.medium_most_won
    newer, older = versions()
    assert set(newer.by_division) == set(older.by_division)
    assert rules_for(date(2000, 1, 1)) is None
    assert divisions_of("C26") == divisions_of("261") == ["26"]
    assert divisions_of("nonsense") == ["00"] or divisions_of("nonsense")


ORDER = [Size.SMALL, Size.MEDIUM, Size.UNCLEAR, Size.NOT_SME]


@given(
    st.integers(0, 10**13),
    st.integers(0, 10**13),
    st.sampled_from(sorted(versions()[0].by_division)),
    st.sampled_from([OLD, NEW]),
)
def test_who_sells_more_is_never_smaller(one, other, industry, year_end):
    less, more = sorted([one, other])
    found = [ORDER.index(of([sales], industry=industry, year_end=year_end).size) for sales in (less, more)]
    assert found == sorted(found)


# The first letters of a run take their time: the tables of Unicode are read for them.
@given(
    st.text(max_size=5), st.lists(st.integers(-1, 10**15), max_size=4), st.none() | st.integers(-1, 10**15),
    st.none() | st.dates(), st.dates(), st.none() | st.booleans(), st.none() | st.dates(), st.booleans(),
)  # fmt: skip
def test_every_question_gets_an_answer(industry, sales, assets, year_end, on, independent, outgrew_on, had_grace):
    if any(day and day.year > 9_900 for day in (year_end, on, outgrew_on)):
        return
    found = size_of(
        industry=industry, sales_won=sales, assets_won=assets, year_end=year_end, on=on,
        is_independent=independent, outgrew_on=outgrew_on, had_grace=had_grace,
    )  # fmt: skip
    assert found.why
    if not sales or assets is None or year_end is None:
        assert found.size == Size.UNCLEAR
    if independent is None:
        assert not found.size.is_sme
