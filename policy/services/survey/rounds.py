"""Officers open the survey of a year, and say until when it is answered and which changes are large."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import is_plausible
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from policy.models import SurveyRound
from policy.models.survey import FIRST_YEAR
from policy.notices import survey as notices
from policy.scheme.survey import DEFAULT_BOUNDS, Bound, bounds_as_json
from policy.services.once import made_before
from policy.services.survey.acting import require_governor

MOST_LEAST = 10**14
MOST_SHARE_BP = 10 * BASIS_POINTS
DAYS_TO_ANSWER = 60
"""Assumption: so long an institute has at least, unless an officer types another day."""


@transaction.atomic
def open_round(
    *, year: int, due_on: date, bounds: Mapping[str, Bound], by: User, at: datetime, key: UUID | None = None
) -> SurveyRound:
    """Open the survey about a year that has ended; institutes are told. The same `key` opens it once.

    Raises `NotAllowed`, `NotPossibleNow` where it is open already, `KeyReused`, and `DomainError` naming the field.
    """
    require_governor(by)
    if not FIRST_YEAR <= year < timezone.localdate(at).year:
        raise DomainError(_("Choose a year that has ended."), field="year")
    _check(year, due_on, bounds)
    said = {"year": year, "opened_by_id": by.pk}
    if earlier := made_before(SurveyRound, key, **said):
        return earlier
    _refuse_past(due_on, at)
    opened = {"due_on": due_on, "bounds": bounds_as_json(bounds), "opened_at": at, "opened_by": by, "key": key}
    try:
        made, is_new = SurveyRound.objects.get_or_create(year=year, defaults=opened)
    except IntegrityError:  # the key opened another year just now
        made_before(SurveyRound, key, **said)
        raise
    if not is_new:
        if earlier := made_before(SurveyRound, key, **said):  # by the same request, just now
            return earlier
        raise NotPossibleNow(_("The survey of %(year)d is open already.") % {"year": year})
    notices.opened(made, at)
    return made


@transaction.atomic
def change_round(
    *, round: SurveyRound, due_on: date, bounds: Mapping[str, Bound], revision: int, by: User, at: datetime
) -> SurveyRound:
    """Another deadline, of which institutes are told, or other bounds; what was submitted is not checked anew.

    Raises `NotAllowed`, `ChangedMeanwhile`, and `DomainError` naming the field.
    """
    locked = SurveyRound.objects.select_for_update(of=["self"]).get(pk=round.pk)
    require_governor(by)
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this while you had it open. Look at it again before saving."))
    _check(locked.year, due_on, bounds)
    is_moved = due_on != locked.due_on
    if is_moved:
        _refuse_past(due_on, at)
    locked.due_on, locked.bounds = due_on, bounds_as_json(bounds)
    locked.revision += 1
    locked.save(update_fields=["due_on", "bounds", "revision", "updated_at"])
    if is_moved:
        notices.moved(locked, at)
    return locked


def first_due_on(year: int, today: date) -> date:
    """What is proposed as the last day: 30 June, or in the second half of the year some time from today."""
    return max(date(year + 1, 6, 30), today + timedelta(days=DAYS_TO_ANSWER))


def _refuse_past(due_on: date, at: datetime) -> None:
    """Nobody is overdue on the day on which he is told."""
    if due_on < timezone.localdate(at):
        raise DomainError(_("Choose today or a later day."), field="due_on")


def _check(year: int, due_on: date, bounds: Mapping[str, Bound]) -> None:
    if not is_plausible(due_on) or due_on.year <= year:
        raise DomainError(_("Choose a day after the end of the year that is asked about."), field="due_on")
    if set(bounds) != set(DEFAULT_BOUNDS):
        raise DomainError(_("Say for each figure which change is large."), field="bounds")
    for name, bound in bounds.items():
        if not 0 <= bound.share_bp <= MOST_SHARE_BP:
            raise DomainError(_("From 0 to 1,000 percent."), field=f"share_{name}")
        if not 0 <= bound.least <= MOST_LEAST:
            raise DomainError(_("From 0 to %(most)s.") % {"most": f"{MOST_LEAST:,}"}, field=f"least_{name}")
