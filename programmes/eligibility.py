"""Whether a firm meets the conditions of a call: for each one met, missing or unclear, why, and what to do.

Pure: no database, no clock. The conditions are the call's (`Scheme`), what is known of the firm plain `Facts`. What
is not known is unclear, never met; an officer decides on it by the papers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from marketplace.core.money import in_percent, won
from programmes.scheme import Condition, ConditionKind, Scheme
from programmes.sizes import LETTERS, Size, SizeFinding, divisions_of, months_later


class Outcome(StrEnum):
    MET = "met"
    MISSING = "missing"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Facts:
    """What is known of a firm; None or empty is not known. `transfers` counts its transfers of technology that are
    in force, `transfers_declared` those it entered itself and nobody checked yet, `awards` what it got in the last five
    years; `declared` holds keys of DECLARED conditions."""

    size: SizeFinding | None = None
    transfers: int | None = None
    transfers_declared: int = 0
    founded_on: date | None = None
    average_sales_won: int | None = None
    region: str = ""
    industry: str = ""
    awards: int | None = None
    is_excluded: bool | None = None
    owes_money: bool | None = None
    declared: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Finding:
    """`why` says what was found, `todo` what the firm can do about it; empty where nothing is to be done."""

    key: str
    kind: ConditionKind
    outcome: Outcome
    label: str
    why: str
    todo: str = ""


SENTENCES = ("label", "why", "todo")
"""What a finding says in words."""

Found = tuple[Outcome, str, str]
BANDS = "bands"


def check(scheme: Scheme, facts: Facts, on: date) -> list[Finding]:
    """A finding for each condition, in the call's order. `on` is the day in Korea the answer is for."""
    found = []
    for condition in scheme.conditions:
        outcome, why, todo = CHECKS[condition.kind](condition, facts, on)
        found.append(
            Finding(
                condition.key, condition.kind, outcome, label_of(condition), why, "" if outcome == Outcome.MET else todo
            )
        )
    if all(band.sales_up_to_won is not None for band in scheme.bands):
        found.append(_within_bands(scheme, facts))
    return found


