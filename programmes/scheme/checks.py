"""What is wrong with the content of a call: everything at once, each with the section of the edit pages it belongs to.

Pure. A draft may be saved with problems; a version is published without any.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from marketplace.core.money import BASIS_POINTS, won
from programmes.enums.calls import SchemeKind
from programmes.scheme.scheme import ConditionKind, PaperStage, Scheme, StageKind, Words

MOST_VOUCHER_WON = 50_000_000
"""The government's part of one voucher at most, whatever a call says (issue 7, the rule this was begun for)."""
NEEDS_NUMBER = frozenset({ConditionKind.AGE, ConditionKind.SALES, ConditionKind.AWARDS})
NEEDS_CODES = frozenset({ConditionKind.REGION, ConditionKind.INDUSTRY})
ROLES = frozenset({"staff", "manager"})
CLOCKS = {
    "completion": (1, 60), "objection": (7, 60), "objection_answer": (7, 60), "agreement": (3, 60),
    "deposit": (3, 60), "acceptance": (3, 30), "valid_months": (1, 36),
    "grace": (0, 180), "extension_months": (0, 24),
}  # fmt: skip
"""From and to, in days, of the voucher's validity and its extension in months: outside a clock is a slip of the pen."""
MOST_BARRED_YEARS = 5
"""No exclusion is longer (facts §5.5)."""


@dataclass(frozen=True)
class Problem:
    """`section` names the edit page: notice, budget, conditions, bands, menu, papers, stages, clocks."""

    section: str
    text: str


def problems(scheme: Scheme, budget_won: int, kind: str) -> list[Problem]:
    """All that stops this content from being published with this budget, in the order of the edit pages."""
    is_voucher = kind == SchemeKind.VOUCHER
    return [
        *_notice(scheme),
        *_budget(scheme, budget_won, is_voucher),
        *_conditions(scheme),
        *_bands(scheme),
        *_menu(scheme, is_voucher),
        *_papers(scheme, is_voucher),
        *_stages(scheme),
        *_clocks(scheme),
    ]


def _lacks(words: Words | None) -> bool:
    return words is None or not (words.ko.strip() and words.en.strip() and words.zh.strip())


def _keys(section: str, rows: Iterable[Any]) -> Iterator[Problem]:
    counted = Counter(row.key for row in rows)
    if "" in counted:
        yield Problem(section, _("Every line needs a key."))
    for key, times in counted.items():
        if key and times > 1:
            yield Problem(section, _("The key “%(key)s” stands more than once.") % {"key": key})


def _words(section: str, rows: Iterable[Any]) -> Iterator[Problem]:
    for row in rows:
        if _lacks(row.words):
            text = _("“%(key)s” needs its words in Korean, English and Chinese.")
            yield Problem(section, text % {"key": row.key})


def _notice(scheme: Scheme) -> Iterator[Problem]:
    if _lacks(scheme.notice):
        yield Problem("notice", _("Write the notice in Korean, English and Chinese."))
    if not scheme.source.strip() and not scheme.is_assumption:
        yield Problem("notice", _("Name the source, or say that it is an assumption."))


def _budget(scheme: Scheme, budget_won: int, is_voucher: bool) -> Iterator[Problem]:
    caps = scheme.caps
    if caps.award_won <= 0:
        yield Problem("bands", _("Say how much one award is at most."))
    if is_voucher and caps.award_won > MOST_VOUCHER_WON:
        yield Problem("bands", _("A voucher is at most %(most)s.") % {"most": won(MOST_VOUCHER_WON)})
    if budget_won < caps.award_won:
        yield Problem("budget", _("The budget does not reach for one award."))
    if caps.firm_won is not None and caps.firm_won < caps.award_won:
        yield Problem("bands", _("The cap of a firm lies below the cap of one award."))
    if not 1 <= caps.firm_years <= 10:
        yield Problem("bands", _("The cap of a firm counts from 1 to 10 years."))


def _conditions(scheme: Scheme) -> Iterator[Problem]:
    rows = scheme.conditions
    yield from _keys("conditions", rows)
    once = Counter(row.kind for row in rows if row.kind != ConditionKind.DECLARED)
    for kind, times in once.items():
        if times > 1:
            yield Problem("conditions", _("The condition “%(kind)s” stands more than once.") % {"kind": kind.label})
    for row in rows:
        if row.kind in NEEDS_NUMBER and (row.most is None or row.most < 0):
            yield Problem("conditions", _("The condition “%(kind)s” needs a number.") % {"kind": row.kind.label})
        if row.kind in NEEDS_CODES and not row.codes:
            yield Problem(
                "conditions", _("The condition “%(kind)s” needs at least one code.") % {"kind": row.kind.label}
            )
        if row.kind == ConditionKind.DECLARED and _lacks(row.words):
            yield Problem("conditions", _("Write what is declared in Korean, English and Chinese."))
        elif row.words is not None and _lacks(row.words):
            yield from _words("conditions", [row])


def lacking_conditions(scheme: Scheme) -> Iterator[Problem]:
    """Of a voucher: who is excluded, or owes money that was asked back, gets none (Subsidy Act art. 31-2), so the call
    says so. Asked when it is first published: its conditions stay as they are."""
    for kind in (ConditionKind.NO_EXCLUSION, ConditionKind.NO_DEBT):
        if all(row.kind != kind for row in scheme.conditions):
            yield Problem("conditions", _("A voucher needs the condition “%(kind)s”.") % {"kind": kind.label})


