"""Interest by days and the split of receipts, as sums: no database."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouchers.enums.recovery import RecoveryGround
from vouchers.recovery import (
    LATE_MOST_BP,
    Debt,
    Missed,
    Paid,
    Parts,
    all_rules,
    behind_on,
    missed_by,
    monthly_plan,
    owed_on,
    rules_on,
    split,
)

DAY = date(2026, 1, 1)
DEBT = Debt(10_000_000, 5_000_000, 300, DAY)

debts = st.builds(
    Debt,
    principal_won=st.integers(1, 50_000_000),
    surcharge_won=st.integers(0, 250_000_000),
    interest_bp=st.integers(0, 2_000),
    interest_from=st.just(DAY),
)


def test_a_year_of_interest():
    assert owed_on(DEBT, [], DAY) == Parts(0, 10_000_000, 5_000_000)
    assert owed_on(DEBT, [], date(2027, 1, 1)).interest_won == 300_000
    assert owed_on(DEBT, [], DAY + timedelta(1)).interest_won == 821  # 821.9 rounded down


def test_a_receipt_pays_interest_then_principal_then_surcharge():
    owed = Parts(300, 1_000, 500)
    assert split(owed, 200) == Parts(200, 0, 0)
    assert split(owed, 900) == Parts(300, 600, 0)
    assert split(owed, 1_700) == Parts(300, 1_000, 400)
    for wrong in (0, -1, 1_801):
        with pytest.raises(ValueError, match="owed"):
            split(owed, wrong)


def test_interest_runs_on_what_is_left_of_the_principal_alone():
    half = Paid(date(2027, 1, 1), split(owed_on(DEBT, [], date(2027, 1, 1)), 5_300_000))
    assert half.parts == Parts(300_000, 5_000_000, 0)
    assert owed_on(DEBT, [half], date(2028, 1, 1)) == Parts(150_000, 5_000_000, 5_000_000)


@given(debts, st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60_000_000)), max_size=8))
def test_no_won_is_lost_or_made_by_any_receipts(debt, wanted):
    received = []
    for days, amount in sorted(wanted):
        day = DAY + timedelta(days)
        owed = owed_on(debt, received, day)
        assert min(owed.interest_won, owed.principal_won, owed.surcharge_won) >= 0
        if owed.total_won:
            part = split(owed, min(amount, owed.total_won))
            received.append(Paid(day, part))
            left = owed_on(debt, received, day)
            assert left.total_won == owed.total_won - part.total_won
            assert part.principal_won == 0 or left.interest_won == 0
            assert part.surcharge_won == 0 or left.principal_won == 0
    assert sum(each.parts.principal_won for each in received) <= debt.principal_won


@given(debts, st.integers(1, 24), st.integers(0, 60))
def test_a_plan_paid_by_its_days_pays_all(debt, count, days):
    if owed_on(debt, [], DAY + timedelta(days)).total_won < count:
        return
    plan = monthly_plan(debt, [], DAY + timedelta(days), count)
    received = []
    for each in plan:
        received.append(Paid(each.due_on, split(owed_on(debt, received, each.due_on), each.amount_won)))
        assert behind_on(plan, received, each.due_on) == 0
    assert len(plan) == count
    assert owed_on(debt, received, plan[-1].due_on).total_won == 0


def test_behind_is_what_was_due_and_had_not_come_at_the_end_of_the_day():
    plan = monthly_plan(DEBT, [], DAY, 3)
    assert behind_on(plan, [], DAY - timedelta(1)) == 0
    assert behind_on(plan, [], DAY) == plan[0].amount_won
    on_time, late = (Paid(DAY + timedelta(days), Parts(0, plan[0].amount_won, 0)) for days in (0, 1))
    assert behind_on(plan, [on_time], DAY) == 0
    assert behind_on(plan, [late], DAY) == plan[0].amount_won


def missed(received, today, plan=()):
    return missed_by(DEBT, plan, received, plan_after=0, pay_by=plan[-1].due_on if plan else DAY, today=today)


def test_missed_is_what_was_due_that_day_from_the_next_day_on():
    assert missed([], DAY) is None
    assert missed([], DAY + timedelta(1)) == Missed(DAY, 15_000_000)
    in_time = Paid(DAY, Parts(0, 9_000_000, 0))
    assert missed([in_time], DAY + timedelta(9)) == Missed(DAY, 6_000_000)
    late = Paid(DAY + timedelta(1), Parts(0, 9_000_000, 0))
    assert missed([late], DAY + timedelta(9)) == Missed(DAY, 15_000_000)


def test_of_a_plan_the_first_part_that_was_missed_counts():
    plan = monthly_plan(DEBT, [], DAY, 3)
    first = Paid(DAY, Parts(0, plan[0].amount_won, 0))
    assert missed([first], DAY + timedelta(1), plan) is None
    assert missed([first], plan[2].due_on, plan) == Missed(plan[1].due_on, plan[1].amount_won)
    assert missed([], plan[2].due_on, plan) == Missed(DAY, plan[0].amount_won)


def test_of_a_plan_no_more_is_missed_than_is_still_owed():
    debt = replace(DEBT, surcharge_won=0)
    plan = monthly_plan(debt, [], DAY, 3)
    last = plan[-1].due_on
    # With the first part came more than it: less interest is owed than the plan reckoned with.
    most = [Paid(DAY, Parts(0, 9_000_000, 0))]
    owed_won = owed_on(debt, most, last).total_won
    assert behind_on(plan, most, last) > owed_won > 0
    found = missed_by(debt, plan, most, plan_after=0, pay_by=last, today=last + timedelta(1))
    assert found == Missed(last, owed_won)
    everything = [Paid(DAY, Parts(0, 10_000_000, 0))]
    assert behind_on(plan, everything, last) > 0
    assert missed_by(debt, plan, everything, plan_after=0, pay_by=last, today=last + timedelta(1)) is None


def test_the_addition_is_owed_once_from_its_day_on_and_paid_last():
    debt = replace(DEBT, interest_bp=0, late_won=450_000, late_from=DAY + timedelta(1))
    assert owed_on(debt, [], DAY).late_won == 0
    for days in (1, 2, 400):
        assert owed_on(debt, [], DAY + timedelta(days)) == Parts(0, 10_000_000, 5_000_000, 450_000)
    part = split(owed_on(debt, [], DAY + timedelta(1)), 15_000_001)
    assert part == Parts(0, 10_000_000, 5_000_000, 1)
    assert owed_on(debt, [Paid(DAY + timedelta(1), part)], DAY + timedelta(9)) == Parts(0, 0, 0, 449_999)


def test_rules_are_data_with_a_source_and_say_what_is_assumed():
    for rules in all_rules():
        assert all((rules.source.ko, rules.source.en, rules.source.zh))
        assert set(rules.assumed) <= set(vars(rules))
        assert set(rules.surcharge_times) <= set(RecoveryGround.values)
        assert all(1 <= times <= 5 for times in rules.surcharge_times.values())
        assert 0 <= rules.late_bp <= LATE_MOST_BP
        assert rules.late_won(33) == 33 * rules.late_bp // 10_000
    assert rules_on(date(2020, 1, 1)) == all_rules()[0]
    assert rules_on(date(2030, 1, 1)) == all_rules()[-1]
    assert rules_on(DAY).most_surcharge_won("breach", 100) == 0
    assert rules_on(DAY).most_surcharge_won("false", 100) == 500
