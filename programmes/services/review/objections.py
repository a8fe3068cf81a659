"""A firm objects to a refusal within the call's clock; an officer who took no part in the refusal answers."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_known
from marketplace.core.days import last_day
from marketplace.core.errors import NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from programmes.enums.review import OBJECTION_STATES, ObjectionState, StepKind
from programmes.models import Application, Objection, Selection
from programmes.models.applications import LONG_TEXT
from programmes.notices import review as notices
from programmes.queries.ranking import promised_won
from programmes.scheme import Scheme
from programmes.services.applications.acting import require_real
from programmes.services.review.acting import (
    lock_firms,
    locked_application,
    locked_call,
    require_officer_apart,
    text_of,
    write_step,
)
from programmes.services.review.check import unchecked_contract
from programmes.services.review.reserves import Granted, grant

S = ApplicationState


@transaction.atomic
def raise_objection(
    *, application: Application, text: str, key: UUID | None = None, by: User, at: datetime
) -> Objection:
    """A manager of the firm objects, once for each refusal. The same `key` with the same text twice is once."""
    locked = locked_application(application)
    require_real(locked.call)
    require_known(by, Permission.SIGN_AGREEMENTS, locked.organization)
    said = text_of(text, most=LONG_TEXT, field="text", missing=_("Say what is wrong with the decision."))
    if key is not None and (earlier := locked.objections.filter(idempotency_key=key).first()):
        if earlier.text != said:
            raise KeyReused(_("This key was used for another objection."))
        return earlier
    until = locked.object_by
    if until is None or locked.decided_by is None or locked.decided_at is None:
        raise NotPossibleNow(_("There is no refusal to object to."))
    today = timezone.localdate(at)
    if today > until:
        raise NotPossibleNow(_("The days to object are over."))
    if any(each.state != ObjectionState.WITHDRAWN for each in locked.objections_now):
        raise NotPossibleNow(_("There is an objection to this decision already."))
    scheme = Scheme.from_json(locked.version.content)
    made = Objection.objects.create(
        application=locked, against=locked.state, text=said, raised_by=by, raised_at=at,
        refused_by=locked.decided_by, refused_at=locked.decided_at,
        answer_due_on=last_day(today, days=scheme.days.objection_answer), idempotency_key=key,
    )  # fmt: skip
    write_step(locked, StepKind.OBJECTED, by=by, at=at, text=said)
    notices.objected(made)
    return made


@transaction.atomic
def withdraw_objection(*, objection: Objection, by: User, at: datetime) -> Objection:
    locked = _locked(objection)
    require_known(by, Permission.SIGN_AGREEMENTS, locked.application.organization)
    OBJECTION_STATES.move(locked, ObjectionState.WITHDRAWN)
    write_step(locked.application, StepKind.OBJECTION_WITHDRAWN, by=by, at=at)
    return locked


def require_may_answer(objection: Objection, by: User) -> None:
    """Raise `NotAllowed` with the reason unless `by` is an officer who took no part in what is objected to."""
    application = objection.application
    require_officer_apart(by, application)
    words = _("You took part in the decision: another officer has to answer.")
    if by.pk == objection.refused_by_id:
        raise NotAllowed(words)
    if objection.against != S.NOT_SELECTED:
        return
    made = Selection.objects.given_out().filter(lines__application=application)
    took_part = made.filter(proposed_by=by) | made.filter(published_by=by) | made.filter(approvals__by=by)
    if took_part.exists() or application.scores.filter(panelist__user=by).exists():
        raise NotAllowed(words)


@transaction.atomic
def answer_objection(*, objection: Objection, uphold: bool, answer: str, by: User, at: datetime) -> Objection:
    """Uphold it or not, with reasons. Upheld: eligible again; or selected when the money is there, else reserve.

    Locks: call, firm, application, objection.
    """
    locked = _locked(objection)
    application = locked.application
    require_may_answer(locked, by)
    said = text_of(answer, most=LONG_TEXT, field="answer", missing=_("Give the reasons: the firm reads them."))
    if locked.state != ObjectionState.OPEN:
        raise NotPossibleNow(_("This objection is “%(state)s” now.") % {"state": locked.get_state_display()})
    to = ObjectionState.UPHELD if uphold else ObjectionState.DISMISSED
    OBJECTION_STATES.move(locked, to, answer=said, decided_by=by, decided_at=at)
    write_step(application, StepKind.UPHELD if uphold else StepKind.DISMISSED, by=by, at=at, text=said)
    if uphold:
        _put_right(application, by, at)
    notices.answered(locked)
    return locked


def _put_right(application: Application, by: User, at: datetime) -> None:
    """It gets what it should have had."""
    if application.state == S.INELIGIBLE:
        if why := unchecked_contract(application):
            raise NotPossibleNow(why)
        APPLICATION_STATES.move(
            application, S.ELIGIBLE, decided_at=at, decided_by=by, reason="", revision=application.revision + 1
        )
        return
    left = application.call.budget_won - promised_won(application.call)
    fits = application.government_won is not None and application.government_won <= left
    if fits and grant(application, by=by, at=at) is Granted.YES:
        return
    APPLICATION_STATES.move(
        application, S.RESERVE, decided_at=at, decided_by=by, reason="", revision=application.revision + 1
    )


def _locked(objection: Objection) -> Objection:
    application = Application.objects.select_related("call").get(pk=objection.application_id)
    call = locked_call(application.call)
    lock_firms(Application.objects.filter(pk=application.pk), relatives=True)
    application = locked_application(application)
    application.call = call
    found = Objection.objects.select_for_update(of=["self"]).get(pk=objection.pk)
    found.application = application
    return found
