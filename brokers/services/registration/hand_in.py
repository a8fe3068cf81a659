"""An application is handed in: once, under one number, judged by the version of that day. Completed, it comes back."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.office import StepKind
from brokers.enums.registration import APPLICATION_STATES, ApplicationState, RegistrationKind
from brokers.models import Application
from brokers.notices import registration as notices
from brokers.numbers import application_number
from brokers.queries.registration import Check, check_application, current_registration
from brokers.services.registration.asking import (
    AlreadyRegistered,
    check_revision,
    require_applicant,
)
from brokers.services.steps import locked_application, write_step
from marketplace.core.counters import take_numbers
from marketplace.core.errors import DomainError, NotPossibleNow

LETTERS = {RegistrationKind.AGENCY: "A", RegistrationKind.TRADER: "T"}
S = ApplicationState


class NotComplete(DomainError):
    """Something that every application says is not there, or a requirement is missing; the message names it."""

    code = "application_not_complete"


class HandedIn(NamedTuple):
    """`is_new` is False where it lay with the office already: the second click."""

    application: Application
    is_new: bool


@transaction.atomic
def hand_in(*, application: Application, revision: int, declared: bool, by: User, at: datetime) -> HandedIn:
    """Draft → applied, with number, day and version; completion → document check, the rest as it was.

    `declared`: the person says that everything is true. Raises `NotAllowed`, `ChangedMeanwhile`, `NotComplete`,
    `NotPossibleNow`, `AlreadyRegistered`.
    """
    locked = locked_application(application)
    require_applicant(by, locked)
    # Inside the lock: a second click that waited here finds it handed in.
    if locked.state in {S.APPLIED, S.DOC_CHECK}:
        return HandedIn(locked, is_new=False)
    if locked.state not in {S.DRAFT, S.COMPLETION}:
        APPLICATION_STATES.refuse(locked, S.APPLIED)
    check_revision(locked, revision)
    found = check_application(locked, day=timezone.localdate(at))
    _require_complete(locked, found, declared)
    if locked.state == S.COMPLETION:
        return _complete(locked, by, at)
    return _apply(locked, found, by, at)


def _require_complete(application: Application, found: Check, declared: bool) -> None:
    if found.version is None:
        raise NotPossibleNow(_("No requirements are published yet, so nothing can be handed in."))
    said = {"representative": application.representative, "speciality": application.speciality}
    if application.kind == RegistrationKind.TRADER:
        del said["representative"]
        if not all(row.is_complete for row in application.career.all()):
            raise NotComplete(_("An entry of your career is not complete: it needs employer, position and first day."))
        if not all(row.is_complete for row in application.training.all()):
            raise NotComplete(_("An entry of your training is not complete: fill in all four fields."))
    for name, value in said.items():
        if not value:
            label = application._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            raise NotComplete(_("Fill in “%(field)s”.") % {"field": label})
    if found.blocking:
        first = found.blocking[0]
        raise NotComplete(_("A requirement is missing. %(text)s") % {"text": first.text})
    if not declared:
        raise NotComplete(_("Declare that everything is true and complete."), field="declared")


def _apply(locked: Application, found: Check, by: User, at: datetime) -> HandedIn:
    if registered := current_registration(locked.kind, organization=locked.organization, user=locked.applicant):
        raise AlreadyRegistered(_("There is a registration already: %(number)s.") % {"number": registered.number})
    APPLICATION_STATES.check(locked, S.APPLIED)
    letter, year = LETTERS[RegistrationKind(locked.kind)], timezone.localdate(at).year
    serial = take_numbers(kind=f"broker_application_{letter}", year=year)[0]
    APPLICATION_STATES.move(
        locked, S.APPLIED, number=application_number(letter, year, serial), applied_at=at,
        requirements=found.version, declared_at=at, declared_by=by, revision=locked.revision + 1,
    )  # fmt: skip
    write_step(locked, StepKind.APPLIED, by=by, at=at)
    notices.handed_in(locked, at)
    return HandedIn(locked, is_new=True)


def _complete(locked: Application, by: User, at: datetime) -> HandedIn:
    APPLICATION_STATES.move(
        locked, S.DOC_CHECK, declared_at=at, declared_by=by, completion_due_on=None, completion_parts={},
        completion_text="", revision=locked.revision + 1,
    )  # fmt: skip
    write_step(locked, StepKind.COMPLETED, by=by, at=at)
    notices.completed(locked, at)
    return HandedIn(locked, is_new=True)
