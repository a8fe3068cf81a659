"""Interest on what is paid late: days counted exactly, to the won, by the version of each day."""

import datetime
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from royalties.models import Due, LateCharge
from royalties.services.calendar.late import accrued, charge_late, take_charge_back
from royalties.sharing.late import Rate, interest
from tests.factories.royalties.calendar import LUMP, NOW, contract, due, late_rules

DUE_ON = datetime.date(2024, 4, 1)
DAY = datetime.timedelta(days=1)
SIX, FIVE = Rate(1, None, 600), Rate(2, datetime.date(2024, 4, 11), 500)


@pytest.mark.parametrize(
    ("paid_on", "won", "days"),
    [
        (DUE_ON - DAY, 0, 0),
        (DUE_ON, 0, 0),
        (DUE_ON + DAY, 1_643, 1),  # 10,000,000 × 6 % ÷ 365 = 1,643.83
        (DUE_ON + 10 * DAY, 16_301, 10),  # nine days of 6 %, one of 5 %: 14,794.52 + 1,369.86… counted below
        (datetime.date(2025, 4, 1), 0, 365),
    ],
)
def test_days_after_the_due_day_up_to_the_payment(paid_on, won, days):
    found = interest(10_000_000, due_on=DUE_ON, paid_on=paid_on, rates=[FIVE, SIX])
    nine = 10_000_000 * 600 * 9
    exact = {10: (nine + 10_000_000 * 500) // 3_650_000, 365: (nine + 10_000_000 * 500 * 356) // 3_650_000}
    assert (found.won, found.days) == (exact.get(days, won), days)


def test_each_day_bears_the_rate_of_its_day():
    found = interest(36_500_000, due_on=DUE_ON, paid_on=DUE_ON + 12 * DAY, rates=[SIX, FIVE])
    assert [(part.version, part.days) for part in found.parts] == [(1, 9), (2, 3)]
    assert found.won == 9 * 6_000 + 3 * 5_000


def test_of_two_versions_for_a_day_the_newer_holds_and_before_the_first_nothing():
    newer = Rate(3, FIVE.effective_from, 400)
    found = interest(36_500_000, due_on=DUE_ON, paid_on=DUE_ON + 12 * DAY, rates=[newer, FIVE])
    assert ([(part.version, part.days) for part in found.parts], found.won) == ([(3, 3)], 12_000)


@given(st.integers(0, 10**12), st.integers(0, 4_000), st.integers(0, 2_000), st.integers(0, 2_000))
def test_days_are_neither_lost_nor_counted_twice(won, days, one, other):
    change = Rate(2, DUE_ON + 100 * DAY, other)
    found = interest(won, due_on=DUE_ON, paid_on=DUE_ON + days * DAY, rates=[Rate(1, None, one), change])
    assert sum(part.days for part in found.parts) == days
    assert found.won <= won * max(one, other) * days // 3_650_000


def test_what_was_paid_late_is_charged_once_and_taken_back_with_the_payment():
    late_rules()
    made = contract(LUMP)
    found, source = due(made, "upfront"), uuid.uuid4()
    paid = {"due": found, "won": 3_650_000, "paid_on": DUE_ON + 10 * DAY, "source": source, "at": NOW}
    charge = charge_late(**paid)
    assert (charge.days, charge.interest_won) == (10, 6_000)
    assert charge_late(**paid) == charge
    charge_late(**paid | {"source": uuid.uuid4(), "won": 7_300_000})
    assert due(made, "late:upfront").amount_won == 18_000
    take_charge_back(due=found, source=source, at=NOW)
    assert take_charge_back(due=found, source=source, at=NOW) is None
    assert due(made, "late:upfront").amount_won == 12_000
    assert LateCharge.objects.count() == 3


def test_interest_that_was_asked_for_stays_and_the_rest_is_a_line_of_its_own():
    late_rules()
    made = contract(LUMP)
    paid = {"due": due(made, "upfront"), "won": 3_650_000, "paid_on": DUE_ON + 10 * DAY, "at": NOW}
    charge_late(**paid, source=uuid.uuid4())
    Due.objects.filter(key="late:upfront").update(state="invoiced")
    charge_late(**paid, source=uuid.uuid4())
    assert (due(made, "late:upfront").amount_won, due(made, "late:upfront+2").amount_won) == (6_000, 6_000)


@pytest.mark.parametrize(("kind", "day"), [("upfront", DUE_ON), ("late_interest", DUE_ON + 9 * DAY)])
def test_in_time_and_interest_itself_bear_nothing(kind, day):
    late_rules()
    made = contract(LUMP)
    found = due(made, "upfront")
    if kind == "late_interest":
        found = Due.objects.create(
            contract=made, version=found.version, kind=kind, key="late:x", due_on=DUE_ON, amount_won=5
        )
    assert charge_late(due=found, won=5, paid_on=day, source=uuid.uuid4(), at=NOW) is None
    assert not LateCharge.objects.exists()


def test_what_grows_is_shown_before_it_is_charged():
    late_rules()
    made = contract(LUMP)
    assert accrued(due(made, "upfront"), DUE_ON + 73 * DAY).won == 10_000_000 * 6 * 73 // 36_500
