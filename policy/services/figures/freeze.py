"""Months of figures are frozen once and corrected by a further version: what was frozen never changes (lessons L5)."""

from array import array
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import add_months
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from policy.enums.figures import NO_YEAR, Kind
from policy.models import Snapshot, SnapshotRows
from policy.models.figures import LONG_TEXT
from policy.queries.figures.access import governs
from policy.queries.figures.completeness import completeness
from policy.queries.figures.figure import Figure, Part, Scope
from policy.queries.figures.kept import Packer
from policy.queries.figures.kinds import Tally, tally_of
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import years_on
from policy.services.figures.locking import one_moment
from policy.services.figures.settle import Sides, rows_with_sides, settled_sources

log = structlog.get_logger(__name__)

MOST_MONTHS = 24
"""So many months that were missed are made up for at most."""


def month_of(day: date) -> date:
    return day.replace(day=1)


def last_day_of(month: date) -> date:
    return add_months(month, 1) - timedelta(days=1)


def years_of(figure: Figure, month: date) -> list[int]:
    """What is frozen with a month: the year it lies in and the one before, for which answers still come; or no year."""
    return [month.year - 1, month.year] if figure.is_yearly else [NO_YEAR]


def months_due(figure: Figure, at: datetime) -> list[date]:
    """Months that are over and not frozen, oldest first: since the last frozen one, or the last month alone."""
    last = add_months(month_of(timezone.localdate(at)), -1)
    newest = Snapshot.objects.filter(figure=figure.code).aggregate(newest=Max("month"))["newest"]
    month = last if newest is None else max(add_months(newest, 1), add_months(last, 1 - MOST_MONTHS))
    due = []
    while month <= last:
        due.append(month)
        month = add_months(month, 1)
    return due


@dataclass(frozen=True)
class Frozen:
    written: int = 0
    failed: int = 0


def freeze_due(*, at: datetime) -> Frozen:
    """Freeze every month that is over and is not frozen yet, figure by figure. Again: nothing."""
    written = failed = 0
    for figure in FIGURES.values():
        try:
            for month in months_due(figure, at):
                written += freeze(figure=figure, month=month, at=at)
        except Exception:  # whatever it was: the others are not to wait for it, and the next night tries again
            log.exception("figure_not_frozen", figure=figure.code)
            failed += 1
    return Frozen(written, failed)


def freeze(*, figure: Figure, month: date, at: datetime) -> int:
    """Freeze a month of a figure, by the rows as they count on its last day. What is frozen stays: then 0 is returned,
    however many freeze at once. Raises `NotPossibleNow` for a month that is not over.
    """
    if month_of(timezone.localdate(at)) <= month:
        raise NotPossibleNow(_("This month is not over yet."))
    with one_moment(figure):
        frozen = set(Snapshot.objects.filter(figure=figure.code, month=month).values_list("year", flat=True))
        taken = [_taken(figure, month, year) for year in years_of(figure, month) if year not in frozen]
        # Earlier years that were never told, once: the public is told nothing else of them. Without a value they wait.
        earlier = (_taken(figure, month, year) for year in _never_told(figure, month) if year not in frozen)
        taken += [each for each in earlier if each.snapshot.value is not None]
        for each in taken:
            _write(each, version=1, by=None, reason="", at=at)
        return len(taken)


def _never_told(figure: Figure, month: date) -> list[int]:
    if not (figure.is_yearly and figure.is_monthly):
        return []
    told = Snapshot.objects.filter(figure=figure.code, is_told=True, value__isnull=False)
    years = set(told.values_list("year", flat=True))
    return [year for year in years_on(last_day_of(month)) if year < month.year - 1 and year not in years]


def correct(*, snapshot: Snapshot, reason: str, by: User, at: datetime) -> Snapshot:
    """Compute a frozen month again from the rows as they are recorded now, and add it as a further version.

    `snapshot` is the version the officer saw. Nobody types a value. Raises `NotAllowed`, `DomainError` without a
    reason, `ChangedMeanwhile` where it was corrected since, `NotPossibleNow` where the rows are still the same.
    """
    if not governs(by):
        raise NotAllowed(_("Only officers who govern the figures can correct a frozen month."))
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why it is corrected."), field="reason")
    if len(reason) > LONG_TEXT:
        raise DomainError(_("At most %(most)s characters.") % {"most": LONG_TEXT}, field="reason")
    figure = FIGURES.get(snapshot.figure)
    if figure is None:
        raise NotPossibleNow(_("This figure was given up: it can no more be computed."))
    with one_moment(figure):
        same = Snapshot.objects.filter(figure=figure.code, month=snapshot.month, year=snapshot.year)
        newest = same.order_by("-version")[0]
        if newest.version != snapshot.version:
            raise ChangedMeanwhile(_("Somebody corrected this month meanwhile. Look at the newest version first."))
        taken = _taken(figure, snapshot.month, snapshot.year)
        if taken.rows_hash == newest.rows_hash and taken.snapshot.definition == newest.definition:
            raise NotPossibleNow(_("The rows behind it are the same as they were: there is nothing to correct."))
        return _write(taken, version=newest.version + 1, by=by, reason=reason, at=at)


@dataclass(frozen=True)
class Taken:
    """A month as its rows make it now, not written yet."""

    snapshot: Snapshot
    data: bytes
    rows_hash: str


def _taken(figure: Figure, month: date, year: int) -> Taken:
    """The value is made of the very rows that are kept, in one pass over them."""
    scope, packer = Scope(last_day_of(month), year), Packer()
    tallies, sides = {}, {}
    for part in figure.parts:
        tallies[part.key], sides[part.key] = _pack(part, scope, packer, figure.kind)
    data, rows_hash = packer.close()
    answers = completeness(figure, scope)
    snapshot = Snapshot(
        figure=figure.code,
        definition=figure.version,
        month=month,
        year=year,
        value=figure.value_of(tallies, scope),
        parts={key: tally.to_json() for key, tally in tallies.items()},
        answered=answers.answered,
        expected=answers.expected,
        row_count=packer.count,
        rows_hash=rows_hash,
        moved_until=figure.last_move() if figure.last_move else None,
        settled=settled_sources(figure, month, year, tallies, sides),
    )
    wanted = {part.source for part in figure.parts if part.is_monthly}
    snapshot.is_told = bool(wanted) and wanted <= set(snapshot.settled)
    return Taken(snapshot, data, rows_hash)


def _pack(part: Part, scope: Scope, packer: Packer, kind: str) -> tuple[Tally, Sides]:
    """Keeps every row, and with it who stands behind it for as long as the month is being frozen."""
    amounts, sides = array("q"), Sides(part)
    for row, behind in rows_with_sides(part, scope):
        sides.add(packer.add(row), behind, row.amount)
        amounts.append(row.amount)
    tally = tally_of(amounts)
    many = part.movers(None) if part.movers else sides.fewest()
    return Tally(tally.rows, tally.total, tally.median if kind == Kind.MEDIAN else None, many), sides


def _write(taken: Taken, *, version: int, by: User | None, reason: str, at: datetime) -> Snapshot:
    snapshot = taken.snapshot
    snapshot.version, snapshot.frozen_by, snapshot.reason, snapshot.frozen_at = version, by, reason, at
    snapshot.save(force_insert=True)
    SnapshotRows.objects.create(snapshot=snapshot, data=taken.data)
    return snapshot
