"""What a company owes the government: the facts' examples to the won, the clocks, caps, windows."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import DomainError
from royalties.enums.rules import FirmSize, IncomeKind
from royalties.services.rules.load import read_government
from royalties.sharing.government import Limit, Regime, Task, owed, pay_by
from royalties.sharing.versions import in_force_on

MILLION = 1_000_000
DAY = datetime.timedelta(days=1)
R1_FROM, R2_FROM = datetime.date(2021, 1, 1), datetime.date(2024, 12, 31)
ENDED = datetime.date(2025, 12, 31)
ON = datetime.date(2026, 6, 1)
TASK = Task(size="sme", government_won=500 * MILLION, ended_on=ENDED)
REGIMES = [Regime.of(row) for row in read_government()]


def regime_of(agreed_on):
    return in_force_on(REGIMES, agreed_on)


def owed_of(agreed_on, base_won, kind=IncomeKind.LICENCE, task=TASK, on=ON, first=None, paid_won=0):
    return owed(
        regime_of(agreed_on), task, kind=kind, base_won=base_won, on=on, first_income_on=first or on, paid_won=paid_won
    )


def test_the_example_of_a_licence():
    """Facts §4.3: SME, government's money 500 M, licence royalty 100 M, R2: 2.5 M, cap 50 M."""
    found = owed_of(R2_FROM, 100 * MILLION)
    assert (found.owed_won, found.cap_won, found.left_won) == (2_500_000, 50 * MILLION, 47_500_000)
    assert (found.rate_bp, found.limit) == (250, Limit.NONE)


@pytest.mark.parametrize(("agreed_on", "raw_won"), [(R2_FROM, 37_500_000), (R2_FROM - DAY, 75_000_000)])
def test_the_example_of_own_sales(agreed_on, raw_won):
    """Facts §4.3: sales 3 bn, contribution 0.5, government's money 300 M: 30 M in both, which is the cap."""
    task = Task("sme", 300 * MILLION, ENDED, contribution_bp=5_000)
    found = owed_of(agreed_on, 3_000 * MILLION, IncomeKind.DIRECT, task)
    assert (found.raw_won, found.owed_won, found.cap_won) == (raw_won, 30 * MILLION, 30 * MILLION)
    assert found.limit == Limit.CAP


@pytest.mark.parametrize(
    ("agreed_on", "sme", "mid", "large"),
    [
        (R1_FROM - DAY, 50_000_000, 150_000_000, 200_000_000),  # once, of the government's 500 M
        (R1_FROM, 5_000_000, 10_000_000, 20_000_000),
        (R1_FROM + DAY, 5_000_000, 10_000_000, 20_000_000),
        (R2_FROM - DAY, 5_000_000, 10_000_000, 20_000_000),
        (R2_FROM, 2_500_000, 5_000_000, 10_000_000),
        (R2_FROM + DAY, 2_500_000, 5_000_000, 10_000_000),
    ],
)
def test_the_day_of_the_agreement_and_the_size_tell_the_rate(agreed_on, sme, mid, large):
    """The same royalty of 100 M under agreements a day before and after each change."""
    found = [owed_of(agreed_on, 100 * MILLION, task=replace(TASK, size=size)).owed_won for size in FirmSize.values]
    assert found == [sme, mid, large]


@pytest.mark.parametrize(
    ("agreed_on", "won"),
    [(R1_FROM - DAY, 12_500_000), (R1_FROM, 25_000_000), (R2_FROM - DAY, 25_000_000), (R2_FROM, 12_500_000)],
)
def test_own_sales_under_each_regime(agreed_on, won):
    """Sales of 1 bn, contribution 0.5: before 2021 1.25 % of all sales, whatever the technology's contribution."""
    task = replace(TASK, contribution_bp=5_000)
    assert owed_of(agreed_on, 1_000 * MILLION, IncomeKind.DIRECT, task).owed_won == won


@pytest.mark.parametrize(("size", "cap_won"), [("sme", 50), ("mid", 100), ("large", 200)])
def test_the_cap_is_a_share_of_the_governments_money(size, cap_won):
    task = replace(TASK, size=size)
    for agreed_on in (R1_FROM, R2_FROM):
        assert owed_of(agreed_on, 10**13, task=task).owed_won == cap_won * MILLION


def test_what_was_paid_counts_into_the_cap():
    nearly = owed_of(R2_FROM, 100 * MILLION, paid_won=49 * MILLION)
    assert (nearly.raw_won, nearly.owed_won, nearly.left_won, nearly.limit) == (2_500_000, MILLION, 0, Limit.CAP)
    paid = owed_of(R2_FROM, 100 * MILLION, paid_won=50 * MILLION)
    assert (paid.owed_won, paid.left_won, paid.limit) == (0, 0, Limit.PAID)


