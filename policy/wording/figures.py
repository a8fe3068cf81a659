"""Figures in words: a stored whole number as people read it, and texts of reference data in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from marketplace.core.money import in_percent
from marketplace.core.money import won as won_text
from policy.enums.figures import Unit

TEXTS: Mapping[str, Any] = {
    "not_found": pgettext_lazy("figures", "Nothing was found."),
    "remembered": _("A number is remembered, and no source was found."),
    "fell": _("It fell, as was said without a number."),
    "implied": _("Implied by transfers and rate."),
    "more_than_before": _("2,090 more than in the year before."),
    "times_2007": _("1.3 times that of 2007."),
    "income_2018": _("Only income from transfers was found, 189.7 billion won, which is not royalty."),
    "income_2020": _("Income from transfers, with gains from shares, was 336.1 billion won."),
    "income_2021": _("Income from transfers was 264.3 billion won."),
    "income_2022": _("Only income from transfers was found, 281.0 billion won, which is not royalty."),
    "of_281": _("Of 281 institutes."),
    "of_2016": _("12,357 of 32,491."),
    "mixed_in_debate": _("It was mixed up with the rate of the year in public debate."),
    "survey_page_not_recorded": _(
        "Yearly survey on technology transfer (national statistic 115022); on which page it was read is not recorded"
    ),
    "plan_paper": _("Paper on the fifth plan for technology transfer and commercialization, 2014"),
    "press_2013": _("Press on technology held by public institutes, 2013; the page is not recorded"),
    "plan_start": _("Fifth plan for technology transfer and commercialization: where it starts"),
    "plan_target": _("Fifth plan for technology transfer and commercialization: its target"),
    "straight_line": _("A straight line from 2012 to 2017: the plan names only its two ends"),
}
"""Sources and notes of reference data that are words, by their key in the file. Names of pages stand as they are."""


def in_words(text: str) -> str:
    """A source or note for people: what an officer wrote stands as it is."""
    return str(TEXTS.get(text, text))


def amount(unit: str, value: int | None) -> str:
    """`38.03 %`, `KRW 1,200`, `12 days`, `8,524`; a dash for None."""
    if value is None:
        return "–"
    if unit == Unit.BASIS_POINTS:
        return f"{in_percent(value)} %"
    if unit == Unit.WON:
        return won_text(value).split(" (")[0]
    if unit == Unit.DAYS:
        return ngettext("%(n)s day", "%(n)s days", value) % {"n": f"{value:,}"}
    return f"{value:,}"


def difference(unit: str, value: int) -> str:
    """The same with its sign; of two shares that is no share: `+1.20 percentage points`."""
    far = amount(unit, abs(value))
    if unit == Unit.BASIS_POINTS:
        far = _("%(number)s percentage points") % {"number": in_percent(abs(value))}
    return f"{'−' if value < 0 else '+'}{far}"
