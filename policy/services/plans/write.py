"""Officers write a plan: a draft with measures and targets; later versions begin with the published one."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import is_plausible
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.text import tidy
from policy.enums.plans import PLAN_STATES, TARGET_UNITS, PlanKind, PlanState
from policy.models import Measure, Plan, PlanTarget, PlanVersion
from policy.models.plans import FIRST_PLAN_YEAR, LAST_PLAN_YEAR, SHORT_LENGTH, TEXT_LENGTH
from policy.queries.figures.registry import FIGURES
from policy.queries.plans import is_code, known_codes, taken_out
from policy.services.figures.targets import check_value
from policy.services.survey.acting import require_governor, words_of

TITLE_LENGTH, BODY_LENGTH = 200, 200
MOST_MEASURES, MOST_TARGETS = 200, 200
MEASURE_WORDS = ("title", "text", "body", "due_on", "figure")


@transaction.atomic
def begin_plan(*, kind: str, first_year: int, title: str, by: User, at: datetime) -> PlanVersion:
    """The first draft of a plan. Raises `NotAllowed`, `NotPossibleNow` where there is such a plan, `DomainError`."""
    require_governor(by)
    if kind not in PlanKind.values:
        raise DomainError(_("There is no such kind of plan."), field="kind")
    if not FIRST_PLAN_YEAR <= first_year <= LAST_PLAN_YEAR:
        raise DomainError(_("This is not a year."), field="first_year")
    name = _title(title)
    plan, is_new = Plan.objects.get_or_create(
        kind=kind, first_year=first_year, defaults={"begun_at": at, "begun_by": by}
    )
    if not is_new:
        raise NotPossibleNow(_("There is a plan of this kind and year already. Write a new version of it."))
    return PlanVersion.objects.create(plan=plan, version=1, title=name, written_at=at, written_by=by)


@transaction.atomic
def revise_plan(*, plan: Plan, reason: str, by: User, at: datetime) -> PlanVersion:
    """A draft that begins with the published version, its measures and targets.

    Raises `NotAllowed`, `NotPossibleNow` where there is a draft or nothing was published, `DomainError` for `reason`.
    """
    locked = Plan.objects.select_for_update(of=["self"]).get(pk=plan.pk)
    require_governor(by)
    words = words_of(reason, field="reason", missing=_("Say why the plan changes: everybody can read it."))
    versions = PlanVersion.objects.filter(plan=locked)
    if versions.filter(state=PlanState.DRAFT).exists():
        raise NotPossibleNow(_("There is a draft of this plan already. Go on with it, or throw it away."))
    before = versions.order_by("-version").first()
    source = versions.published().first() or before
    if before is None or source is None:
        raise NotPossibleNow(_("There is nothing to begin with."))
    names = ("title", "title_en", "title_zh", "summary")
    made = PlanVersion.objects.create(
        plan=locked,
        version=before.version + 1,
        reason=words,
        written_at=at,
        written_by=by,
        **{name: getattr(source, name) for name in names},
    )
    _copy(Measure, source, made, ("code", *MEASURE_WORDS))
    _copy(PlanTarget, source, made, ("figure", "year", "unit", "value", "note"))
    return made


def _copy(model: Any, source: PlanVersion, made: PlanVersion, names: tuple[str, ...]) -> None:
    rows = model.objects.filter(version=source).order_by("pk")
    model.objects.bulk_create([model(version=made, **{name: getattr(row, name) for name in names}) for row in rows])


@transaction.atomic
def write_plan(
    *,
    version: PlanVersion,
    title: str,
    title_en: str,
    title_zh: str,
    summary: str,
    revision: int,
    by: User,
    at: datetime,
) -> PlanVersion:
    """What the draft says at its head. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, `DomainError`."""
    locked = locked_draft(version, by)
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Look at it again before saving."))
    locked.title = _title(title)
    locked.title_en, locked.title_zh = _short(title_en, "title_en"), _short(title_zh, "title_zh")
    locked.summary = _long(summary, "summary")
    return _saved(locked, by, at)


@transaction.atomic
def put_measure(
    *,
    version: PlanVersion,
    code: int | None,
    title: str,
    text: str,
    body: str,
    due_on: date | None,
    figure: str,
    seen: str = "",
    by: User,
    at: datetime,
) -> Measure:
    """Write the measure with this number, or a new one where `code` is None. `seen` is the mark of what was there.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, and `DomainError` naming the field.
    """
    locked = locked_draft(version, by)
    measures = Measure.objects.filter(version=locked)
    said = {
        "title": words_of(title, field="title", missing=_("Say what is done."), most=TITLE_LENGTH),
        "text": _long(text, "text"),
        "body": words_of(body, field="body", missing=_("Name the body that does it."), most=BODY_LENGTH),
        "due_on": due_on,
        "figure": _figure(figure) if figure else "",
    }
    if due_on is not None and not is_plausible(due_on):
        raise DomainError(_("Choose another day."), field="due_on")
    if code is None:
        if measures.count() >= MOST_MEASURES:
            raise DomainError(_("At most %(most)d measures.") % {"most": MOST_MEASURES})
        # A number is never given to another measure of the plan: progress hangs on it.
        used = Measure.objects.filter(version__plan=locked.plan_id).aggregate(most=Max("code"))["most"] or 0
        made = Measure.objects.create(version=locked, code=used + 1, **said)
    else:
        found = measures.filter(code=code).first()
        if found is None:
            raise DomainError(_("There is no such measure."), field="code")
        if found.mark != seen:
            raise ChangedMeanwhile(_("Somebody changed this measure meanwhile. Compare the two, then save again."))
        made = found
        for name, value in said.items():
            setattr(made, name, value)
        made.save(update_fields=list(said))
    _saved(locked, by, at)
    return made


@transaction.atomic
def drop_measure(*, version: PlanVersion, code: int, seen: str, by: User, at: datetime) -> None:
    """Take a measure out of the draft; progress about it stays. `seen` is the mark of what was on the page.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`.
    """
    locked = locked_draft(version, by)
    found = Measure.objects.filter(version=locked, code=code).first()
    if found is None:
        raise NotPossibleNow(_("This measure was taken out already."))
    if found.mark != seen:
        raise ChangedMeanwhile(_("Somebody changed this measure meanwhile. Look at it before you take it out."))
    found.delete()
    _saved(locked, by, at)


@transaction.atomic
def put_back_measure(*, version: PlanVersion, code: int, by: User, at: datetime) -> Measure:
    """As it stands in the version that holds, with its number: progress hangs on it.

    Raises `NotAllowed`, and `NotPossibleNow` where the draft has it or the version that holds has not.
    """
    locked = locked_draft(version, by)
    found = next((each for each in taken_out(locked) if each.code == code), None)
    if found is None:
        raise NotPossibleNow(_("There is no such measure to put back."))
    if Measure.objects.filter(version=locked).count() >= MOST_MEASURES:
        raise DomainError(_("At most %(most)d measures.") % {"most": MOST_MEASURES})
    said = {name: getattr(found, name) for name in MEASURE_WORDS}
    made = Measure.objects.create(version=locked, code=code, **said)
    _saved(locked, by, at)
    return made


@transaction.atomic
def put_target(
    *, version: PlanVersion, figure: str, year: int, value: int, note: str, seen: str = "", by: User, at: datetime
) -> PlanTarget:
    """What the figure is to be in the year; the target of that year is written anew, where its mark is `seen`.

    `value` in the figure's unit: basis points, won, days, or a number. Raises `NotAllowed`, `NotPossibleNow`,
    `ChangedMeanwhile` where another one stands there, and `DomainError` naming the field.
    """
    locked = locked_draft(version, by)
    named = _figure(figure)
    unit = TARGET_UNITS[FIGURES[named].unit]
    # The target of a plan may lie beyond its last year: it says where the path leads.
    if not locked.plan.first_year - 1 <= year <= locked.plan.last_year + 10:
        raise DomainError(_("Choose a year of the plan, or one that it leads to."), field="year")
    if year > LAST_PLAN_YEAR:
        raise DomainError(_("Choose a year of the plan, or one that it leads to."), field="year")
    check_value(FIGURES[named], value)
    targets = PlanTarget.objects.filter(version=locked)
    said = {"unit": unit, "value": value, "note": _short(note, "note", SHORT_LENGTH)}
    found = targets.filter(figure=named, year=year).first()
    if found is not None and found.mark != seen:
        raise ChangedMeanwhile(_("Another target of this year stands there. Compare the two, then save again."))
    if found is None and targets.count() >= MOST_TARGETS:
        raise DomainError(_("At most %(most)d targets.") % {"most": MOST_TARGETS})
    made, _is_new = PlanTarget.objects.update_or_create(version=locked, figure=named, year=year, defaults=said)
    _saved(locked, by, at)
    return made


@transaction.atomic
def drop_target(*, version: PlanVersion, figure: str, year: int, by: User, at: datetime) -> None:
    """Take a target out of the draft. Raises `NotAllowed`, `NotPossibleNow`."""
    locked = locked_draft(version, by)
    if not PlanTarget.objects.filter(version=locked, figure=figure, year=year).delete()[0]:
        raise NotPossibleNow(_("This target was taken out already."))
    _saved(locked, by, at)


@transaction.atomic
def discard_plan(*, version: PlanVersion, by: User, at: datetime) -> PlanVersion:
    """Throw a draft away; its page stays for officers. Raises `NotAllowed`, `NotPossibleNow`."""
    locked = locked_draft(version, by)
    PLAN_STATES.move(locked, PlanState.WITHDRAWN)
    return locked


def locked_draft(version: PlanVersion, by: User) -> PlanVersion:
    """The draft under its plan's lock and its own. Raises `NotAllowed`, `NotPossibleNow`."""
    Plan.objects.select_for_update(of=["self"]).get(pk=version.plan_id)
    locked = PlanVersion.objects.select_for_update(of=["self"]).select_related("plan").get(pk=version.pk)
    require_governor(by)
    if locked.state != PlanState.DRAFT:
        state = locked.get_state_display()
        raise NotPossibleNow(_("This version is “%(state)s” and is never changed. Write a new one.") % {"state": state})
    return locked


def _saved(locked: PlanVersion, by: User, at: datetime) -> PlanVersion:
    """Who wrote last is who may not publish."""
    locked.revision += 1
    locked.written_at, locked.written_by = at, by
    locked.save()
    return locked


def _title(text: str) -> str:
    return words_of(text, field="title", missing=_("Give the plan a title."), most=TITLE_LENGTH)


def _short(text: str, field: str, most: int = TITLE_LENGTH) -> str:
    words = tidy(text)
    if len(words) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return words


def _long(text: str, field: str) -> str:
    return _short(text, field, TEXT_LENGTH)


def _figure(code: str) -> str:
    if not is_code(code):
        known = ", ".join(known_codes())
        raise DomainError(_("There is no such figure. Known are: %(codes)s.") % {"codes": known}, field="figure")
    return code
