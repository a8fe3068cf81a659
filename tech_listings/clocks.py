"""Periods that run on a technology, as constants with their source. Days are those of Korea.

How often a holder has to say that a technology is still to be had is no matter of law: those periods are an assumption
of this house (docs/domain.md) and are said wherever somebody meets them. When an exclusive licence becomes possible is
law (Decree art. 26(4)), in versions by the day from which they hold.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.core.days import add_months, last_day

CONFIRM_MONTHS = 6
"""So long a confirmation holds."""

REMIND_DAYS = (30, 7)
"""So long before its end the holder is reminded, the first time and the second."""

SUSPEND_AFTER_DAYS = 60
"""So long after the holder was told that it is unconfirmed it is taken off the market."""


def confirm_by(start: date) -> date:
    """The last day on which what was confirmed on `start` counts as confirmed."""
    return last_day(start, months=CONFIRM_MONTHS)


def latest_start(by: date) -> date:
    """The latest day of a confirmation whose `confirm_by` is not after `by`. Later ones are never due earlier."""
    start = add_months(by, -CONFIRM_MONTHS) + timedelta(days=3)
    while confirm_by(start) > by:
        start -= timedelta(days=1)
    return start


def unconfirmed_start(today: date) -> date:
    """What was confirmed on this day or before is unconfirmed today."""
    return latest_start(today - timedelta(days=1))


@dataclass(frozen=True)
class ExclusivityRule:
    """A version of the rule that opens exclusive licences. `months` after registration, if nobody asked for a
    non-exclusive one; the institute's head may decide on `shortest` to `longest`."""

    effective_from: date
    months: int
    shortest: int
    longest: int
    source: Any
    is_assumption: bool = False


EXCLUSIVITY_RULES = (
    # The wording before the change of 2019 was not found: the same periods are assumed.
    ExclusivityRule(date(1900, 1, 1), 12, 6, 12, _("Decree art. 26(4), before 2019-07-30"), is_assumption=True),
    ExclusivityRule(date(2019, 7, 30), 12, 6, 12, _("Decree art. 26(4), 2019-07-30")),
)
SHORTEST_TERM, LONGEST_TERM = 6, 12


def exclusivity_rule(registered_on: date) -> ExclusivityRule:
    """The version in force when a technology was registered."""
    return [rule for rule in EXCLUSIVITY_RULES if rule.effective_from <= registered_on][-1]
