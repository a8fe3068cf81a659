"""A call is cancelled, with a reason, or closed once all is decided and done."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import NotPossibleNow
from programmes.enums.applications import RUNNING
from programmes.enums.calls import CALL_STATES, CallState
from programmes.models import Call
from programmes.services.calls.asking import locked_call, reason_of, require_officer


@transaction.atomic
def cancel(*, call: Call, reason: str, by: User, at: datetime) -> Call:
    """Throw a draft away, or take a published call back. Everybody who could see it reads the reason.

    Not while applications that were submitted wait: they are decided, or withdrawn, first. Raises `NotAllowed`,
    `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_call(call.pk)
    require_officer(by, locked.office)
    if locked.state not in {CallState.DRAFT, CallState.PUBLISHED}:
        raise NotPossibleNow(_("This call is “%(state)s” already.") % {"state": locked.get_state_display()})
    reason = reason_of(reason)
    waiting = locked.applications.filter(state__in=RUNNING).exclude(submitted_at=None).count()
    if waiting:
        raise NotPossibleNow(
            _("%(count)d applications wait for a decision. Decide on them before cancelling the call.")
            % {"count": waiting}
        )
    CALL_STATES.move(locked, CallState.CANCELLED, ended_at=at, ended_by=by, end_reason=reason)
    return locked


@transaction.atomic
def close(*, call: Call, by: User, at: datetime) -> Call:
    """Nothing more comes of a call that was decided. Raises `NotAllowed` and `NotPossibleNow`."""
    locked = locked_call(call.pk)
    require_officer(by, locked.office)
    if locked.state != CallState.DECIDED:
        raise NotPossibleNow(
            _("Only a decided call is closed; this one is “%(state)s”.") % {"state": locked.get_state_display()}
        )
    if locked.selections.under_way().exists():
        raise NotPossibleNow(_("A selection of this call is proposed or being published. It is ended first."))
    CALL_STATES.move(locked, CallState.CLOSED, ended_at=at, ended_by=by)
    return locked
