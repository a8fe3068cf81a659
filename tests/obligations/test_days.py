"""Deadlines as Korean law counts them: worked examples, and Python and the database agree."""

from datetime import date

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.days import add_months, last_day
from obligations.enums import ExemptionGround, most_months
from obligations.numbers import project_key


@pytest.mark.parametrize(
    ("start", "months", "days", "end"),
    [
        (date(2026, 3, 15), 0, 0, date(2026, 3, 15)),
        (date(2026, 3, 15), 3, 0, date(2026, 6, 15)),
        (date(2026, 11, 30), 3, 0, date(2027, 2, 28)),  # 1 December + 3 months: to the end of February
        (date(2027, 11, 30), 3, 0, date(2028, 2, 29)),
        (date(2026, 2, 28), 3, 0, date(2026, 5, 31)),  # 1 March + 3 months: to the end of May
        (date(2024, 2, 28), 3, 0, date(2024, 5, 28)),  # a leap year: 29 February is the first day
        (date(2026, 1, 30), 1, 0, date(2026, 2, 28)),  # 31 January + 1 month: no such day, so with the month
        (date(2026, 8, 31), 6, 0, date(2027, 2, 28)),
        (date(2025, 12, 31), 0, 60, date(2026, 3, 1)),  # final report
        (date(2023, 12, 31), 0, 60, date(2024, 2, 29)),
        (date(2026, 6, 15), 36, 0, date(2029, 6, 15)),
    ],
)
def test_worked_examples(start, months, days, end):
    assert last_day(start, months=months, days=days) == end


@settings(max_examples=300)
@given(st.dates(date(1999, 12, 1), date(2090, 1, 1)), st.integers(0, 48))
def test_the_database_counts_as_python_does(start, months):
    with connection.cursor() as cursor:
        cursor.execute("SELECT obligations_last_day(%s, %s)", [start, months])
        assert cursor.fetchone()[0] == last_day(start, months=months)


@given(st.dates(date(1999, 12, 1), date(2090, 1, 1)), st.integers(0, 48))
def test_a_longer_period_never_ends_earlier(start, months):
    assert start <= last_day(start, months=months) <= last_day(start, months=months + 1)


def test_months_back():
    assert add_months(date(2026, 5, 31), -3) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)


@pytest.mark.parametrize("ground", ExemptionGround)
def test_the_months_of_a_ground(ground):
    assert most_months(ground) == (36 if ground in {"national_core", "core_strategic", "security_task"} else 18)


def test_numbers_are_the_same_however_written():
    assert project_key("rs-2023-00123456") == project_key("RS 2023 00123456") == "RS202300123456"
