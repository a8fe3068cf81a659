"""What every act of the office begins with: who may, and rows under locks, in the order call, firm, application."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.relations import circle_of
from accounts.roles import Permission, require_known
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy
from programmes.enums.calls import CallState
from programmes.enums.review import StepKind
from programmes.models import Application, Call, ReviewStep
from programmes.queries.ties import tie_in, tie_with
from programmes.scheme import Scheme

GOING = (CallState.PUBLISHED, CallState.DECIDED)


class FirmsChanged(ChangedMeanwhile):
    """A firm was merged, or became related to another one, between looking and locking. Done again, it is done."""


def locked_call(call: Call) -> Call:
    """The call under its lock, with its office and its version."""
    rows = Call.objects.select_for_update(of=["self"], no_key=True).select_related("office", "current")
    return rows.get(pk=call.pk)


def lock_firms(applications: QuerySet[Application], *, relatives: bool = False) -> None:
    """Lock the applicants before their applications, by key. What moves money locks firms, and a merge locks firms
    first and then what goes over: in the other order the two would wait for each other. With their `relatives` where
    an award is going to be counted against what they have: asked for later, they would come out of order.

    Called before anything is written. Raises `FirmsChanged` where, while it waited, a firm became another one or got a
    relative: that one is not locked, and would come out of order. Done again, it is locked with the others.
    """
    wanted = _firms_of(applications, relatives)
    firms = Organization.objects.filter(pk__in=wanted)
    list(firms.order_by("pk").select_for_update(of=["self"], no_key=True).values_list("pk"))
    if not _firms_of(applications, relatives) <= wanted:
        raise FirmsChanged(_("Somebody else is changing this just now. Try again in a moment."))


def _firms_of(applications: QuerySet[Application], relatives: bool) -> set[int]:
    applicants = set(applications.order_by().values_list("organization", flat=True))
    return circle_of(applicants) if relatives else applicants


def locked_application(application: Application) -> Application:
    rows = Application.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("call__office", "version", "organization", "transfer").get(pk=application.pk)


def require_officer(by: User, call: Call, permission: Permission = Permission.REVIEW_APPLICATIONS) -> None:
    """Raise `NotAllowed` unless `by` may do this in the office whose call it is. No administrator passes by that."""
    require_known(by, permission, call.office)


def require_officer_apart(by: User, application: Application) -> None:
    """An officer of the call's office with no tie to the applicant, else `NotAllowed` says which."""
    require_officer(by, application.call)
    if why := tie_with(by, application.organization):
        raise NotAllowed(_("Another officer has to do this: %(why)s") % {"why": why})


def require_officer_of_all(by: User, call: Call) -> None:
    """Who says who scores and who is selected: may run the calls of the office, and has no tie to any applicant of
    this one. Raises `NotAllowed`."""
    require_officer(by, call, Permission.RUN_CALLS)
    if why := tie_in(call, by):
        raise NotAllowed(_("Another officer has to do this: %(why)s") % {"why": why})


def require_going(call: Call) -> None:
    if call.state not in GOING:
        raise NotPossibleNow(_("The call is “%(state)s”: nothing is decided about it now.") % _state(call))


def require_state(application: Application, *states: str) -> None:
    """Raise `NotPossibleNow` with who did what last, unless the application is in one of `states`."""
    if application.state in states:
        return
    last = application.steps.select_related("by").order_by("-at", "-pk").first()
    if last is not None and last.by is not None:
        words = _("This is “%(state)s” now. The last step was “%(step)s”, by %(name)s. Reload the page.")
        raise NotPossibleNow(words % (_state(application) | {"step": last.get_kind_display(), "name": str(last.by)}))
    raise NotPossibleNow(_("This is “%(state)s” now. Reload the page to see what is possible.") % _state(application))


def text_of(given: str, *, most: int, field: str, missing: object) -> str:
    """`given` as it is stored. Raises `DomainError` where it is empty (`missing` says what to do) or too long."""
    text = tidy(given)
    if not text:
        raise DomainError(missing, field=field)
    if len(text) > most:
        raise DomainError(_("At most %(most)d characters.") % {"most": most}, field=field)
    return text


def scheme_of(call: Call) -> Scheme:
    """What the call says now. Raises `NotPossibleNow` where it was never published."""
    if call.current is None:
        raise NotPossibleNow(_("The call is not published."))
    return Scheme.from_json(call.current.content)


def write_step(
    application: Application, kind: StepKind, *, by: User | None, at: datetime, text: str = "", **data: Any
) -> ReviewStep:
    return ReviewStep.objects.create(application=application, kind=kind, text=text, data=data, by=by, at=at)


def _state(row: Call | Application) -> dict[str, str]:
    return {"state": row.get_state_display()}
