"""A call is cancelled, with a reason, or closed once all is decided and done."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.days import last_day
from marketplace.core.errors import NotPossibleNow
from programmes.enums.applications import APPLICATION_STATES, RUNNING, ApplicationState
from programmes.enums.calls import CALL_STATES, CallState
from programmes.enums.review import StepKind
from programmes.models import Call, Objection
from programmes.notices import applications as told
from programmes.notices import review as notices
from programmes.queries.ranking import LIST_ENDED
from programmes.scheme import Scheme
from programmes.services.calls.asking import locked_call, reason_of, require_officer
from programmes.services.review.acting import lock_firms, write_step

S = ApplicationState
WAITING = tuple(state for state in RUNNING if state not in {S.RESERVE, S.AGREED})


@transaction.atomic
def cancel(*, call: Call, reason: str, by: User, at: datetime) -> Call:
    """Throw a draft away, or take a published call back. Everybody who could see it reads the reason.

    Not while applications that were submitted wait: they are decided, or withdrawn, first; nor while a firm that was
    refused may object, or waits for an answer, since nobody could put it right afterwards. Who is writing a draft is
    told. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
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
    if _open_objections(locked):
        raise NotPossibleNow(_("Objections of this call still wait. Answer them before cancelling the call."))
    until = None if locked.is_rehearsal else _last_day_to_object(locked)  # no firm objects in a rehearsal
    if until is not None and until >= timezone.localdate(at):
        words = _("Firms may object until %(day)s. Cancel the call after that day.")
        raise NotPossibleNow(words % {"day": date_format(until, "SHORT_DATE_FORMAT")})
    CALL_STATES.move(locked, CallState.CANCELLED, ended_at=at, ended_by=by, end_reason=reason)
    drafts = locked.applications.filter(state=S.DRAFT).select_related("call", "organization").order_by("pk")
    told.call_cancelled(drafts, at)
    return locked


@transaction.atomic
def close(*, call: Call, by: User, at: datetime) -> Call:
    """Nothing more comes of a call that was decided: nobody waits for a decision, a signature or an answer, and no firm
    may object any more. Who is left on the reserve list is told that it has ended.

    Raises `NotAllowed`, `NotPossibleNow` and `FirmsChanged`. Locks: call, firms and applications of the reserve list.
    """
    locked = locked_call(call.pk)
    require_officer(by, locked.office)
    if locked.state != CallState.DECIDED:
        raise NotPossibleNow(
            _("Only a decided call is closed; this one is “%(state)s”.") % {"state": locked.get_state_display()}
        )
    if locked.selections.under_way().exists():
        raise NotPossibleNow(_("A selection of this call is proposed or being published. It is ended first."))
    _require_done(locked, timezone.localdate(at))
    _end_reserves(locked, by, at)
    CALL_STATES.move(locked, CallState.CLOSED, ended_at=at, ended_by=by)
    return locked


def _require_done(call: Call, today: date) -> None:
    """Raise `NotPossibleNow` while somebody waits, whom a closed call would leave waiting for ever."""
    waiting = call.applications.filter(state__in=WAITING).exists()
    if waiting or _open_objections(call):
        raise NotPossibleNow(
            _("Applications, agreements or objections of this call still wait. Decide on them before closing the call.")
        )
    until = _last_day_to_object(call)
    if until is not None and until >= today:
        words = _("Firms may object until %(day)s. Close the call after that day.")
        raise NotPossibleNow(words % {"day": date_format(until, "SHORT_DATE_FORMAT")})


def _open_objections(call: Call) -> bool:
    return Objection.objects.open().filter(application__call=call).exists()


def _last_day_to_object(call: Call) -> date | None:
    """In Korea, of all firms that were refused, and of those on the reserve list: whoever is on it is refused by
    closing, as of the day it was put there. None without any."""
    refused = call.applications.filter(state__in=(S.RESERVE, S.INELIGIBLE, S.NOT_SELECTED), decided_at__isnull=False)
    newest = refused.order_by().values("version").annotate(last=Max("decided_at")).values_list("version", "last")
    found = []
    for version, last in newest:
        days = Scheme.from_json(call.versions.get(pk=version).content).days.objection
        found.append(last_day(timezone.localdate(last), days=days))
    return max(found, default=None)


def _end_reserves(call: Call, by: User, at: datetime) -> None:
    """Their day of decision stays, so that closing opens no days to object, which nobody could answer any more."""
    waiting = call.applications.filter(state=S.RESERVE)
    lock_firms(waiting)
    ended = list(waiting.select_related("organization").order_by("pk").select_for_update(of=["self"], no_key=True))
    for each in ended:
        each.call = call
        APPLICATION_STATES.move(each, S.NOT_SELECTED, reason=LIST_ENDED, revision=each.revision + 1)
        write_step(each, StepKind.NOT_SELECTED, by=by, at=at, text=LIST_ENDED)
    notices.reserves_ended(ended, at)
