"""An officer refuses an application with reasons, and another one decides what the applicant objects to it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.office import StepKind
from brokers.enums.registration import APPLICATION_STATES, ApplicationState
from brokers.models import Application
from brokers.models.registration import LONG_TEXT
from brokers.notices import office as notices
from brokers.services.asking import text_of
from brokers.services.office.acting import (
    require_not_checker,
    require_officer_apart,
    require_state,
)
from brokers.services.office.check_documents import note_of
from brokers.services.steps import locked_application, write_step
from marketplace.core.errors import NotAllowed, NotPossibleNow

A = ApplicationState
REFUSABLE = (A.DOC_CHECK, A.COMPLETION, A.ADVICE, A.COMMITTEE, A.TRAINING)


@transaction.atomic
def refuse(*, application: Application, text: str, note: str = "", by: User, at: datetime) -> Application:
    """Refuse with the reason that the applicant reads and may object to. While completion is asked, after its day only.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, *REFUSABLE)
    due_on = locked.completion_due_on
    if due_on and locked.completion_is_open_on(timezone.localdate(at)):
        day = date_format(due_on, "SHORT_DATE_FORMAT")
        raise NotPossibleNow(_("The applicant has time to complete it until %(day)s.") % {"day": day})
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say why: the applicant reads it and may object."))
    note = note_of(note)
    APPLICATION_STATES.move(locked, A.REFUSED, decided_at=at, decided_by=by, decision_text=text, completion_due_on=None)
    notices.refused(locked, write_step(locked, StepKind.REFUSED, by=by, at=at, text=text, note=note))
    return locked


@transaction.atomic
def decide_objection(
    *, application: Application, uphold: bool, text: str, note: str = "", by: User, at: datetime
) -> Application:
    """Uphold, and the check begins anew; or reject, which ends it. Never by who refused or checked.

    All earlier steps stay. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, A.OBJECTED)
    if locked.decided_by_id == by.pk:
        raise NotAllowed(_("You refused this application: another officer has to decide on the objection."))
    require_not_checker(by, locked)
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say why: the applicant reads it."))
    kind = StepKind.UPHELD if uphold else StepKind.REJECTED
    # The step first: the database asks for it when the state moves.
    step = write_step(locked, kind, by=by, at=at, text=text, note=note_of(note))
    if uphold:
        APPLICATION_STATES.move(locked, A.DOC_CHECK, decided_at=None, decided_by=None, decision_text="")
    else:
        APPLICATION_STATES.move(locked, A.REJECTED, decided_at=at, decided_by=by, decision_text=text)
    notices.objection_decided(locked, step)
    return locked
