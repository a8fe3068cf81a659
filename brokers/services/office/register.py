"""An applicant is designated: it stands in the public register from that moment on (decree arts. 16 and 21)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.office import StepKind
from brokers.enums.registration import APPLICATION_STATES, ApplicationState, Outcome, RegistrationKind, RequirementKey
from brokers.models import Application, Registration
from brokers.models.registration import SHORT_TEXT
from brokers.notices import office as notices
from brokers.numbers import registration_number
from brokers.queries.office_check import check_of
from brokers.requirements import Finding
from brokers.services.office.acting import (
    require_not_checker,
    require_officer_apart,
    require_state,
)
from brokers.services.office.hear_others import refuse_without_advice, refuse_without_session
from brokers.services.steps import locked_application, write_step
from marketplace.core.counters import take_numbers
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy

CONDITIONS_LENGTH = 500
LETTERS = {RegistrationKind.AGENCY: "BA", RegistrationKind.TRADER: "BT"}


@transaction.atomic
def register(
    *, application: Application, conditions: str = "", accepted: Mapping[str, str] | None = None, by: User, at: datetime
) -> Registration:
    """Designate the applicant and publish it: register row, line of the gazette, messages.

    `conditions` are public. `accepted` maps requirements the check calls unclear to a sentence why they count as met.
    Never by who checked the documents, the applicant, or a member of its corporation; the database says so too. Raises
    `NotAllowed`, `NotPossibleNow` saying what is in the way, and `DomainError` naming the field (`conditions`,
    `accepted.<key>`).
    """
    locked = locked_application(application)
    require_officer_apart(by, locked)
    _require_state(locked)
    require_not_checker(by, locked)
    conditions = tidy(conditions)
    if len(conditions) > CONDITIONS_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": CONDITIONS_LENGTH}, field="conditions")
    checks = check_of(locked, timezone.localdate(at))
    reasons = _reasons(checks, accepted or {})

    APPLICATION_STATES.move(
        locked, ApplicationState.DESIGNATED, decided_at=at, decided_by=by, decision_text="", completion_due_on=None
    )
    made = _registration(locked, conditions, by, at)
    data = _line_of_gazette(made) | {
        "checks": [{"key": each.key, "outcome": str(each.outcome)} for each in checks],
        "accepted": reasons,
    }
    write_step(locked, StepKind.DESIGNATED, by=by, at=at, data=data)
    notices.registered(made)
    return made


def _require_state(application: Application) -> None:
    """An agency is designated after advice, a trader after the committee or the training."""
    if application.kind == RegistrationKind.AGENCY:
        require_state(application, ApplicationState.ADVICE)
        refuse_without_advice(application)
        return
    require_state(application, ApplicationState.COMMITTEE, ApplicationState.TRAINING)
    refuse_without_session(application)


def _reasons(checks: Sequence[Finding], accepted: Mapping[str, str]) -> dict[str, str]:
    """The sentences for what is unclear. Raises where something is missing, or a sentence is."""
    missing = [str(RequirementKey(each.key).label) for each in checks if each.outcome == Outcome.MISSING]
    if missing:
        raise NotPossibleNow(_("Requirements are missing: %(which)s.") % {"which": ", ".join(missing)})
    reasons = {}
    for each in checks:
        if each.outcome != Outcome.UNCLEAR:
            continue
        reason, field = tidy(accepted.get(each.key, "")), f"accepted.{each.key}"
        if not reason:
            raise DomainError(
                _("Say why “%(requirement)s” counts as met.") % {"requirement": RequirementKey(each.key).label},
                field=field,
            )
        if len(reason) > SHORT_TEXT:
            raise DomainError(_("At most %(most)d characters.") % {"most": SHORT_TEXT}, field=field)
        reasons[each.key] = reason
    return reasons


def _registration(application: Application, conditions: str, by: User, at: datetime) -> Registration:
    is_agency = application.kind == RegistrationKind.AGENCY
    year = timezone.localdate(at).year
    serial = take_numbers(kind=f"registration:{application.kind}", year=year)[0]
    return Registration.objects.create(
        kind=application.kind, number=registration_number(LETTERS[RegistrationKind(application.kind)], year, serial),
        organization=application.organization if is_agency else None, user=None if is_agency else application.applicant,
        application=application, registered_at=at, registered_by=by, conditions=conditions,
        speciality=application.speciality,
    )  # fmt: skip


def _line_of_gazette(made: Registration) -> dict[str, str]:
    """Name, representative, speciality, conditions as on the day of publication (decree art. 16)."""
    whose = made.organization
    return {
        "number": made.number,
        "name": whose.name if whose else str(made.user),
        "name_en": whose.name_en if whose else "",
        "representative": made.application.representative,
        "speciality": made.speciality,
        "conditions": made.conditions,
    }
