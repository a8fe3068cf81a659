"""What every act of an applicant begins with: rows under their locks (call, application), who may, what was seen."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import ChangedMeanwhile, Conflict, NotAllowed, NotPossibleNow
from marketplace.core.templatetags.faces import in_kst
from programmes.enums.applications import ApplicationState
from programmes.enums.calls import CallState
from programmes.models import Application, Call


class CallClosed(NotPossibleNow):
    """The window of the call is over, or it was cancelled."""

    code = "call_closed"


class NotOpenYet(NotPossibleNow):
    code = "call_not_open_yet"


class CallChanged(Conflict):
    """A later version of the call is in force than the one the draft was written under."""

    code = "call_changed"


class PartClosed(NotPossibleNow):
    """What is changed is not what can be changed now."""

    code = "part_closed"


class TooLate(NotPossibleNow):
    code = "completion_too_late"


def locked_call(call: Call) -> Call:
    rows = Call.objects.select_for_update(of=["self"], no_key=True).select_related("office", "current")
    return rows.get(pk=call.pk)


def locked_application(application: Application) -> Application:
    """The row under its lock; of two at once the second finds what the first did."""
    rows = Application.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("call__office", "call__current", "version", "organization", "transfer").get(
        pk=application.pk
    )


def require_applicant(by: User, application: Application) -> None:
    """Raise `NotAllowed` unless `by` acts for the firm. No administrator passes by that."""
    require_real(application.call)
    if not has_permission(by, Permission.APPLY_PROGRAMMES, application.organization):
        raise NotAllowed(_("Only members of the firm who may apply can do this."))


def check_revision(application: Application, seen: int) -> None:
    """Raise `ChangedMeanwhile` unless `application` is as it was when its page was shown."""
    if application.revision != seen:
        raise ChangedMeanwhile(_("Somebody changed this application after you opened it. Look at the newest version."))


def require_real(call: Call) -> None:
    """Raise `NotAllowed` for a rehearsal: no firm acts there, not even by somebody who is an officer too."""
    if call.is_rehearsal:
        raise NotAllowed(_("This is a rehearsal: no money moves, and nobody outside is told."))


def require_window(call: Call, at: datetime) -> None:
    """Raise unless an application may be submitted at this very moment, by the clock of Korea."""
    if call.state == CallState.CANCELLED:
        raise CallClosed(_("The call was cancelled. Nothing can be submitted any more."))
    if at < call.opens_at and call.state == CallState.PUBLISHED:
        raise NotOpenYet(
            _("The call opens on %(when)s. Your draft is kept until then.") % {"when": in_kst(call.opens_at)}
        )
    if not call.accepts_at(at):
        raise CallClosed(
            _(
                "The call closed on %(when)s. A form that was opened before then is not accepted after it; "
                "nothing was submitted."
            )
            % {"when": in_kst(call.closes_at)}
        )


def require_in_time(application: Application, at: datetime) -> None:
    """Raise `TooLate` where the day by which something was to be completed is over."""
    if application.state != ApplicationState.COMPLETION or application.complete_by is None:
        return
    if timezone.localdate(at) > application.complete_by:
        raise TooLate(
            _("What was asked for could be completed until %(day)s. Ask the office.")
            % {"day": application.complete_by.isoformat()}
        )