def test_before_2021_it_is_owed_once():
    first = owed_of(R1_FROM - DAY, 1)
    assert first.owed_won == 50 * MILLION
    assert owed_of(R1_FROM - DAY, 100 * MILLION, paid_won=50 * MILLION).owed_won == 0
    assert owed_of(R1_FROM - DAY, 0).owed_won == 0


def test_before_2021_own_sales_repay_all_of_the_governments_money():
    found = owed_of(R1_FROM - DAY, 10**13, IncomeKind.DIRECT)
    assert found.owed_won == 500 * MILLION
    assert found.ends_on is None


@pytest.mark.parametrize(
    ("first", "ended", "ends_on"),
    [
        (datetime.date(2026, 1, 1), datetime.date(2025, 12, 31), datetime.date(2031, 12, 31)),
        (datetime.date(2026, 12, 31), datetime.date(2025, 12, 31), datetime.date(2031, 12, 31)),
        (datetime.date(2027, 1, 1), datetime.date(2025, 12, 31), datetime.date(2032, 12, 31)),
        (datetime.date(2028, 1, 1), datetime.date(2025, 12, 31), datetime.date(2032, 12, 31)),
        (datetime.date(2027, 5, 1), datetime.date(2025, 6, 30), datetime.date(2032, 6, 30)),
        (datetime.date(2026, 5, 1), datetime.date(2024, 2, 29), datetime.date(2031, 2, 28)),
    ],
)
def test_it_is_owed_five_years_from_the_year_after_the_first_income_or_seven_from_the_tasks_end(first, ended, ends_on):
    task = replace(TASK, ended_on=ended)
    on_the_last = owed_of(R2_FROM, 100 * MILLION, task=task, on=ends_on, first=first)
    the_day_after = owed_of(R2_FROM, 100 * MILLION, task=task, on=ends_on + DAY, first=first)
    assert (on_the_last.ends_on, on_the_last.owed_won, on_the_last.limit) == (ends_on, 2_500_000, Limit.NONE)
    assert (the_day_after.owed_won, the_day_after.left_won, the_day_after.limit) == (0, 0, Limit.OVER)


def test_it_is_paid_within_ninety_days_of_the_notice():
    assert pay_by(regime_of(R2_FROM), datetime.date(2026, 1, 1)) == datetime.date(2026, 4, 1)


def test_what_is_broken_is_dropped():
    """Half of the sales at 2.5 %: a won for each 80."""
    task = replace(TASK, contribution_bp=5_000)
    found = [owed_of(R2_FROM, sales, IncomeKind.DIRECT, task).owed_won for sales in (79, 80, 159, 160)]
    assert found == [0, 1, 1, 2]


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError):
        owed_of(R2_FROM, -1)
    with pytest.raises(ValueError):
        owed_of(R2_FROM, 1, paid_won=-1)
    with pytest.raises(ValueError):
        Task("huge", 1, ENDED)
    with pytest.raises(DomainError):
        Task("sme", 1, ENDED, contribution_bp=10_001)
    with pytest.raises(ValueError):
        replace(REGIMES[0], licence_bp={"sme": 1})


won = st.integers(0, 10**13)
tasks = st.builds(
    Task,
    size=st.sampled_from(FirmSize.values),
    government_won=st.integers(0, 10**12),
    ended_on=st.just(ENDED),
    contribution_bp=st.integers(0, 10_000),
)
regimes, kinds = st.sampled_from(REGIMES), st.sampled_from(IncomeKind.values)


@given(regime=regimes, task=tasks, kind=kinds, incomes=st.lists(won, max_size=8))
def test_all_payments_together_never_exceed_the_cap(regime, task, kind, incomes):
    paid_won = 0
    for base_won in incomes:
        paid_won += owed(
            regime, task, kind=kind, base_won=base_won, on=ON, first_income_on=ON, paid_won=paid_won
        ).owed_won
    assert 0 <= paid_won <= regime.cap_won(task.size, task.government_won)


@given(regime=regimes, task=tasks, kind=kinds, base_won=won, more_won=won, paid_won=won)
def test_more_income_owes_no_less_and_more_paid_owes_no_more(regime, task, kind, base_won, more_won, paid_won):
    def due(base_won, paid_won):
        return owed(regime, task, kind=kind, base_won=base_won, on=ON, first_income_on=ON, paid_won=paid_won).owed_won

    assert due(base_won + more_won, paid_won) >= due(base_won, paid_won) >= due(base_won, paid_won + more_won)
