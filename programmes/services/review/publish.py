"""What every stage approved is to be published: checked once and begun here, then carried out by a worker.

See `publishing`.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import NotPossibleNow
from programmes.enums.review import GIVEN_OUT, SELECTION_STATES, Decision, SelectionState
from programmes.models import Selection
from programmes.outbox import publish_after_commit
from programmes.services.review.acting import require_officer
from programmes.services.review.approve import locked_selection, verified


@transaction.atomic
def publish(*, selection: Selection, by: User, at: datetime) -> Selection:
    """Begin to publish it: from now on its money is promised, and no other selection is proposed. Begun again by the
    same officer: as it is.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`. Locks: call, selection.
    """
    locked = locked_selection(selection)
    require_officer(by, locked.call, Permission.RUN_CALLS)
    if locked.state in GIVEN_OUT and locked.published_by_id == by.pk:
        return locked
    if locked.state != SelectionState.PROPOSED:
        raise NotPossibleNow(_("This selection is “%(state)s” now.") % {"state": locked.get_state_display()})
    if locked.call.closes_at > at and not locked.call.is_rehearsal:
        raise NotPossibleNow(_("The call still takes applications."))
    if locked.approvals.filter(decision=Decision.APPROVED).count() < len(locked.basis["stages"]):
        raise NotPossibleNow(_("Not every stage has approved it yet."))
    SELECTION_STATES.move(
        verified(locked), SelectionState.PUBLISHING, published_by=by, published_at=at, worked_at=at, attempts=0
    )
    publish_after_commit(locked.public_id)
    return locked


@transaction.atomic
def publish_again(*, selection: Selection, by: User, at: datetime) -> Selection:
    """What stopped goes on, once what was in the way is away. Raises `NotAllowed`, `NotPossibleNow`."""
    locked = locked_selection(selection)
    require_officer(by, locked.call, Permission.RUN_CALLS)
    if locked.state != SelectionState.PUBLISHING or not locked.stopped:
        raise NotPossibleNow(_("It has not stopped. Reload the page to see how far it is."))
    locked.stopped, locked.stopped_params, locked.attempts, locked.worked_at = "", {}, 0, at
    locked.save(update_fields=["stopped", "stopped_params", "attempts", "worked_at", "updated_at"])
    publish_after_commit(locked.public_id)
    return locked
