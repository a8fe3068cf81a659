"""Officers say what the plan aims at."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.money import BASIS_POINTS
from policy.enums.figures import Unit
from policy.models import Target
from policy.queries.figures.access import governs
from policy.queries.figures.figure import Figure
from policy.services.figures.locking import lock_figure

MOST = 10**15
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _check(figure: Figure, year: int, value: int, source: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        range_of = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise DomainError(_("Give a year from %(first)s to %(last)s.") % range_of, field="year")
    most = BASIS_POINTS if figure.unit == Unit.BASIS_POINTS else MOST
    if not 0 <= value <= most:
        raise DomainError(_("Give a number from 0 to %(most)s.") % {"most": most}, field="value")
    if not source:
        raise DomainError(_("Say where the target comes from."), field="source")


@transaction.atomic
def set_target(
    *, figure: Figure, year: int, value: int, source: str, is_assumption: bool, reason: str, seen: int, by: User,
    at: datetime,
) -> Target:  # fmt: skip
    """Write another version of the target of a year. `seen` is the version the officer saw, 0 where there was none.

    Raises `NotAllowed`, `DomainError` naming the field, `ChangedMeanwhile` where somebody set it since, and
    `NotPossibleNow` for a figure without years or where nothing would change.
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
        current.replaced_at = at
        current.save(update_fields=["replaced_at"])
    return Target.objects.create(
        figure=figure.code,
        year=year,
        version=seen + 1,
        value=value,
        source=source,
        is_assumption=is_assumption,
        reason=reason,
        set_at=at,
        set_by=by,
    )
