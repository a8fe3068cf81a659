"""Notice of the hearing, another day for it, and its record."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.cases import (
    CASE_STATES,
    HEARING_STATES,
    NOTICE_DAYS,
    Attendance,
    CaseState,
    HearingState,
)
from brokers.enums.registration import REGISTRATION_STATES, RegistrationState
from brokers.models import CancellationCase, Hearing, Registration
from brokers.models.cases import REASON_TEXT
from brokers.notices import cases as notices
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import belongs_to, text_of
from brokers.services.cases.asking import (
    locked_case,
    locked_hearing,
    refuse_unless,
    require_officer_apart,
    touch,
)
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy

PLACE_LENGTH, APPEARED_LENGTH, RECORD_LENGTH = 300, 500, 20_000


@transaction.atomic
def notice_hearing(
    *, case: CancellationCase, starts_at: datetime, place: str, chair: User, by: User, at: datetime
) -> Hearing:
    """Give notice of the hearing; the registration stands at `hearing` from then on.

    At least ten days lie between the day of the notice and that of the hearing. The chair is an officer who has nothing
    to do with the broker. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_case(case)
    registration = locked.registration
    require_officer_apart(by, registration)
    refuse_unless(locked, CaseState.OPENED)
    hearing = _fix(locked, starts_at, place, chair, by, at)
    CASE_STATES.move(locked, CaseState.NOTICED, came_from=_came_from(locked), revision=locked.revision + 1)
    if registration.state != RegistrationState.HEARING:
        REGISTRATION_STATES.move(registration, RegistrationState.HEARING)
    notices.noticed(hearing, at)
    return hearing


@transaction.atomic
def postpone_hearing(
    *, case: CancellationCase, starts_at: datetime, place: str, chair: User, reason: str, by: User, at: datetime
) -> Hearing:
    """Another day, with another notice of ten days. Raises as `notice_hearing`."""
    locked = locked_case(case)
    require_officer_apart(by, locked.registration)
    refuse_unless(locked, CaseState.NOTICED)
    earlier = locked_hearing(locked)
    missing = _("Say why the hearing is postponed: the broker will read it.")
    reason = text_of(reason, most=REASON_TEXT, field="reason", missing=missing)
    HEARING_STATES.move(earlier, HearingState.POSTPONED, ended_at=at, ended_by=by, ended_reason=reason)
    hearing = _fix(locked, starts_at, place, chair, by, at)
    touch(locked)
    notices.postponed(hearing, earlier, at)
    return hearing


@transaction.atomic
def record_hearing(
    *, case: CancellationCase, attendance: str, appeared: str = "", record_text: str, by: User, at: datetime
) -> Hearing:
    """The chair signs the record of the hearing, after it began. From then on nothing of it changes.

    `appeared` says who came; empty where the broker stayed away after due notice. Raises `NotAllowed` (only the chair),
    `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_case(case)
    require_officer_apart(by, locked.registration)
    refuse_unless(locked, CaseState.NOTICED)
    hearing = locked_hearing(locked)
    if hearing.chair_id != by.pk:
        raise NotAllowed(_("Only the chair of the hearing, %(name)s, signs its record.") % {"name": hearing.chair})
    if at < hearing.starts_at:
        raise NotPossibleNow(_("The hearing has not begun yet: it cannot have a record."))
    if attendance not in Attendance.values:
        raise DomainError(_("Say whether the broker appeared."), field="attendance")
    came = attendance == Attendance.APPEARED
    missing = _("Name who appeared for the broker.")
    who = text_of(appeared, most=APPEARED_LENGTH, field="appeared", missing=missing) if came else ""
    if not came and tidy(appeared):
        raise DomainError(_("Who stayed away has nobody who appeared: leave this empty."), field="appeared")
    missing = _("Write what was said and shown.")
    record = text_of(record_text, most=RECORD_LENGTH, field="record_text", missing=missing)
    HEARING_STATES.move(
        hearing, HearingState.HELD, attendance=attendance, appeared=who, record_text=record, signed_at=at, signed_by=by
    )
    CASE_STATES.move(locked, CaseState.HELD, revision=locked.revision + 1)
    notices.held(hearing, at)
    return hearing


def _fix(case: CancellationCase, starts_at: datetime, place: str, chair: User, by: User, at: datetime) -> Hearing:
    days = (timezone.localdate(starts_at) - timezone.localdate(at)).days
    if days < NOTICE_DAYS:
        raise DomainError(
            _("A hearing is at least %(days)d days after its notice.") % {"days": NOTICE_DAYS}, field="starts_at"
        )
    if not governs_brokers(chair) or belongs_to(chair, case.registration):
        raise DomainError(_("The chair must be an officer who has nothing to do with the broker."), field="chair")
    place = text_of(place, most=PLACE_LENGTH, field="place", missing=_("Say where the hearing is held."))
    return Hearing.objects.create(
        case=case, noticed_at=at, noticed_by=by, starts_at=starts_at, place=place, chair=chair
    )


def _came_from(case: CancellationCase) -> str:
    """Where the registration stood before the first of its hearings that are not decided yet."""
    registration: Registration = case.registration
    if registration.state != RegistrationState.HEARING:
        return registration.state
    other = registration.cases.at_the_hearing().exclude(pk=case.pk).order_by("pk").first()
    return other.came_from if other else RegistrationState.REGISTERED
