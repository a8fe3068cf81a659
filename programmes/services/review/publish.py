"""What every stage approved is published at once: everybody gets what the list says, or nobody gets anything."""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CALL_STATES, CallState
from programmes.enums.review import SELECTION_STATES, Decision, SelectionState, StepKind
from programmes.events import application_selected
from programmes.models import Application, ReviewStep, Selection, SelectionLine
from programmes.notices import review as notices
from programmes.services.review.acting import require_officer
from programmes.services.review.agreements import offer_locked
from programmes.services.review.approve import locked_selection, verified

S = ApplicationState
STEPS = {
    S.SELECTED: StepKind.SELECTED, S.RESERVE: StepKind.RESERVE, S.NOT_SELECTED: StepKind.NOT_SELECTED,
}  # fmt: skip
BATCH = 1_000


@transaction.atomic
def publish(*, selection: Selection, by: User, at: datetime) -> Selection:
    """Publish it: outcomes, money (`application_selected`), agreements to sign, messages – all or nothing.

    Who withdrew, or was found not eligible, since it was proposed keeps that state; the reserve list takes the money
    up later. A receiver that finds no money raises `Conflict`, and nothing is published.
    Locks: call, selection, applications by primary key.
    """
    locked = locked_selection(selection)
    require_officer(by, locked.call, Permission.RUN_CALLS)
    if locked.state != SelectionState.PROPOSED:
        raise NotPossibleNow(_("This selection is “%(state)s” now.") % {"state": locked.get_state_display()})
    if locked.approvals.filter(decision=Decision.APPROVED).count() < len(locked.basis["stages"]):
        raise NotPossibleNow(_("Not every stage has approved it yet."))
    verified(locked)
    lines = {line.application_id: line for line in locked.lines.order_by("rank")}
    rows = Application.objects.select_for_update(of=["self"], no_key=True).filter(pk__in=lines)
    found = {each.pk: each for each in rows.select_related("organization").order_by("pk") if each.state == S.ELIGIBLE}

    SELECTION_STATES.move(locked, SelectionState.PUBLISHED, published_by=by, published_at=at)
    by_outcome: dict[str, list[Application]] = defaultdict(list)
    for key, line in lines.items():
        if key in found:
            by_outcome[line.outcome].append(_decided(found[key], line, by, at))
    Application.objects.bulk_update(
        list(found.values()),
        ["state", "reason", "government_won", "own_won", "decided_by", "decided_at", "revision", "updated_at"],
        batch_size=BATCH,
    )
    ReviewStep.objects.bulk_create(
        [
            ReviewStep(application=each, kind=STEPS[S(outcome)], text=each.reason, by=by, at=at)
            for outcome, group in by_outcome.items()
            for each in group
        ],
        batch_size=BATCH,
    )
    for each in by_outcome[S.SELECTED]:
        each.call = locked.call
        if not locked.call.is_rehearsal:
            application_selected.send(
                sender=Application, application=each, government_won=each.government_won, by=by, at=at
            )
        offer_locked(each, by=by, at=at)
    if locked.call.state == CallState.PUBLISHED:
        CALL_STATES.move(locked.call, CallState.DECIDED)
    notices.decided(locked, [each for group in by_outcome.values() for each in group])
    return locked


def _decided(application: Application, line: SelectionLine, by: User, at: datetime) -> Application:
    """As it is from now on, in memory: thousands are then written together."""
    application.state, application.reason = line.outcome, line.reason
    application.government_won, application.own_won = line.government_won or None, line.own_won
    application.decided_by, application.decided_at = by, at
    application.revision, application.updated_at = application.revision + 1, at
    return application
