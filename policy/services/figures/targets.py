"""Officers say what the plan aims at."""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from policy.enums.figures import FIRST_YEAR, LAST_YEAR, Unit
from policy.enums.plans import PlanState
from policy.models import PlanTarget, PlanVersion, Target
from policy.models.figures import SHORT_TEXT
from policy.queries.figures.access import governs
from policy.queries.figures.figure import Figure
from policy.queries.figures.registry import FIGURES
from policy.services.figures.locking import lock_figure

MOST = 10**15
NEAR = 15
"""A new target is of a year so near at most: a slip of the hand (2107 for 2027) would stretch the chart to there."""


class OtherInPlan(DomainError):
    """A plan that holds says another target: the number is to be that one, or the plan another."""

    code = "other_target_in_plan"


def check_value(figure: Figure, value: int) -> None:
    """Raises `DomainError` for what the figure cannot be: more than 100 percent, or out of all bounds."""
    if figure.unit == Unit.BASIS_POINTS and not 0 <= value <= BASIS_POINTS:
        raise DomainError(_("Give a target from 0 to 100 percent."), field="value")
    if not 0 <= value <= MOST:
        raise DomainError(_("Give a number from 0 to %(most)s.") % {"most": f"{MOST:,}"}, field="value")


def _check(figure: Figure, year: int, value: int, source: str, at: datetime) -> None:
    this = timezone.localdate(at).year
    first, last = max(FIRST_YEAR, this - NEAR), min(LAST_YEAR, this + NEAR)
    if not first <= year <= last and not Target.objects.filter(figure=figure.code, year=year).exists():
        range_of = {"first": first, "last": last}
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
    _check(figure, year, value, source, at)
    lock_figure(figure.code)
    current = Target.objects.current().filter(figure=figure.code, year=year).first()
    if (current.version if current else 0) != seen:
        raise ChangedMeanwhile(_("Somebody set this target meanwhile. Look at it first."))
    if not reason and Target.objects.filter(figure=figure.code, year=year).exists():
        raise DomainError(_("Say why the target is changed."), field="reason")
    if current is not None and (current.value, current.source, current.is_assumption) == (value, source, is_assumption):
        raise NotPossibleNow(_("That is the target already: there is nothing to change."))
    _require_same_as_plans(figure, year, value)
    said = {"value": value, "source": source, "is_assumption": is_assumption, "reason": reason}
    return _written(current, figure=figure.code, year=year, set_at=at, set_by=by, **said)


@transaction.atomic
def withdraw_target(*, figure: Figure, year: int, reason: str, seen: int, by: User, at: datetime) -> Target:
    """Take the target of a year back: a last version says why, and the year has none until another one is set.

    Raises `NotAllowed`, `DomainError` without a reason, `ChangedMeanwhile` where another version holds than `seen`, and
    `OtherInPlan` where a plan that holds says this target.
    """
    if not governs(by):
        raise NotAllowed(_("Only officers who govern the figures can set targets."))
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why it is taken back."), field="reason")
    lock_figure(figure.code)
    current = Target.objects.current().filter(figure=figure.code, year=year).first()
    if current is None or current.version != seen:
        raise ChangedMeanwhile(_("Somebody set this target meanwhile. Look at it first."))
    held = _held(figure.code, year).select_related("version").first()
    if held is not None:
        plan = {"plan": held.version.display_title, "year": year}
        raise OtherInPlan(
            _("“%(plan)s” says this target of %(year)s. Write a new version of that plan without it.") % plan
        )
    return _withdrawn(current, reason=reason, by=by, at=at)


def take_from_plan(*, version: PlanVersion, before: PlanVersion | None, by: User, at: datetime) -> None:
    """What a plan that is being published aims at becomes the target of its figures. Inside its transaction.

    What only the version `before` said is taken back. Raises `OtherInPlan` where another plan that holds says another
    number of the same year.
    """
    named = PlanTarget.objects.filter(version__in=[each for each in (version, before) if each])
    figures = {code: FIGURES[code] for code in named.values_list("figure", flat=True) if code in FIGURES}
    for code in sorted(figures):
        lock_figure(code)
    for aimed in version.targets.order_by("figure", "year"):
        figure = figures.get(aimed.figure)
        if figure is None:
            continue
        _require_same_as_plans(figure, aimed.year, aimed.value, without=version)
        if figure.is_yearly:
            _take(aimed, version, by, at)
    if before is not None:
        _take_back(version, before, by, at)


def _take_back(version: PlanVersion, before: PlanVersion, by: User, at: datetime) -> None:
    """Targets that a plan wrote and none names any more. What was set by hand with a source of its own stays."""
    kept = set(version.targets.values_list("figure", "year"))
    for dropped in before.targets.order_by("figure", "year"):
        if (dropped.figure, dropped.year) in kept or _held(dropped.figure, dropped.year).exists():
            continue
        current = Target.objects.current().filter(figure=dropped.figure, year=dropped.year).first()
        named = PlanVersion.objects.filter(targets__figure=dropped.figure, targets__year=dropped.year)
        if current is not None and current.source in {_source(each) for each in named.order_by("pk")}:
            _withdrawn(current, reason=version.reason or _source(version), by=by, at=at)


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
    source = _source(version)
    said = {"value": aimed.value, "source": source, "is_assumption": False}
    is_first = not Target.objects.filter(figure=aimed.figure, year=aimed.year).exists()
    reason = "" if is_first else version.reason or source
    _written(current, figure=aimed.figure, year=aimed.year, set_at=at, set_by=by, reason=reason, **said)


def _source(version: PlanVersion) -> str:
    return f"{version.title} v{version.version}"[:SHORT_TEXT]


def _written(current: Target | None, *, set_at: datetime, **said: Any) -> Target:
    if current is not None:
        current.replaced_at = set_at
        current.save(update_fields=["replaced_at"])
    before = Target.objects.filter(figure=said["figure"], year=said["year"]).aggregate(most=Max("version"))["most"] or 0
    return Target.objects.create(version=before + 1, set_at=set_at, **said)


def _withdrawn(current: Target, *, reason: str, by: User, at: datetime) -> Target:
    kept = {name: getattr(current, name) for name in ("figure", "year", "value", "source", "is_assumption")}
    return _written(current, **kept, reason=reason, set_at=at, set_by=by, replaced_at=at, is_withdrawn=True)


def _held(code: str, year: int) -> QuerySet[PlanTarget]:
    """What plans that hold say of the year."""
    return PlanTarget.objects.filter(version__state=PlanState.PUBLISHED, figure=code, year=year)


def _require_same_as_plans(figure: Figure, year: int, value: int, without: PlanVersion | None = None) -> None:
    held = _held(figure.code, year)
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
