"""The sections in which a call is written: which form and rows each has, and its way from and to a version."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programmes.forms import calls as f
from programmes.models import CallVersion
from programmes.scheme import (
    Band,
    Caps,
    Condition,
    ConditionKind,
    Criterion,
    Paper,
    PaperStage,
    Scheme,
    Service,
    Stage,
    StageKind,
    Words,
)
from programmes.scheme.checks import CLOCKS

Given = dict[str, Any]
Lines = dict[str, list[Given]]

CONDITIONS = pgettext_lazy("call", "Conditions")


@dataclass(frozen=True)
class Table:
    """A table of a section: `stem` begins the keys of new lines."""

    name: str
    title: Any
    add: Any
    form: type[f.RowForm]
    stem: str
    read: Callable[[Scheme], list[Given]]
    ordered: bool = True


@dataclass(frozen=True)
class Section:
    """`read` gives the form's first values, `write` what `services.calls.write.save` is given."""

    key: str
    title: Any
    lead: Any
    form: type[f.SectionForm]
    read: Callable[[CallVersion, Scheme], Given]
    write: Callable[[Scheme, Given, Lines], Given]
    tables: tuple[Table, ...] = field(default=())


def _three(row: Given) -> Words:
    return Words(row["ko"], row["en"], row["zh"])


def _typed(words: Words | None) -> Given:
    return {"ko": words.ko, "en": words.en, "zh": words.zh} if words else {}


def _read_notice(version: CallVersion, scheme: Scheme) -> Given:
    terms, notice = version.terms, scheme.notice
    return {
        "title_ko": terms.title_ko, "title_en": terms.title_en, "title_zh": terms.title_zh,
        "notice_ko": notice.ko, "notice_en": notice.en, "notice_zh": notice.zh,
        "source": scheme.source, "is_assumption": scheme.is_assumption, "why": version.why,
    }  # fmt: skip


def _write_notice(scheme: Scheme, given: Given, lines: Lines) -> Given:
    notice = Words(given["notice_ko"], given["notice_en"], given["notice_zh"])
    return {
        "scheme": replace(scheme, notice=notice, source=given["source"], is_assumption=given["is_assumption"]),
        "terms": {name: given[name] for name in ("title_ko", "title_en", "title_zh")},
        "why": given["why"],
    }


def _read_budget(version: CallVersion, scheme: Scheme) -> Given:
    terms = version.terms
    return {"budget_won": terms.budget_won, "opens_at": terms.opens_at, "closes_at": terms.closes_at}


def _write_budget(scheme: Scheme, given: Given, lines: Lines) -> Given:
    return {"terms": {name: given[name] for name in ("budget_won", "opens_at", "closes_at")}}


def _conditions(scheme: Scheme) -> list[Given]:
    return [
        {"key": c.key, "kind": c.kind, "most": c.most, "codes": ", ".join(c.codes), **_typed(c.words)}
        for c in scheme.conditions
    ]


def _write_conditions(scheme: Scheme, given: Given, lines: Lines) -> Given:
    rows = tuple(
        Condition(
            row["key"], ConditionKind(row["kind"]), row["most"], row["codes"],
            _three(row) if row["ko"] or row["en"] or row["zh"] else None,
        )
        for row in lines["conditions"]
    )  # fmt: skip
    return {"scheme": replace(scheme, conditions=rows)}


def _bands(scheme: Scheme) -> list[Given]:
    return [{"sales_up_to_won": band.sales_up_to_won, "own_bp": band.own_bp} for band in scheme.bands]


def _write_bands(scheme: Scheme, given: Given, lines: Lines) -> Given:
    """Bands are kept by their ends, whatever the order they were typed in; the open one last."""
    bands = [Band(row["sales_up_to_won"], row["own_bp"]) for row in lines["bands"]]
    bands.sort(key=lambda band: (band.sales_up_to_won is None, band.sales_up_to_won or 0))
    caps = Caps(given["award_won"], given["firm_won"], given["firm_years"])
    return {"scheme": replace(scheme, bands=tuple(bands), caps=caps)}


def _menu(scheme: Scheme) -> list[Given]:
    return [
        {"key": s.key, "area": s.area, "most_won": s.most_won, "is_brokerage": s.is_brokerage, **_typed(s.words)}
        for s in scheme.menu
    ]


def _write_menu(scheme: Scheme, given: Given, lines: Lines) -> Given:
    rows = tuple(
        Service(row["key"], _three(row), row["area"], row["most_won"], row["is_brokerage"]) for row in lines["menu"]
    )
    return {
        "scheme": replace(
            scheme, menu=rows, most_services=given["most_services"], one_per_area=given["one_per_area"]
        )
    }  # fmt: skip


