"""The sections of an application: what is done, what is missing, what may be changed now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from programmes.eligibility import Finding, Outcome, check
from programmes.enums.applications import ApplicationState, Independence, Part, PlanText
from programmes.enums.review import StepKind
from programmes.models import Application, ApplicationDocument
from programmes.queries.facts import Firm, firm_on
from programmes.scheme import ConditionKind, Paper, PaperStage, Scheme
from programmes.scheme.sums import Planned, planned

LEAST_LETTERS = 20
"""An answer shorter than this says nothing; it may be saved, but not submitted."""

MISSING_FACTS = {
    "representatives": pgettext_lazy("missing", "Who represents the firm"),
    "address": pgettext_lazy("missing", "The address of the firm"),
    "founded_on": pgettext_lazy("missing", "The day on which it was founded"),
    "years": pgettext_lazy("missing", "Sales and assets of the last fiscal years"),
}


class Standing(StrEnum):
    DONE = "done"
    STARTED = "started"
    TODO = "todo"


@dataclass(frozen=True)
class Section:
    """`missing` are sentences, empty where nothing is; `asked` what an officer wrote about it, while completing."""

    part: Part
    standing: Standing
    missing: tuple[str, ...] = ()
    is_open: bool = True
    asked: str = ""

    @property
    def is_done(self) -> bool:
        return self.standing == Standing.DONE


@dataclass(frozen=True)
class Sheet:
    """An application read together with its call and what is known of the firm on a day."""

    application: Application
    scheme: Scheme
    firm: Firm
    findings: tuple[Finding, ...]
    sums: Planned
    documents: Mapping[str, ApplicationDocument]
    sections: tuple[Section, ...]

    @property
    def papers(self) -> tuple[Paper, ...]:
        return papers_of(self.scheme)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Conditions that the firm does not meet; what is unclear an officer decides by the papers."""
        return tuple(each for each in self.findings if each.outcome == Outcome.MISSING)

    @property
    def missing(self) -> tuple[str, ...]:
        """Everything between this and submitting it, in the order of the sections."""
        return tuple(text for section in self.sections for text in section.missing)

    @property
    def declarations(self) -> tuple[tuple[str, str], ...]:
        """Each sentence that is declared, with its key."""
        return declarations_of(self.scheme)

    @property
    def declared_shown(self) -> list[tuple[str, bool]]:
        given = set(self.application.plan.get("declared", ()))
        return [(text, key in given) for key, text in self.declarations]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Each question with its answer."""
        texts = self.application.plan.get("texts", {})
        return [(str(each.label), texts.get(each, "")) for each in PlanText]

    @property
    def papers_sent(self) -> list[tuple[Paper, ApplicationDocument | None]]:
        return [(each, self.documents.get(each.key)) for each in self.papers]

    @property
    def asks_size(self) -> bool:
        return asks_size(self.scheme)

    @property
    def independence_shown(self) -> str:
        """What the firm says about large groups; empty where it said nothing."""
        said = self.application.plan.get("standing", {}).get("independence")
        return str(Independence(said).label) if said else ""

    @property
    def facts_shown(self) -> dict[str, Any]:
        """What was frozen when it was submitted, before that what the profile says now."""
        return self.application.facts or self.firm.said

    @property
    def is_ready(self) -> bool:
        return not self.missing and not self.blocking

    def section(self, part: str) -> Section:
        return next(each for each in self.sections if each.part == part)


def papers_of(scheme: Scheme) -> tuple[Paper, ...]:
    return tuple(each for each in scheme.papers if each.stage == PaperStage.APPLICATION)


def declarations_of(scheme: Scheme) -> tuple[tuple[str, str], ...]:
    rows = [each for each in scheme.conditions if each.kind == ConditionKind.DECLARED]
    return tuple((each.key, str(each.words or "")) for each in rows)


def sheet_of(application: Application, on: date, *, plan: Mapping[str, Any] | None = None) -> Sheet:
    """The application as it is, or as it would be with `plan` (what is typed and not saved yet)."""
    plan = application.plan if plan is None else plan
    scheme = Scheme.from_json(application.version.content)
    firm = firm_on(application.organization, on, declared=plan.get("declared", ()), standing=plan.get("standing", {}))
    findings = tuple(check(scheme, firm.facts, on))
    documents = {each.key: each for each in application.documents.current()}
    asked = asked_parts(application)
    is_frozen = bool(application.number) and Part.FACTS not in asked
    average = application.facts.get("average_sales_won") if is_frozen else firm.average_sales_won
    sums = planned(scheme, plan.get("services", ()), own_share(scheme, average))
    is_open = open_parts(application, scheme)
    sections = tuple(
        _section(part, missing, started, asked, part in is_open)
        for part, (missing, started) in _standing(application, plan, scheme, firm, findings, sums, documents).items()
    )
    return Sheet(application, scheme, firm, findings, sums, documents, sections)


def asks_size(scheme: Scheme) -> bool:
    """Whether a condition of the call is about the size of the firm."""
    return any(each.kind in {ConditionKind.SME, ConditionKind.SMALL} for each in scheme.conditions)


def own_share(scheme: Scheme, average_sales_won: int | None) -> int | None:
    """The own share in basis points; None where it depends on sales that nobody knows."""
    if average_sales_won is not None:
        return scheme.own_bp(average_sales_won)
    return scheme.bands[0].own_bp if len(scheme.bands) == 1 and scheme.bands[0].sales_up_to_won is None else None


def asked_parts(application: Application) -> dict[str, str]:
    """What the office asked to be completed: a part or the key of a paper, each with what is missing there."""
    if application.state != ApplicationState.COMPLETION:
        return {}
    step = application.steps.filter(kind=StepKind.COMPLETION_ASKED).order_by("at", "pk").last()
    return dict(step.data.get("parts", {})) if step else {}


def open_parts(application: Application, scheme: Scheme | None = None) -> frozenset[Part]:
    """The sections that can be changed now. Of the papers see `open_papers`."""
    if application.state == ApplicationState.DRAFT:
        return frozenset(Part)
    asked = asked_parts(application)
    found = {Part(key) for key in asked if key in Part.values}
    scheme = scheme or Scheme.from_json(application.version.content)
    if open_papers(application, scheme):
        found.add(Part.PAPERS)
    return frozenset(found)


def open_papers(application: Application, scheme: Scheme) -> frozenset[str]:
    """The keys of papers that can be sent now."""
    keys = frozenset(each.key for each in papers_of(scheme))
    if application.state == ApplicationState.DRAFT:
        return keys
    asked = asked_parts(application)
    unnamed = set(asked) - set(Part.values) - keys  # in words of the officer's own: any paper may be meant
    return keys if Part.PAPERS in asked or unnamed else keys & frozenset(asked)


def _section(part: Part, missing: Sequence[str], started: bool, asked: Mapping[str, str], is_open: bool) -> Section:
    standing = Standing.DONE if not missing else Standing.STARTED if started else Standing.TODO
    words = asked.get(part, "")
    if part == Part.PAPERS:
        words = "\n".join(text for key, text in asked.items() if key == part or key not in Part.values)
    return Section(part, standing, tuple(missing), is_open, words)


def _missing_technology(application: Application) -> list[str]:
    if application.transfer is None:
        return [_("Choose the technology that you took over.")]
    if not application.transfer.is_usable:
        return [_("The contract you entered was not accepted. Choose or enter another one.")]
    return []


def _standing(
    application: Application,
    plan: Mapping[str, Any],
    scheme: Scheme,
    firm: Firm,
    findings: Sequence[Finding],
    sums: Planned,
    documents: Mapping[str, ApplicationDocument],
) -> dict[Part, tuple[list[str], bool]]:
    """Of each section what is missing, and whether something stands there already."""
    texts, declared = plan.get("texts", {}), set(plan.get("declared", ()))
    facts = [str(MISSING_FACTS[name]) for name in firm.missing]
    if asks_size(scheme) and not plan.get("standing", {}).get("independence"):
        facts.append(_("Say whether your firm belongs to a large group."))
    needs_transfer = any(each.kind == ConditionKind.TRANSFER for each in scheme.conditions)
    technology = _missing_technology(application) if needs_transfer else []
    services = list(sums.faults)
    if scheme.menu and not sums.lines:
        services.append(_("Plan at least one service."))
    if sums.lines and sums.own_bp is None:
        services.append(_("The own share is not known: enter your sales first."))
    short = [str(each.label) for each in PlanText if len(str(texts.get(each, "")).strip()) < LEAST_LETTERS]
    papers = [
        _("“%(paper)s” is missing.") % {"paper": str(each.words)}
        for each in papers_of(scheme)
        if each.is_required and each.key not in documents
    ]
    sentences = [text for key, text in declarations_of(scheme) if key not in declared]
    return {
        Part.FACTS: (facts, bool(firm.said["representatives"])),
        Part.TECHNOLOGY: (technology, False),
        Part.SERVICES: (services, bool(sums.lines)),
        Part.PLAN: (short, any(texts.values())),
        Part.PAPERS: (papers, bool(documents)),
        Part.DECLARATIONS: (sentences, bool(declared)),
    }
