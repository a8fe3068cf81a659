"""An applicant takes an application back, or objects to its refusal."""

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
from brokers.notices import registration as notices
from brokers.queries.registration import objection_until
from brokers.services.asking import text_of
from brokers.services.registration.asking import check_revision, require_applicant
from brokers.services.registration.documents import drop
from brokers.services.steps import locked_application, write_step
from marketplace.core.errors import NotPossibleNow


class TooLate(NotPossibleNow):
    code = "objection_too_late"


@transaction.atomic
def withdraw_application(*, application: Application, revision: int, by: User, at: datetime) -> Application:
    """Take it back for good. What was never handed in leaves nothing behind but that it was begun.

    Raises `NotAllowed`, `ChangedMeanwhile`, `IllegalTransition` once it is decided.
    """
    locked = locked_application(application)
    require_applicant(by, locked)
    APPLICATION_STATES.check(locked, ApplicationState.WITHDRAWN)
    check_revision(locked, revision)
    was_draft = locked.state == ApplicationState.DRAFT
    if was_draft:
        for document in locked.documents.all():
            drop(document)
        locked.career.all().delete()
        locked.training.all().delete()
    APPLICATION_STATES.move(locked, ApplicationState.WITHDRAWN, revision=locked.revision + 1)
    if not was_draft:
        write_step(locked, StepKind.WITHDRAWN, by=by, at=at)
        notices.withdrawn(locked, at)
    return locked


@transaction.atomic
def object_to_refusal(*, application: Application, text: str, by: User, at: datetime) -> Application:
    """Raises `NotAllowed`, `IllegalTransition`, `TooLate`, `DomainError` for the text."""
    locked = locked_application(application)
    require_applicant(by, locked)
    APPLICATION_STATES.check(locked, ApplicationState.OBJECTED)
    until = objection_until(locked)
    if until is None or timezone.localdate(at) > until:
        day = date_format(until, "SHORT_DATE_FORMAT") if until else "–"
        raise TooLate(_("An objection was possible until %(day)s. You may apply again.") % {"day": day})
    reason = text_of(text, most=LONG_TEXT, field="text", missing=_("Say why the refusal is wrong."))
    APPLICATION_STATES.move(
        locked, ApplicationState.OBJECTED, objection_text=reason, objected_at=at, revision=locked.revision + 1
    )
    write_step(locked, StepKind.OBJECTED, by=by, at=at, text=reason)
    notices.objected(locked, at)
    return locked
