"""Periods counted as Korean law counts them. Days are those of Korea."""

import calendar
from datetime import date, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator

# A year typed with a digit too few or too many is a slip, and far ones cannot be counted from.
FIRST_PLAUSIBLE, LAST_PLAUSIBLE = date(1950, 1, 1), date(2099, 12, 31)
PLAUSIBLE_DAY = [MinValueValidator(FIRST_PLAUSIBLE), MaxValueValidator(LAST_PLAUSIBLE)]


def is_plausible(day: date) -> bool:
    """What `PLAUSIBLE_DAY` says to forms, for services."""
    return FIRST_PLAUSIBLE <= day <= LAST_PLAUSIBLE


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), or the last one of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day(start: date, *, months: int = 0, days: int = 0) -> date:
    """The last day of `months` and then `days` after `start`, a day in Korea (Civil Act arts. 157, 159, 160).

    The first day does not count. A period of months from the next day on ends on the day before the corresponding
    one; where the last month has no such day, with the month. So three months after 28 February end on 31 May.
    """
    first = start + timedelta(days=1)
    end = add_months(first, months)
    if end.day == first.day:
        end -= timedelta(days=1)
    return end + timedelta(days=days)
