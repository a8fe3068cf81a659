"""Milestones and the start of production: the firm reports them, the holder confirms. Why production starts later."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from deals.terms import Method, Terms
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from royalties.enums.calendar import DUE_STATES, REACHED_KINDS, REACHED_STATES, DueKind, DueState, ReachedState
from royalties.models import Due, ReachedReport
from royalties.models.calendar import LONG_TEXT
from royalties.notices import calendar as notices
from royalties.services.calendar.acting import locked_due, require, require_open, words

PAY_DAYS = 30
"""So long after its confirmation a milestone is to be paid: an assumption."""


class AlreadyReported(Conflict):
    """A report of the same stands."""

    code = "already_reported"


@transaction.atomic
def report_reached(*, due: Due, reached_on: date, text: str, by: User, at: datetime) -> ReachedReport:
    """Say that it was reached, on which day and how that is seen. The same again gives the report that is there.

    Raises `NotAllowed`, `NotOpen`, `AlreadyReported`, `DomainError` naming the field.
    """
    locked = _locked(due)
    contract = locked.contract
    require(by, Permission.REPORT_SALES, contract.firm)
    text = words(text, most=LONG_TEXT, field="text", missing=_("Say how it is seen that it was reached."))
    standing = locked.reached_reports.exclude(state=ReachedState.REFUSED).first()
    if standing is not None:
        if (standing.reached_on, standing.text) == (reached_on, text):
            return standing
        raise AlreadyReported(_("This was reported before you."))
    require_open(locked)
    assert contract.signed_on
    if not contract.signed_on <= reached_on <= timezone.localdate(at):
        raise DomainError(_("Give a day between the signing of the contract and today."), field="reached_on")
    report = ReachedReport.objects.create(due=locked, reached_on=reached_on, text=text, reported_at=at, reported_by=by)
    notices.reached_reported(report, at)
    return report


@transaction.atomic
def confirm_reached(*, report: ReachedReport, text: str = "", by: User, at: datetime) -> ReachedReport:
    """A milestone is owed from now on, and due `PAY_DAYS` later; the start of production is done.

    Raises `NotAllowed`, `NotOpen`, `IllegalTransition`.
    """
    due, held = _decided(report, by)
    REACHED_STATES.check(held, ReachedState.CONFIRMED)
    require_open(due)
    text = words(text, most=LONG_TEXT, field="text")
    REACHED_STATES.move(held, ReachedState.CONFIRMED, decided_at=at, decided_by=by, decided_text=text)
    if due.kind == DueKind.START:
        DUE_STATES.move(due, DueState.DONE, done_at=at)
    else:
        due.is_owed, due.told_of = True, None
        due.due_on = timezone.localdate(at) + timedelta(days=PAY_DAYS)
        due.save(update_fields=["is_owed", "told_of", "due_on", "updated_at"])
    notices.reached_decided(held, at)
    return held


@transaction.atomic
def refuse_reached(*, report: ReachedReport, text: str, by: User, at: datetime) -> ReachedReport:
    """Not reached as reported; the firm can report it again. Raises as `confirm_reached` does, and without words."""
    _due, held = _decided(report, by)
    REACHED_STATES.check(held, ReachedState.REFUSED)
    text = words(text, most=LONG_TEXT, field="text", missing=_("Say what is missing: the firm will read it."))
    REACHED_STATES.move(held, ReachedState.REFUSED, decided_at=at, decided_by=by, decided_text=text)
    notices.reached_decided(held, at)
    return held


@transaction.atomic
def extend_start(*, due: Due, reason: str, by: User, at: datetime) -> Due:
    """The firm says why production starts later: once, the second year of the terms is added. The same again is one.

    Raises `NotAllowed`, `NotOpen`, `NotPossibleNow` where there is no second year, `DomainError` naming the field.
    """
    locked = _locked(due)
    contract = locked.contract
    require(by, Permission.REPORT_SALES, contract.firm)
    reason = words(reason, most=500, field="reason", missing=_("Say why production starts later."))
    if locked.extended_at and locked.extended_reason == reason:
        return locked
    require_open(locked)
    terms = Terms.from_json(locked.version.terms)
    assert contract.signed_on
    first, last = terms.swap_days(contract.signed_on)
    if locked.kind != DueKind.START or terms.method != Method.SWAP or locked.extended_at or first == last:
        raise NotPossibleNow(_("There is no further time to ask for."))
    if timezone.localdate(at) > last:
        raise NotPossibleNow(_("The further time is over, too."))
    locked.due_on, locked.told_of = last, None
    locked.extended_at, locked.extended_reason = at, reason
    locked.save(update_fields=["due_on", "told_of", "extended_at", "extended_reason", "updated_at"])
    notices.start_extended(locked, at)
    return locked


def _locked(due: Due) -> Due:
    locked = locked_due(due)
    if locked.kind not in REACHED_KINDS:
        raise NotPossibleNow(_("This is not something to be reached."))
    return locked


def _decided(report: ReachedReport, by: User) -> tuple[Due, ReachedReport]:
    due = locked_due(report.due)
    require(by, Permission.KEEP_ROYALTIES, due.contract.holder)
    held = ReachedReport.objects.select_for_update(of=["self"]).get(pk=report.pk)
    held.due = due
    return due, held
