"""Days that the duties of brokers hang on. What is an assumption of ours is said on the page where it is met."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from marketplace.core.days import last_day

GRACE_DAYS = 60
"""So long an agency below the minimum has to come back to it: an assumption."""

NOTICE_DAYS = 30
"""A change is told within so many days (decree art. 17(5))."""

MISSED_REPORTS = 3
"""So many missed reports are a ground (Act art. 10(3))."""

MONTHS_WITHOUT_A_DEAL = 24
"""So long without a deal is one (Act art. 10(3))."""

REMIND_DAYS = (-30, -7, -1, 1, 7, 30)
"""Days from the day a report is due on which its broker is reminded: an assumption."""

REMIND_CHANGE_DAYS = (-7, -1)
"""The same of the last day on which a change is told in time: an assumption."""

HALF_YEARS_BACK = 4
"""How many past half-years get their report when it was not made at their end, as after a long standstill."""


class HalfYear(NamedTuple):
    """Both days belong to it. `due_on` is the last day on which its report is in time (decree art. 17(4))."""

    first_on: date
    last_on: date
    due_on: date


def half_year_of(day: date) -> HalfYear:
    """The half-year that `day` lies in. The first one is due on 31 July, the second one on 31 January."""
    if day.month <= 6:
        return HalfYear(date(day.year, 1, 1), date(day.year, 6, 30), date(day.year, 7, 31))
    return HalfYear(date(day.year, 7, 1), date(day.year, 12, 31), date(day.year + 1, 1, 31))


def ended_half_years(day: date, many: int = HALF_YEARS_BACK) -> Iterator[HalfYear]:
    """The last `many` half-years that are over on `day`, the newest first."""
    half = half_year_of(day)
    for _ in range(many):
        half = half_year_of(half.first_on - timedelta(days=1))
        yield half


def grace_ends(below_since: date) -> date:
    """The last day on which coming back to the minimum stops the clock; the first day does not count."""
    return last_day(below_since, days=GRACE_DAYS)


def deal_needed_by(last_deal_on: date) -> date:
    """The last day of the two years after a deal, or after the registration where there was none."""
    return last_day(last_deal_on, months=MONTHS_WITHOUT_A_DEAL)


def step_reached(due_on: date, day: date, steps: tuple[int, ...]) -> int | None:
    """The latest of `steps` (days from `due_on`) that `day` has reached, None before the first."""
    reached = [step for step in steps if due_on + timedelta(days=step) <= day]
    return max(reached) if reached else None
