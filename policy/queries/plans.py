"""What the pages of plans show: what was promised, and how it stands."""

import re
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch

from policy.enums.plans import PUBLIC_PLAN_STATES, PlanState, ProgressState
from policy.models import Measure, Plan, PlanProgress, PlanTarget, PlanVersion
from policy.models.plans import CODE_FORM
from policy.queries.figures.registry import FIGURES


def known_codes() -> tuple[str, ...]:
    """The codes of figures that a target or measure may name."""
    return tuple(FIGURES)


def figure_name(code: str) -> str:
    """In the reader's language; the code of a figure that is given up."""
    figure = FIGURES.get(code)
    return str(figure.name) if figure else code


def naming(code: str) -> list[PlanVersion]:
    """The versions that hold and name the figure in a measure or target, newest plan first, each with its targets of
    the figure as `aims`. Two statements.
    """
    aims = PlanTarget.objects.filter(figure=code)
    measures = Measure.objects.filter(version=OuterRef("pk"), figure=code)
    named = Exists(aims.filter(version=OuterRef("pk"))) | Exists(measures)
    rows = PlanVersion.objects.published().filter(named).select_related("plan")
    rows = rows.prefetch_related(Prefetch("targets", aims.order_by("year"), to_attr="aims"))
    return list(rows.order_by("-plan__first_year", "plan__kind", "-pk"))


def is_code(code: str) -> bool:
    return bool(re.fullmatch(CODE_FORM, code)) and code in known_codes()


@dataclass(frozen=True)
class MeasureStanding:
    """A measure with its progress, the newest first; `state` is None where nothing was entered yet."""

    measure: Measure
    entries: tuple[PlanProgress, ...]

    @property
    def state(self) -> ProgressState | None:
        return ProgressState(self.entries[0].state) if self.entries else None


def shown_version(plan: Plan) -> PlanVersion | None:
    """The version that holds."""
    return PlanVersion.objects.for_page().filter(plan=plan, state=PlanState.PUBLISHED).first()


def standings(version: PlanVersion) -> list[MeasureStanding]:
    """Every measure of the version (from `for_page`) with what was entered about it, in any version of the plan."""
    by_code: dict[int, list[PlanProgress]] = defaultdict(list)
    for entry in PlanProgress.objects.filter(plan=version.plan_id).select_related("by").order_by("-pk"):
        by_code[entry.code].append(entry)
    return [MeasureStanding(each, tuple(by_code.get(each.code, ()))) for each in version.measures.all()]


def taken_out(draft: PlanVersion) -> list[Measure]:
    """Measures of the version that the draft is to replace which the draft does not have any more. One statement."""
    there = Measure.objects.filter(version=draft.pk, code=OuterRef("code"))
    before = Measure.objects.filter(version__plan=draft.plan_id, version__state=PlanState.PUBLISHED)
    return list(before.exclude(version=draft.pk).filter(~Exists(there)).order_by("code"))


def counted_states(found: list[MeasureStanding]) -> dict[str, int]:
    """How many measures stand where, by `ProgressState`; `none` where nothing was entered."""
    counts = {**{str(state): 0 for state in ProgressState}, "none": 0}
    for each in found:
        counts[str(each.state) if each.state else "none"] += 1
    return counts


def versions_of(plan: Plan, *, all_of_them: bool) -> list[PlanVersion]:
    """The newest first; drafts and what was thrown away for officers only."""
    rows = PlanVersion.objects.filter(plan=plan).select_related("written_by", "published_by").order_by("-version")
    return list(rows if all_of_them else rows.filter(state__in=PUBLIC_PLAN_STATES))


def published_titles(plans: list[Plan]) -> dict[int, PlanVersion]:
    """The version to name each plan by: the published one, else the newest there is, which only officers meet."""
    rows = PlanVersion.objects.filter(plan__in=[plan.pk for plan in plans]).order_by("version")
    found: dict[int, PlanVersion] = {}
    for row in rows:
        best = found.get(row.plan_id)
        if best is None or row.state == PlanState.PUBLISHED or best.state != PlanState.PUBLISHED:
            found[row.plan_id] = row
    return found
