"""What others say of an application: advice, the committee for traders, the training that is outstanding."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.office import MOST_MEMBERS, Recommendation, StepKind
from brokers.enums.registration import APPLICATION_STATES, ApplicationState, RegistrationKind
from brokers.models import Application
from brokers.models.registration import LONG_TEXT
from brokers.notices import office as notices
from brokers.queries.office import advice_outstanding, session_of_round
from brokers.services.asking import text_of
from brokers.services.office.acting import require_officer_apart, require_state
from brokers.services.office.check_documents import WHOSE_LENGTH, note_of
from brokers.services.steps import locked_application, write_step
from marketplace.core.errors import DomainError, NotPossibleNow


@transaction.atomic
def record_advice(
    *, application: Application, whose: str, given_on: date, text: str, note: str = "", by: User, at: datetime
) -> Application:
    """Keep what somebody advised, and when. As many as there are; the state stays.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.ADVICE)
    whose = text_of(whose, most=WHOSE_LENGTH, field="whose", missing=_("Say whose advice it is."))
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say what was advised."))
    _refuse_future(given_on, at, "given_on")
    data = {"whose": whose, "given_on": given_on.isoformat()}
    write_step(locked, StepKind.ADVICE, by=by, at=at, text=text, note=note_of(note), data=data)
    return locked


@transaction.atomic
def put_before_committee(
    *, application: Application, session_on: date, text: str = "", by: User, at: datetime
) -> Application:
    """A trader's career is looked at by the committee, on a day the applicant is told.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.ADVICE)
    if locked.kind != RegistrationKind.TRADER:
        raise NotPossibleNow(_("Only applications of traders come before the committee."))
    refuse_without_advice(locked)
    if session_on < timezone.localdate(at):
        raise DomainError(_("Choose today or a later day."), field="session_on")
    text = note_of(text, field="text")
    APPLICATION_STATES.move(locked, ApplicationState.COMMITTEE)
    data = {"session_on": session_on.isoformat()}
    step = write_step(locked, StepKind.COMMITTEE, by=by, at=at, text=text, data=data)
    notices.before_committee(locked, step)
    return locked


@transaction.atomic
def record_session(
    *, application: Application, held_on: date, members: int, votes_for: int, votes_against: int,
    recommendation: str, text: str, note: str = "", by: User, at: datetime,
) -> Application:  # fmt: skip
    """Keep what the committee recommended: day, members present, votes for and against, text. The state stays.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.COMMITTEE)
    _refuse_future(held_on, at, "held_on")
    if not 1 <= members <= MOST_MEMBERS:
        raise DomainError(_("From 1 to %(most)d members.") % {"most": MOST_MEMBERS}, field="members")
    if min(votes_for, votes_against) < 0 or votes_for + votes_against > members:
        raise DomainError(_("There are more votes than members."), field="votes_for")
    if recommendation not in Recommendation.values:
        raise DomainError(_("Choose one of those offered."), field="recommendation")
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say what the committee recommended and why."))
    data = {
        "held_on": held_on.isoformat(), "members": members, "votes_for": votes_for, "votes_against": votes_against,
        "recommendation": recommendation,
    }  # fmt: skip
    write_step(locked, StepKind.SESSION, by=by, at=at, text=text, note=note_of(note), data=data)
    return locked


@transaction.atomic
def ask_training(*, application: Application, text: str, by: User, at: datetime) -> Application:
    """The committee has met, the training is not finished: the applicant hands in the certificates.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    require_state(locked, ApplicationState.COMMITTEE)
    refuse_without_session(locked)
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say which training is outstanding."))
    APPLICATION_STATES.move(locked, ApplicationState.TRAINING)
    step = write_step(locked, StepKind.TRAINING, by=by, at=at, text=text)
    notices.training_outstanding(locked, step)
    return locked


def refuse_without_advice(application: Application) -> None:
    """Raise `NotPossibleNow` while somebody was asked for advice and it is not recorded."""
    if whose := advice_outstanding(application):
        raise NotPossibleNow(_("The advice of “%(whose)s” was asked for and is not recorded yet.") % {"whose": whose})


def refuse_without_session(application: Application) -> None:
    """Raise `NotPossibleNow` while no session of the committee is recorded."""
    if session_of_round(application) is None:
        raise NotPossibleNow(_("Record the session of the committee first."))


def _refuse_future(day: date, at: datetime, field: str) -> None:
    if day > timezone.localdate(at):
        raise DomainError(_("This day has not come yet."), field=field)
