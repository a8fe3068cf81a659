"""An officer takes an application up, checks its documents, asks for what is missing, and passes it on."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.office import COMPLETION_DAYS, MOST_COMPLETION_DAYS, PARTS, REMIND_DAYS, StepKind
from brokers.enums.registration import APPLICATION_STATES, ApplicationState
from brokers.models import Application
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.notices import office as notices
from brokers.queries.office import taken_up_by
from brokers.services.asking import text_of
from brokers.services.office.acting import require_officer_apart, require_state
from brokers.services.steps import locked_application, write_step
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy

WHOSE_LENGTH = 200


@transaction.atomic
def take_up(*, application: Application, by: User, at: datetime) -> Application:
    """Say that one checks it: an application that was handed in, or one whose objection was upheld.

    Raises `NotAllowed`, and `NotPossibleNow` naming who was first.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.APPLIED, ApplicationState.DOC_CHECK)
    if locked.state == ApplicationState.DOC_CHECK and (other := taken_up_by(locked)):
        raise NotPossibleNow(_("%(name)s has taken this up already.") % {"name": other})
    if locked.state == ApplicationState.APPLIED:
        APPLICATION_STATES.move(locked, ApplicationState.DOC_CHECK)
    write_step(locked, StepKind.TAKEN_UP, by=by, at=at)
    return locked


def due_by_default(at: datetime) -> date:
    """The day by which a completion is due unless the officer names another."""
    return timezone.localdate(at) + timedelta(days=COMPLETION_DAYS)


@transaction.atomic
def ask_completion(
    *, application: Application, parts: Mapping[str, str], text: str = "", due_on: date | None = None, note: str = "",
    by: User, at: datetime,
) -> Application:  # fmt: skip
    """Give it back to the applicant, who is told part by part what is missing. Without `due_on` 14 days from now.

    `parts` maps keys of `PARTS` to sentences; empty ones do not count. `text` is about all of it. Raises `NotAllowed`,
    `NotPossibleNow`, and `DomainError` naming the field: `parts.<key>`, `parts` or `due_on`.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.DOC_CHECK)
    asked = _asked(locked, parts)
    today, due_on = timezone.localdate(at), due_on or due_by_default(at)
    if not today < due_on <= today + timedelta(days=MOST_COMPLETION_DAYS):
        raise DomainError(
            _("Choose a day after today, at most %(most)d days from now.") % {"most": MOST_COMPLETION_DAYS},
            field="due_on",
        )
    text, note = note_of(text, field="text"), note_of(note)
    APPLICATION_STATES.move(
        locked, ApplicationState.COMPLETION, completion_due_on=due_on, completion_parts=asked, completion_text=text
    )
    data = {"parts": asked, "due_on": due_on.isoformat()}
    step = write_step(locked, StepKind.COMPLETION_ASKED, by=by, at=at, text=text, note=note, data=data)
    notices.completion_asked(locked, step)
    return locked


def _asked(application: Application, parts: Mapping[str, str]) -> dict[str, str]:
    known = PARTS[application.kind]
    for key, text in parts.items():
        if key not in known:
            raise DomainError(_("An application of this kind has no such part."), field="parts")
        if len(tidy(text)) > SHORT_TEXT:
            raise DomainError(_("At most %(most)d characters.") % {"most": SHORT_TEXT}, field=f"parts.{key}")
    asked = {str(key): tidy(parts[key]) for key in known if tidy(parts.get(key, ""))}
    if not asked:
        raise DomainError(_("Say of at least one part what is missing."), field="parts")
    return asked


def note_of(note: str, *, field: str = "note") -> str:
    """A text that need not be there, as it is stored. Raises `DomainError` where it is too long."""
    text = tidy(note)
    if len(text) > LONG_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": LONG_TEXT}, field=field)
    return text


@transaction.atomic
def pass_to_advice(
    *, application: Application, whose: str = "", text: str, note: str = "", by: User, at: datetime
) -> Application:
    """The documents are complete. `whose` advice is asked for; nobody's where it is empty, and `text` says why.

    The decree lets the office consult and does not make it. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError`
    naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.DOC_CHECK)
    whose = tidy(whose)
    if len(whose) > WHOSE_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": WHOSE_LENGTH}, field="whose")
    missing = _("Say what is asked.") if whose else _("Say why nobody is consulted.")
    text, note = text_of(text, most=LONG_TEXT, field="text", missing=missing), note_of(note)
    APPLICATION_STATES.move(locked, ApplicationState.ADVICE)
    write_step(locked, StepKind.PASSED, by=by, at=at, text=text, note=note, data={"whose": whose})
    return locked


def remind_of_completion(*, at: datetime) -> int:
    """Remind applicants whose day to complete is near; how many. Each once per request. Twice is as once."""
    today = timezone.localdate(at)
    near = Application.objects.filter(
        state=ApplicationState.COMPLETION, completion_due_on__range=(today, today + timedelta(days=REMIND_DAYS))
    )
    return sum(_remind(application, at) for application in near.order_by("completion_due_on", "pk"))


@transaction.atomic
def _remind(application: Application, at: datetime) -> bool:
    locked = locked_application(application)
    kinds = (StepKind.COMPLETION_ASKED, StepKind.REMINDED)
    last = locked.steps.filter(kind__in=kinds).order_by("-at", "-pk").first()
    if locked.state != ApplicationState.COMPLETION or (last is not None and last.kind == StepKind.REMINDED):
        return False
    step = write_step(locked, StepKind.REMINDED, by=None, at=at)
    notices.reminded(locked, step)
    return True