def _bands(scheme: Scheme) -> Iterator[Problem]:
    if not scheme.bands:
        yield Problem("bands", _("Say the own share of at least one band of sales."))
        return
    bounds = [band.sales_up_to_won for band in scheme.bands]
    ends = [bound for bound in bounds if bound is not None]
    if None in bounds[:-1] or any(later <= earlier for earlier, later in pairwise(ends)):
        yield Problem("bands", _("Bands go up: each ends above the one before, and only the last may be open."))
    if any(bound <= 0 for bound in ends):
        yield Problem("bands", _("A band ends above 0 won."))
    most = next((row.most for row in scheme.conditions if row.kind == ConditionKind.SALES), None)
    if bounds[-1] is not None and (most is None or most > bounds[-1]):
        yield Problem(
            "bands", _("The last band has to be open, or a condition on sales has to end where the last band does.")
        )
    if any(not 0 <= band.own_bp < BASIS_POINTS for band in scheme.bands):
        yield Problem("bands", _("An own share lies between 0 and less than 100 %."))


def _menu(scheme: Scheme, is_voucher: bool) -> Iterator[Problem]:
    yield from _keys("menu", scheme.menu)
    yield from _words("menu", scheme.menu)
    if is_voucher and not scheme.menu:
        yield Problem("menu", _("A voucher needs at least one service on its menu."))
    if scheme.menu and not 1 <= scheme.most_services <= len(scheme.menu):
        yield Problem("menu", _("How many services are taken at most lies between 1 and the length of the menu."))
    for service in scheme.menu:
        if not service.area.strip():
            yield Problem("menu", _("“%(key)s” needs a field.") % {"key": service.key})
        if service.most_won is not None and not 0 < service.most_won <= scheme.caps.award_won:
            yield Problem(
                "menu", _("The most for “%(key)s” lies above the award or is nothing.") % {"key": service.key}
            )


def _papers(scheme: Scheme, is_voucher: bool) -> Iterator[Problem]:
    yield from _keys("papers", scheme.papers)
    yield from _words("papers", scheme.papers)
    claimed = any(row.stage == PaperStage.CLAIM and row.is_required for row in scheme.papers)
    if is_voucher and not claimed:
        yield Problem("papers", _("A voucher pays for evidence: ask for at least one paper with a claim."))


def _stages(scheme: Scheme) -> Iterator[Problem]:
    yield from _keys("stages", scheme.stages)
    yield from _words("stages", scheme.stages)
    kinds = [stage.kind for stage in scheme.stages]
    if StageKind.CHECK not in kinds:
        yield Problem("stages", _("There has to be a check of documents."))
    if StageKind.APPROVAL not in kinds:
        yield Problem("stages", _("At least one approval by another person has to follow."))
    order = [StageKind.CHECK, StageKind.PANEL, StageKind.APPROVAL]
    if kinds != sorted(kinds, key=order.index) or kinds.count(StageKind.CHECK) > 1 or kinds.count(StageKind.PANEL) > 1:
        yield Problem("stages", _("First one check, then at most one panel, then the approvals."))
    for stage in scheme.stages:
        if stage.kind != StageKind.PANEL and stage.role not in ROLES:
            yield Problem("stages", _("“%(key)s” is decided by staff or by a manager.") % {"key": stage.key})
        if stage.kind == StageKind.PANEL and not 1 <= stage.least <= 15:
            yield Problem("stages", _("A panel needs from 1 to 15 scores of each application."))
    yield from _criteria(scheme, StageKind.PANEL in kinds)


def _criteria(scheme: Scheme, has_panel: bool) -> Iterator[Problem]:
    yield from _keys("stages", scheme.criteria)
    yield from _words("stages", scheme.criteria)
    if not has_panel:
        if scheme.criteria:
            yield Problem("stages", _("Criteria are scored by a panel: add one, or leave the criteria out."))
        return
    if any(criterion.most <= 0 for criterion in scheme.criteria) or sum(each.most for each in scheme.criteria) != 100:
        yield Problem("stages", _("The points of the criteria make 100 together."))
    if not 0 <= scheme.pass_points <= 100:
        yield Problem("stages", _("The points to pass lie between 0 and 100."))
    if not 0 <= scheme.reserve_places <= 1_000:
        yield Problem("stages", _("The reserve list has from 0 to 1,000 places."))


def _clocks(scheme: Scheme) -> Iterator[Problem]:
    for name, (least, most) in CLOCKS.items():
        if not least <= getattr(scheme.days, name) <= most:
            said = {"clock": clock_label(name), "least": least, "most": most}
            yield Problem("clocks", _("%(clock)s: from %(least)d to %(most)d.") % said)
    if not 0 <= scheme.unused_bp <= BASIS_POINTS:
        yield Problem("clocks", _("The unused rate lies between 0 and 100 %."))
    if not 0 <= scheme.barred_years <= MOST_BARRED_YEARS:
        said = {"clock": clock_label("barred_years"), "least": 0, "most": MOST_BARRED_YEARS}
        yield Problem("clocks", _("%(clock)s: from %(least)d to %(most)d.") % said)


def clock_label(name: str) -> str:
    """What a clock of `Days`, or the bar after an unused voucher, is called."""
    return {
        "completion": _("Days to complete an application"),
        "objection": _("Days to object to a decision"),
        "objection_answer": _("Days to answer an objection"),
        "agreement": _("Days to sign the agreement"),
        "deposit": _("Days to deposit the own share"),
        "acceptance": _("Days to accept delivered work"),
        "valid_months": _("Months a voucher is valid"),
        "grace": _("Days after the end to deliver and claim what was ordered before"),
        "extension_months": _("Months by which a voucher is extended at most"),
        "barred_years": _("Years without a new application after leaving too much unused"),
    }[name]