def _papers(scheme: Scheme) -> list[Given]:
    return [{"key": p.key, "stage": p.stage, "is_required": p.is_required, **_typed(p.words)} for p in scheme.papers]


def _write_papers(scheme: Scheme, given: Given, lines: Lines) -> Given:
    rows = tuple(
        Paper(row["key"], _three(row), PaperStage(row["stage"]), row["is_required"]) for row in lines["papers"]
    )
    return {"scheme": replace(scheme, papers=rows)}


def _stages(scheme: Scheme) -> list[Given]:
    return [
        {"key": s.key, "kind": s.kind, "role": s.role, "least": s.least, **_typed(s.words)} for s in scheme.stages
    ]  # fmt: skip


def _criteria(scheme: Scheme) -> list[Given]:
    return [{"key": c.key, "most": c.most, **_typed(c.words)} for c in scheme.criteria]


def _write_stages(scheme: Scheme, given: Given, lines: Lines) -> Given:
    stages = []
    for row in lines["stages"]:
        kind = StageKind(row["kind"])
        is_panel = kind == StageKind.PANEL
        stages.append(
            Stage(row["key"], kind, _three(row), "" if is_panel else row["role"], row["least"] or 0 if is_panel else 0)
        )
    criteria = tuple(Criterion(row["key"], _three(row), row["most"]) for row in lines["criteria"])
    places = {name: given[name] for name in ("pass_points", "reserve_places")}
    return {"scheme": replace(scheme, stages=tuple(stages), criteria=criteria, **places)}


def _read_clocks(version: CallVersion, scheme: Scheme) -> Given:
    clocks = {name: getattr(scheme.days, name) for name in CLOCKS}
    return {"unused_bp": scheme.unused_bp, "barred_years": scheme.barred_years, **clocks}


def _write_clocks(scheme: Scheme, given: Given, lines: Lines) -> Given:
    days = replace(scheme.days, **{name: given[name] for name in CLOCKS})
    return {"scheme": replace(scheme, days=days, unused_bp=given["unused_bp"], barred_years=given["barred_years"])}


def _named(*names: str) -> Callable[[CallVersion, Scheme], Given]:
    return lambda version, scheme: {name: getattr(scheme, name) for name in names}


SECTIONS = (
    Section(
        "notice", _("Title and notice"), _("What firms read first, in three languages."),
        f.NoticeForm, _read_notice, _write_notice,
    ),
    Section(
        "budget", _("Budget and window"), _("The window ends to the minute, in Korean time."),
        f.BudgetForm, _read_budget, _write_budget,
    ),
    Section(
        "conditions", CONDITIONS, _("Who may apply. Each is checked before a firm begins, with the reason."),
        f.SectionForm, lambda version, scheme: {}, _write_conditions,
        (Table("conditions", CONDITIONS, _("Add a condition"), f.ConditionRow, "condition", _conditions),),
    ),
    Section(
        "bands", _("Award and own share"), _("How much one firm gets, and what it pays itself by its sales."),
        f.BandsForm,
        lambda version, scheme: {
            "award_won": scheme.caps.award_won, "firm_won": scheme.caps.firm_won, "firm_years": scheme.caps.firm_years
        },
        _write_bands,
        (Table("bands", _("Bands of the own share"), _("Add a band"), f.BandRow, "band", _bands, ordered=False),),
    ),
    Section(
        "menu", _("Menu of services"), _("What the money may be spent on."), f.MenuForm,
        _named("most_services", "one_per_area"), _write_menu,
        (Table("menu", _("Services"), _("Add a service"), f.ServiceRow, "service", _menu),),
    ),
    Section(
        "papers", _("Papers"), _("What firms attach to an application, and providers to a claim."), f.SectionForm,
        lambda version, scheme: {}, _write_papers,
        (Table("papers", _("Papers"), _("Add a paper"), f.PaperRow, "paper", _papers),),
    ),
    Section(
        "stages", pgettext_lazy("call", "Steps and criteria"),
        _("First a check, then a panel if there is one, then the approvals."),
        f.StagesForm, _named("pass_points", "reserve_places"), _write_stages,
        (
            Table("stages", pgettext_lazy("call", "Steps"), _("Add a step"), f.StageRow, "step", _stages),
            Table("criteria", _("Criteria of the panel"), _("Add a criterion"), f.CriterionRow, "criterion", _criteria),
        ),
    ),
    Section(
        "clocks", _("Clocks"), _("Days count in Korea, from the day after."),
        f.ClocksForm, _read_clocks, _write_clocks,
    ),
)  # fmt: skip
BY_KEY = {section.key: section for section in SECTIONS}