def in_readers_words(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A finding as an application keeps it, its sentences in the reader's language. What was kept before they were kept
    in every language stays in the one of who submitted."""
    language = get_language() or settings.LANGUAGE_CODE
    said = {name: kept.get(name, "") for name in SENTENCES}
    return {**kept} | {name: text if isinstance(text, str) else text.get(language, "") for name, text in said.items()}


def is_open_to(findings: list[Finding]) -> bool:
    """Whether nothing is missing; what is unclear is left to the officer."""
    return all(finding.outcome != Outcome.MISSING for finding in findings)


def label_of(condition: Condition) -> str:
    """The condition as a sentence for applicants."""
    if condition.words is not None and str(condition.words):
        return str(condition.words)
    most = condition.most or 0
    if condition.kind == ConditionKind.AGE:
        return ngettext("Founded at most %(n)d year ago", "Founded at most %(n)d years ago", most) % {"n": most}
    if condition.kind == ConditionKind.SALES:
        return _("Average sales of three years of at most %(most)s") % {"most": won(most)}
    if condition.kind == ConditionKind.AWARDS:
        return ngettext(
            "At most %(n)d award in the last five years", "At most %(n)d awards in the last five years", most
        ) % {"n": most}
    if condition.kind in {ConditionKind.REGION, ConditionKind.INDUSTRY}:
        return f"{condition.kind.label}: {', '.join(condition.codes)}"
    return str(condition.kind.label)


def bands_label() -> str:
    """What the finding under the key `BANDS` is about."""
    return _("Sales within the bands of the own share")


def _within_bands(scheme: Scheme, facts: Facts) -> Finding:
    """Where the bands end somewhere, who sells more has no own share and thus no place in the call."""
    label = bands_label()
    if facts.average_sales_won is None:
        return Finding(BANDS, ConditionKind.SALES, Outcome.UNCLEAR, label, *_sales_unknown())
    own_bp = scheme.own_bp(facts.average_sales_won)
    share = in_percent(own_bp).rstrip("0").rstrip(".") if own_bp is not None else ""
    said = {"sales": won(facts.average_sales_won), "share": share}
    if own_bp is None:
        why = _("No own share is set for average sales of %(sales)s.") % said
        return Finding(BANDS, ConditionKind.SALES, Outcome.MISSING, label, why, _("This call is for smaller firms."))
    why = _("With average sales of %(sales)s the own share is %(share)s %%.") % said
    return Finding(BANDS, ConditionKind.SALES, Outcome.MET, label, why)


def _sales_unknown() -> tuple[str, str]:
    return (
        _("The sales of the last three years are not known."),
        _("Enter them in the profile of your organization."),
    )


def _size(condition: Condition, facts: Facts, on: date) -> Found:
    bring = _("Complete industry, sales and assets in your profile, or bring the confirmation as an SME.")
    if facts.size is None or facts.size.size == Size.UNCLEAR:
        return Outcome.UNCLEAR, facts.size.why if facts.size else _("The size of the firm is not known."), bring
    if condition.kind == ConditionKind.SME:
        outcome = Outcome.MET if facts.size.size.is_sme else Outcome.MISSING
        return outcome, facts.size.why, _("This call is for small and medium enterprises.")
    if facts.size.may_be_small:
        return Outcome.UNCLEAR, facts.size.why, _("Bring the confirmation as a small enterprise.")
    outcome = Outcome.MET if facts.size.size == Size.SMALL else Outcome.MISSING
    return outcome, facts.size.why, _("This call is for small enterprises.")


def _transfer(condition: Condition, facts: Facts, on: date) -> Found:
    add = _("Conclude a contract here, or add one concluded elsewhere with its evidence.")
    if facts.transfers is None:
        return Outcome.UNCLEAR, _("It is not known whether it took over a technology."), add
    if facts.transfers < 1 and facts.transfers_declared:
        return Outcome.UNCLEAR, _("The firm entered a contract itself; an officer checks it."), ""
    if facts.transfers < 1:
        return Outcome.MISSING, _("No transfer of a technology to it is known here."), add
    return (
        Outcome.MET,
        ngettext("%(n)d transfer is known.", "%(n)d transfers are known.", facts.transfers) % {"n": facts.transfers},
        "",
    )


def _age(condition: Condition, facts: Facts, on: date) -> Found:
    if facts.founded_on is None or facts.founded_on > on:
        return (
            Outcome.UNCLEAR,
            _("The day of its founding is not known."),
            _("Enter it in the profile of your organization."),
        )
    last = months_later(facts.founded_on, 12 * (condition.most or 0))
    said = {
        "founded": date_format(facts.founded_on, "SHORT_DATE_FORMAT"),
        "last": date_format(last, "SHORT_DATE_FORMAT"),
    }
    if on <= last:
        return Outcome.MET, _("Founded on %(founded)s: young enough until %(last)s.") % said, ""
    return (
        Outcome.MISSING,
        _("Founded on %(founded)s: young enough only until %(last)s.") % said,
        _("This call is for younger firms."),
    )


def _sales(condition: Condition, facts: Facts, on: date) -> Found:
    if facts.average_sales_won is None:
        return Outcome.UNCLEAR, *_sales_unknown()
    outcome = Outcome.MET if facts.average_sales_won <= (condition.most or 0) else Outcome.MISSING
    why = _("Its average sales are %(sales)s.") % {"sales": won(facts.average_sales_won)}
    return outcome, why, _("This call is for smaller firms.")


def _codes(condition: Condition, facts: Facts, on: date) -> Found:
    is_region = condition.kind == ConditionKind.REGION
    mine = facts.region if is_region else facts.industry
    if not mine:
        why = _("Its region is not known.") if is_region else _("Its main industry is not known.")
        return Outcome.UNCLEAR, why, _("Enter it in the profile of your organization.")
    wanted = [stem for code in condition.codes for stem in _stems(code, is_region)]
    have = _stems(mine, is_region)
    if all(stem.startswith(tuple(wanted)) for stem in have):
        return Outcome.MET, _("Its code is %(code)s.") % {"code": mine}, ""
    if any(each.startswith(stem) or stem.startswith(each) for stem in have for each in wanted):
        return Outcome.UNCLEAR, _("Its code %(code)s is too wide to tell.") % {"code": mine}, _("Enter a finer code.")
    why = _("Its code %(code)s is none of %(codes)s.") % {"code": mine, "codes": ", ".join(condition.codes)}
    return (
        Outcome.MISSING,
        why,
        _("This call is for other regions.") if is_region else _("This call is for other industries."),
    )


def _stems(code: str, is_region: bool) -> list[str]:
    """What codes within this one begin with. A region's code of ten figures ends with noughts; an industry's section
    is its divisions, and `C26` is the same as `26`."""
    if is_region:
        return [next((code[:width] for width in (2, 5, 8) if not code[width:].strip("0")), code)]
    figures = code.lstrip(LETTERS)
    return [figures] if figures else divisions_of(code)


def _awards(condition: Condition, facts: Facts, on: date) -> Found:
    if facts.awards is None:
        return Outcome.UNCLEAR, _("Earlier awards are not known."), _("Ask the office.")
    outcome = Outcome.MET if facts.awards <= (condition.most or 0) else Outcome.MISSING
    why = ngettext(
        "%(n)d award in the last five years.", "%(n)d awards in the last five years.", facts.awards
    ) % {"n": facts.awards}  # fmt: skip
    return outcome, why, _("Wait until an earlier award is five years old.")


def _no_exclusion(condition: Condition, facts: Facts, on: date) -> Found:
    if facts.is_excluded is None:
        return Outcome.UNCLEAR, _("It is not known whether it is excluded."), _("Ask the office.")
    if facts.is_excluded:
        return Outcome.MISSING, _("It is excluded from programmes."), _("Wait until the exclusion ends.")
    return Outcome.MET, _("No exclusion is known."), ""


def _no_debt(condition: Condition, facts: Facts, on: date) -> Found:
    if facts.owes_money is None:
        return Outcome.UNCLEAR, _("It is not known whether it owes money."), _("Ask the office.")
    if facts.owes_money:
        return Outcome.MISSING, _("It still owes money that was asked back."), _("Pay it back first.")
    return Outcome.MET, _("No debt is known."), ""


def _declared(condition: Condition, facts: Facts, on: date) -> Found:
    if condition.key in facts.declared:
        return Outcome.MET, _("Declared by the applicant."), ""
    return Outcome.MISSING, _("Not declared yet."), _("Read the sentence and declare it.")


CHECKS: dict[ConditionKind, Callable[[Condition, Facts, date], Found]] = {
    ConditionKind.SME: _size,
    ConditionKind.SMALL: _size,
    ConditionKind.TRANSFER: _transfer,
    ConditionKind.AGE: _age,
    ConditionKind.SALES: _sales,
    ConditionKind.REGION: _codes,
    ConditionKind.INDUSTRY: _codes,
    ConditionKind.AWARDS: _awards,
    ConditionKind.NO_EXCLUSION: _no_exclusion,
    ConditionKind.NO_DEBT: _no_debt,
    ConditionKind.DECLARED: _declared,
}
