"""A selection is published batch by batch: outcomes, money, agreements to sign, messages.

A batch is one transaction over the next applications of the ranking whose outcome is not written yet: whoever was
killed before its end has done nothing, whoever does it again finds nothing left to do. Workers that meet pass one by
one by the locks of call and selection. One that is killed gives no sign of life, and a sweep wakes another.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from marketplace.core.errors import Conflict
from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CALL_STATES, CallState
from programmes.enums.review import SELECTION_STATES, SelectionState, StepKind
from programmes.events import application_selected
from programmes.models import Application, ReviewStep, Selection, SelectionLine
from programmes.notices import review as notices
from programmes.outbox import publish_after_commit, take_up_after_commit
from programmes.queries.review import lines_left
from programmes.registry import MoneyRefused
from programmes.services.review.acting import FirmsChanged, lock_firms
from programmes.services.review.agreements import offer_locked
from programmes.services.review.approve import locked_selection

log = structlog.get_logger(__name__)
S = ApplicationState
STEPS = {
    S.SELECTED: StepKind.SELECTED, S.RESERVE: StepKind.RESERVE, S.NOT_SELECTED: StepKind.NOT_SELECTED,
}  # fmt: skip
BATCH = 50
"""Applications in one transaction, about a second under the lock of the call."""

QUIET = timedelta(minutes=2)
"""No sign of life for so long: the worker is lost."""

MOST_ATTEMPTS = 5


class GaveUp(MoneyRefused):
    """No worker came to the end of a batch."""

    code = "gave_up"
    words = gettext_noop("It was tried several times and did not go on. Tell whoever runs the platform.")


class Unexpected(MoneyRefused):
    """A rule that nobody expected here said no."""

    code = "unexpected"
    words = gettext_noop("A rule said no that nobody expected here (%(code)s). Tell whoever runs the platform.")


class Stopped(Exception):
    """Something is in the way of one application. Nothing of its batch is written."""

    def __init__(self, why: MoneyRefused, application: Application) -> None:
        super().__init__(f"{application.number}: {why}")
        self.why, self.application = why, application


def go_on(*, selection_id: UUID, clock: Callable[[], datetime] = timezone.now) -> int:
    """For workers: batch after batch until none is left or something is in the way. How many were told."""
    told = 0
    while True:
        try:
            done = publish_batch(selection_id=selection_id, at=clock())
        except Stopped as stopped:
            if isinstance(stopped.why, Unexpected):
                number = stopped.application.number
                log.exception("publishing_stopped", selection=str(selection_id), application=number)
            _stop(selection_id, stopped, clock())
            return told
        except (DatabaseError, FirmsChanged):
            # A lock that others hold, a merge meanwhile, a database that went away: the sweep tries again, and counts.
            log.exception("publishing_failed", selection=str(selection_id))
            return told
        if done is None:
            return told
        told += done


@transaction.atomic
def publish_batch(*, selection_id: UUID, at: datetime) -> int | None:
    """Tell the next applications of the ranking; how many. None where there is nothing to do (any more).

    Who withdrew, or was found not eligible, since it was proposed keeps that state; the reserve list takes the money
    up later. Raises `Stopped` where an app above refuses the money, `FirmsChanged` as `lock_firms` does. Locks: call,
    selection, firms and applications by key.
    """
    found = Selection.objects.select_related("call").filter(public_id=selection_id).first()
    if found is None or found.state != SelectionState.PUBLISHING:
        return None
    locked = locked_selection(found)
    if locked.state != SelectionState.PUBLISHING or locked.stopped:
        return None
    lines = {line.application_id: line for line in lines_left(locked).order_by("rank")[:BATCH]}
    lock_firms(Application.objects.filter(pk__in=lines), relatives=True)
    rows = Application.objects.select_for_update(of=["self"], no_key=True).filter(pk__in=lines)
    held = rows.select_related("call__office", "version", "organization", "transfer").order_by("pk")
    batch = sorted((each for each in held if each.state == S.ELIGIBLE), key=lambda each: lines[each.pk].rank)
    for each in batch:
        each.call = locked.call
    _write(locked, batch, lines, at)
    if not lines:
        _finish(locked, at)
        return None
    locked.worked_at, locked.attempts = at, 0
    locked.save(update_fields=["worked_at", "attempts", "updated_at"])
    return len(batch)


def _write(selection: Selection, batch: list[Application], lines: dict[int, SelectionLine], at: datetime) -> None:
    by = selection.published_by
    for each in batch:
        line = lines[each.pk]
        each.state, each.reason = line.outcome, line.reason
        each.government_won, each.own_won = line.government_won or None, line.own_won
        each.decided_by, each.decided_at = by, at
        each.revision, each.updated_at = each.revision + 1, at
    Application.objects.bulk_update(
        batch, ["state", "reason", "government_won", "own_won", "decided_by", "decided_at", "revision", "updated_at"]
    )
    ReviewStep.objects.bulk_create(
        [
            ReviewStep(application=each, kind=STEPS[S(each.state)], text=each.reason, by=by, at=at)
            for each in batch
        ]
    )  # fmt: skip
    for each in batch:
        if each.state == S.SELECTED:
            _grant(selection, each, at)
    notices.decided(selection, batch, at)


def _grant(selection: Selection, application: Application, at: datetime) -> None:
    by = selection.published_by
    try:
        if not selection.call.is_rehearsal:
            application_selected.send(
                sender=Application, application=application, government_won=application.government_won, by=by, at=at
            )
    except MoneyRefused as refused:
        raise Stopped(refused, application) from refused
    except Conflict as refused:
        raise Stopped(Unexpected(code=refused.code), application) from refused
    offer_locked(application, by=by, at=at)


def _finish(selection: Selection, at: datetime) -> None:
    SELECTION_STATES.move(selection, SelectionState.PUBLISHED, worked_at=None, attempts=0)
    if selection.call.state == CallState.PUBLISHED:
        CALL_STATES.move(selection.call, CallState.DECIDED)
    # What became free meanwhile waited for the end.
    take_up_after_commit(selection.call_id)


@transaction.atomic
def _stop(selection_id: UUID, stopped: Stopped, at: datetime) -> None:
    locked = locked_selection(Selection.objects.select_related("call").get(public_id=selection_id))
    if locked.state != SelectionState.PUBLISHING or locked.stopped:
        return
    locked.stopped, locked.worked_at = stopped.why.code, None
    locked.stopped_params = stopped.why.params | {"application": stopped.application.number}
    locked.save(update_fields=["stopped", "stopped_params", "worked_at", "updated_at"])
    notices.stopped(locked, at)


def resume_due(*, at: datetime) -> int:
    """Wake a worker for each selection that nobody publishes: how many. One that was tried often enough stops."""
    due = Selection.objects.filter(state=SelectionState.PUBLISHING, stopped="", worked_at__lt=at - QUIET)
    return sum(_resume(key, at) for key in due.order_by("pk").values_list("public_id", flat=True))


@transaction.atomic
def _resume(selection_id: UUID, at: datetime) -> int:
    rows = Selection.objects.select_for_update(of=["self"], skip_locked=True)
    found = rows.filter(
        public_id=selection_id, state=SelectionState.PUBLISHING, stopped="", worked_at__lt=at - QUIET
    ).first()
    if found is None:
        return 0
    if found.attempts >= MOST_ATTEMPTS:
        found.stopped, found.worked_at = GaveUp.code, None
        found.save(update_fields=["stopped", "worked_at", "updated_at"])
        notices.stopped(found, at)
        return 0
    found.attempts, found.worked_at = found.attempts + 1, at
    found.save(update_fields=["attempts", "worked_at", "updated_at"])
    publish_after_commit(found.public_id)
    return 1
