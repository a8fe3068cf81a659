"""Whether a firm is a small, a medium or no SME, by the version of the rules that its fiscal year falls under.

Pure. The rules are data (`data/sme_sizes.json`) with sources and what of them is assumed; their clock is the end of the
fiscal year whose sales are looked at, not the day of the application (domain-facts §0.1, §6.3). What the figures or the
sources do not decide is unclear and never a guess: then the firm brings its confirmation (중소기업확인서).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from marketplace.core.money import won

FIGURES_HOLD_MONTHS = 15
"""Figures of a fiscal year are good for so long after its end: three months to close it and the year after."""
YEARS = 3
"""Sales are averaged over so many years; of a younger firm over those there are."""
SECTIONS = {
    "A": "01-03", "B": "05-08", "C": "10-34", "D": "35-35", "E": "36-39", "F": "41-42", "G": "45-47", "H": "49-52",
    "I": "55-56", "J": "58-63", "K": "64-66", "L": "68-68", "M": "70-73", "N": "74-76", "O": "84-84", "P": "85-85",
    "Q": "86-87", "R": "90-91", "S": "94-96", "T": "97-98", "U": "99-99",
}  # fmt: skip
LETTERS = "".join(SECTIONS)


class Size(StrEnum):
    SMALL = "small"
    MEDIUM = "medium"
    NOT_SME = "not_sme"
    UNCLEAR = "unclear"

    @property
    def is_sme(self) -> bool:
        return self in {Size.SMALL, Size.MEDIUM}


@dataclass(frozen=True)
class SizeFinding:
    """`why` is a sentence for people, `rule` the version of the rules that was applied, empty where none was.
    `may_be_small`: a medium one of which only the confirmation says that it is no small one."""

    size: Size
    why: str
    rule: str = ""
    in_grace: bool = False
    may_be_small: bool = False


@dataclass(frozen=True)
class Ceilings:
    """Average sales in won. Up to the first a firm certainly is one, above the second certainly not."""

    medium_won: int
    medium_most_won: int
    small_won: int
    small_most_won: int


@dataclass(frozen=True)
class Rules:
    """`years_ending_from`: the first end of a fiscal year these rules hold for."""

    key: str
    years_ending_from: date
    assets_below_won: int
    grace_years: int
    is_assumption: bool
    source: str
    assumption: str
    by_division: dict[str, Ceilings]

    def ceilings_for(self, industry: str) -> Ceilings | None:
        """None where the code is not known, or so wide that several ceilings hold within it."""
        divisions = divisions_of(industry)
        found = {self.by_division[division] for division in divisions if division in self.by_division}
        return found.pop() if len(found) == 1 else None


@cache
def versions() -> tuple[Rules, ...]:
    """All versions, the newest first."""
    rows = json.loads((Path(__file__).parent / "data" / "sme_sizes.json").read_text(encoding="utf-8"))
    return tuple(sorted(map(_rules, rows), key=lambda rules: rules.years_ending_from, reverse=True))


def _rules(row: dict[str, Any]) -> Rules:
    by_division = {
        division: Ceilings(**{name: amount for name, amount in industry.items() if name != "divisions"})
        for industry in row["industries"]
        for division in industry["divisions"]
    }
    others = {name: value for name, value in row.items() if name not in {"industries", "years_ending_from"}}
    return Rules(years_ending_from=date.fromisoformat(row["years_ending_from"]), by_division=by_division, **others)


def rules_for(year_end: date) -> Rules | None:
    """The version for a fiscal year that ends on that day."""
    return next((rules for rules in versions() if rules.years_ending_from <= year_end), None)


def average_won(sales_won: Sequence[int]) -> int | None:
    """The average of the last three years, the newest last, rounded down; None without a year."""
    years = list(sales_won)[-YEARS:]
    return sum(years) // len(years) if years else None


def size_of(
    *,
    industry: str,
    sales_won: Sequence[int],
    assets_won: int | None,
    year_end: date | None,
    on: date,
    is_independent: bool | None,
    outgrew_on: date | None = None,
    had_grace: bool = False,
) -> SizeFinding:
    """The size on `on`. `industry` is a KSIC code; `sales_won` are whole years, the newest last, which ends on
    `year_end`; `assets_won` at its end. `is_independent`: in no group of restricted cross-shareholding, and not owned
    for 30 % or more by a company of 500 billion won. `outgrew_on` ends the first year with which the firm had grown too
    large; `had_grace` that it went through such years of grace before.
    """
    rules, missing = _what_is_missing(industry, sales_won, assets_won, year_end, on)
    if missing:
        return SizeFinding(Size.UNCLEAR, missing, rules.key if rules else "")
    ceilings = rules.ceilings_for(industry) if rules else None
    average = average_won(sales_won)
    if rules is None or ceilings is None or average is None or assets_won is None:
        raise AssertionError("said to be missing above")
    if is_independent is False:
        return SizeFinding(
            Size.NOT_SME, _("It belongs to a large group, or a large company owns 30 percent or more."), rules.key
        )
    size, why = _by_figures(rules, ceilings, average, assets_won)
    if size == Size.NOT_SME:
        return _in_grace(rules, why, on, outgrew_on, had_grace, is_independent)
    if is_independent is None and size.is_sme:
        return SizeFinding(Size.UNCLEAR, _("It is not said whether it belongs to a large group."), rules.key)
    may_be_small = size == Size.MEDIUM and average <= ceilings.small_most_won
    return SizeFinding(size, why, rules.key, may_be_small=may_be_small)


def _what_is_missing(
    industry: str, sales_won: Sequence[int], assets_won: int | None, year_end: date | None, on: date
) -> tuple[Rules | None, str]:
    """The version to apply, and a sentence about what is missing or does not fit; empty where nothing is."""
    if not industry:
        return None, _("The main industry is not known.")
    if year_end is None or not sales_won:
        return None, _("The sales of the last fiscal years are not known.")
    if assets_won is None:
        return None, _("The total assets are not known.")
    if any(amount < 0 for amount in (*sales_won, assets_won)):
        return None, _("Sales and assets are never below zero.")
    day = date_format(year_end, "DATE_FORMAT")
    if year_end > on:
        return None, _("The fiscal year that ends on %(day)s is not over yet.") % {"day": day}
    if on > months_later(year_end, FIGURES_HOLD_MONTHS):
        return None, _("The newest figures are of the year that ended on %(day)s: newer ones are needed.") % {
            "day": day
        }
    rules = rules_for(year_end)
    if rules is None:
        return None, _("For the fiscal year that ended on %(day)s no rules are known here.") % {"day": day}
    if rules.ceilings_for(industry) is None:
        return rules, _("For the industry “%(code)s” no single ceiling is known: a finer code is needed.") % {
            "code": industry
        }
    return rules, ""


def _by_figures(rules: Rules, ceilings: Ceilings, average: int, assets_won: int) -> tuple[Size, str]:
    said = {"sales": won(average), "assets": won(rules.assets_below_won)}
    if assets_won >= rules.assets_below_won:
        return Size.NOT_SME, _("Its total assets are not below %(assets)s.") % said
    if average > ceilings.medium_most_won:
        return Size.NOT_SME, _("Its average sales of %(sales)s lie above the ceiling of %(most)s.") % (
            said | {"most": won(ceilings.medium_most_won)}
        )
    if average > ceilings.medium_won:
        return Size.UNCLEAR, _(
            "With average sales of %(sales)s only its confirmation says whether it is an SME."
        ) % said
    if average > ceilings.small_most_won:
        return Size.MEDIUM, _("Its average sales of %(sales)s lie within the ceiling of %(most)s.") % (
            said | {"most": won(ceilings.medium_won)}
        )
    if average > ceilings.small_won:
        return Size.MEDIUM, _("It is an SME; only its confirmation says whether it is a small one.")
    return Size.SMALL, _("Its average sales of %(sales)s lie within the ceiling of small ones, %(most)s.") % (
        said | {"most": won(ceilings.small_won)}
    )


def _in_grace(
    rules: Rules, why: str, on: date, outgrew_on: date | None, had_grace: bool, is_independent: bool | None
) -> SizeFinding:
    """Who outgrew the ceilings stays an SME for five years, once; who joined a large group does not."""
    if outgrew_on is None or had_grace or outgrew_on > on:
        return SizeFinding(Size.NOT_SME, why, rules.key)
    ends = months_later(outgrew_on, 12 * rules.grace_years)
    if on > ends:
        return SizeFinding(Size.NOT_SME, why, rules.key)
    if is_independent is None:
        return SizeFinding(Size.UNCLEAR, _("It is not said whether it belongs to a large group."), rules.key)
    kept = _("It has outgrown the ceilings and is kept as an SME until %(day)s.")
    return SizeFinding(Size.MEDIUM, kept % {"day": date_format(ends, "DATE_FORMAT")}, rules.key, in_grace=True)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = date.fromordinal(first_of_next.toordinal() - 1).day
    return date(year, month + 1, last if _is_last(day) else min(day.day, last))


def _is_last(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).day == 1


def divisions_of(industry: str) -> list[str]:
    """The two-figure divisions a KSIC code stands for: of `C` all of manufacturing, of `C261` or `261` division 26."""
    figures = industry.lstrip(LETTERS)
    if figures:
        return [figures[:2]]
    first, last = SECTIONS.get(industry, "00-00").split("-")
    return [f"{number:02d}" for number in range(int(first), int(last) + 1)]
