"""Officers say what the plan aims at."""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from policy.enums.figures import Unit
from policy.enums.plans import PlanState
from policy.models import PlanTarget, PlanVersion, Target
from policy.models.figures import SHORT_TEXT
from policy.queries.figures.access import governs
from policy.queries.figures.figure import Figure
from policy.queries.figures.registry import FIGURES
from policy.services.figures.locking import lock_figure

MOST = 10**15
FIRST_YEAR, LAST_YEAR = 2000, 2100


class OtherInPlan(DomainError):
    """A plan that holds says another target: the number is to be that one, or the plan another."""

    code = "other_target_in_plan"


def check_value(figure: Figure, value: int) -> None:
    """Raises `DomainError` for what the figure cannot be: more than 100 percent, or out of all bounds."""
    if figure.unit == Unit.BASIS_POINTS and not 0 <= value <= BASIS_POINTS:
        raise DomainError(_("Give a target from 0 to 100 percent."), field="value")
    if not 0 <= value <= MOST:
        raise DomainError(_("Give a number from 0 to %(most)s.") % {"most": f"{MOST:,}"}, field="value")


def _check(figure: Figure, year: int, value: int, source: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        range_of = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise DomainError(_("Give a year from %(first)s to %(last)s.") % range_of, field="year")
    check_value(figure, value)
    if not source:
        raise DomainError(_("Say where the target comes from."), field="source")


@transaction.atomic
def set_target(
    *, figure: Figure, year: int, value: int, source: str, is_assumption: bool, reason: str, seen: int, by: User,
    at: datetime,
) -> Target:  # fmt: skip
    """Write another version of the target of a year. `seen` is the version the officer saw, 0 where there was none.

    Raises `NotAllowed`, `DomainError` naming the field, `ChangedMeanwhile` where somebody set it since,
    `NotPossibleNow` for a figure without years or where nothing would change, and `OtherInPlan` where a plan that holds
    says another number: a plan and its figures never say two things.
    """
    if not governs(by):
        raise NotAllowed(_("Only officers who govern the figures can set targets."))
    if not figure.is_yearly:
        raise NotPossibleNow(_("This figure is not told by years, so it has no targets."))
    source, reason = source.strip(), reason.strip()
    _check(figure, year, value, source)
    lock_figure(figure.code)
    current = Target.objects.current().filter(figure=figure.code, year=year).first()
    if (current.version if current else 0) != seen:
        raise ChangedMeanwhile(_("Somebody set this target meanwhile. Look at it first."))
    if current is not None:
        if not reason:
            raise DomainError(_("Say why the target is changed."), field="reason")
        if (current.value, current.source, current.is_assumption) == (value, source, is_assumption):
            raise NotPossibleNow(_("That is the target already: there is nothing to change."))
    _require_same_as_plans(figure, year, value)
    said = {"value": value, "source": source, "is_assumption": is_assumption, "reason": reason}
    return _written(current, figure=figure.code, year=year, set_at=at, set_by=by, **said)


def take_from_plan(*, version: PlanVersion, by: User, at: datetime) -> None:
    """What a plan that is being published aims at becomes the target of its figures. Inside its transaction.

    Raises `OtherInPlan` where another plan that holds says another number of the same year.
    """
    figures = {code: FIGURES[code] for code in version.targets.values_list("figure", flat=True) if code in FIGURES}
    for code in sorted(figures):
        lock_figure(code)
    for aimed in version.targets.order_by("figure", "year"):
        figure = figures.get(aimed.figure)
        if figure is None:
            continue
        _require_same_as_plans(figure, aimed.year, aimed.value, without=version)
        if figure.is_yearly:
            _take(aimed, version, by, at)


class FromPlans(NamedTuple):
    """How many targets are new, and of which figures and years plans and targets say two things."""

    added: int
    conflicts: list[str]


@transaction.atomic
def take_from_held_plans(*, at: datetime) -> FromPlans:
    """What plans that hold aim at becomes the target where there is none: of plans that were published before
    publishing did that. Where two things are said nothing is changed: officers decide. Again: nothing.
    """
    held: dict[tuple[str, int], list[PlanTarget]] = defaultdict(list)
    aimed_at = PlanTarget.objects.filter(version__state=PlanState.PUBLISHED).order_by("figure", "year", "pk")
    for code in aimed_at.order_by("figure").values_list("figure", flat=True).distinct():
        lock_figure(code)
    for aimed in aimed_at.select_related("version__plan", "version__published_by"):
        if aimed.figure in FIGURES and FIGURES[aimed.figure].is_yearly:
            held[aimed.figure, aimed.year].append(aimed)
    added, conflicts = 0, []
    for (code, year), aims in held.items():
        of_year = Target.objects.filter(figure=code, year=year)
        said = {aimed.value for aimed in aims} | set(of_year.current().values_list("value", flat=True))
        if len(said) > 1:
            plans = ", ".join(f"“{aimed.version.title}” v{aimed.version.version}" for aimed in aims)
            conflicts.append(f"{code} {year}: {plans} and the target say {sorted(said)}. Publish a new version.")
        elif not of_year.exists():
            _take(aims[0], aims[0].version, aims[0].version.published_by, at)
            added += 1
    return FromPlans(added, conflicts)


def _take(aimed: PlanTarget, version: PlanVersion, by: User | None, at: datetime) -> None:
    current = Target.objects.current().filter(figure=aimed.figure, year=aimed.year).first()
    if current is not None and current.value == aimed.value:
        return  # what is said of its source stays
    source = f"{version.title} v{version.version}"
    said = {"value": aimed.value, "source": source[:SHORT_TEXT], "is_assumption": False}
    reason = "" if current is None else version.reason or source
    _written(current, figure=aimed.figure, year=aimed.year, set_at=at, set_by=by, reason=reason, **said)


def _written(current: Target | None, *, set_at: datetime, **said: Any) -> Target:
    if current is not None:
        current.replaced_at = set_at
        current.save(update_fields=["replaced_at"])
    return Target.objects.create(version=current.version + 1 if current else 1, set_at=set_at, **said)


def _require_same_as_plans(figure: Figure, year: int, value: int, without: PlanVersion | None = None) -> None:
    held = PlanTarget.objects.filter(version__state=PlanState.PUBLISHED, figure=figure.code, year=year)
    if without is not None:
        held = held.exclude(version__plan=without.plan_id)
    other = held.exclude(value=value).select_related("version").first()
    if other is not None:
        plan = {"plan": other.version.display_title, "year": year, "figure": figure.name}
        raise OtherInPlan(
            _("“%(plan)s” says another target of “%(figure)s” for %(year)s. Write a new version of that plan first.")
            % plan,
            field="value",
        )
