"""A case ends: decided by another officer after the hearing, or closed because its ground fell away before it."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.cases import (
    BEFORE_THE_HEARING,
    CASE_STATES,
    HEARING_STATES,
    CaseState,
    Decision,
    HearingState,
    decisions_on,
)
from brokers.enums.duties import Ground
from brokers.enums.registration import REGISTRATION_STATES, RegistrationState
from brokers.models import BrokerWarning, CancellationCase, Hearing
from brokers.models.cases import LONG_TEXT, REASON_TEXT
from brokers.notices import cases as notices
from brokers.services.asking import text_of
from brokers.services.cases.asking import (
    locked_case,
    locked_hearing,
    refuse_unless,
    require_officer_apart,
    require_revision,
    standing_without_hearing,
)
from brokers.services.cases.start_hand_over import start_hand_overs
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotAllowed


@transaction.atomic
def decide_case(
    *,
    case: CancellationCase,
    decision: str,
    text: str,
    suspended_until: date | None = None,
    revision: int | None = None,
    by: User,
    at: datetime,
) -> CancellationCase:
    """Decide after the hearing, once: by an officer who neither opened the case nor held the chair.

    What may be decided depends on the ground (`decisions_on`). `suspended_until` is the last day of a suspension.
    A warning stands among the broker's warnings until an officer lifts it.
    Cancelled, the other open cases of the registration are closed; running mandates are handed over. `revision` is
    that of the case as the officer saw it. Raises `NotAllowed`, `NotPossibleNow` saying what happened meanwhile,
    `ChangedMeanwhile` (a statement came in), and `DomainError` naming the field.
    """
    locked = locked_case(case)
    require_officer_apart(by, locked.registration)
    if locked.opened_by_id == by.pk:
        raise NotAllowed(_("You opened this case: another officer has to decide."))
    if Hearing.objects.filter(case=locked, state=HearingState.HELD, chair=by).exists():
        raise NotAllowed(_("You held the chair of the hearing: another officer has to decide."))
    refuse_unless(locked, CaseState.HELD)
    require_revision(locked, revision)
    if decision not in decisions_on(locked.ground):
        raise DomainError(
            _("This cannot be decided where the ground is “%(ground)s”.") % {"ground": locked.get_ground_display()},
            field="decision",
        )
    until = _until(decision, suspended_until, at)
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Give the reasons: the broker will read them."))
    CASE_STATES.move(
        locked, CaseState.DECIDED,
        decision=decision, suspended_until=until, decided_at=at, decided_by=by, decision_text=text,
        revision=locked.revision + 1,
    )  # fmt: skip
    notices.decided(locked, at)
    if decision == Decision.CANCELLED:
        _cancel(locked, at)
    elif decision == Decision.SUSPENDED:
        _suspend(locked)
    else:
        if decision == Decision.WARNED:
            _warn(locked, by, at)
        _go_on(locked)
    if decision in {Decision.CANCELLED, Decision.SUSPENDED}:
        start_hand_overs(case=locked, at=at)
    return locked


@transaction.atomic
def close_case(*, case: CancellationCase, reason: str, by: User | None, at: datetime) -> CancellationCase:
    """Close it before the hearing, because its ground fell away; a hearing ahead is called off.

    `by` None is the house. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = locked_case(case)
    if by is not None:
        require_officer_apart(by, locked.registration)
    refuse_unless(locked, *BEFORE_THE_HEARING)
    missing = _("Say why there is no ground any more: the broker will read it.")
    reason = text_of(reason, most=REASON_TEXT, field="reason", missing=missing)
    was_noticed = locked.state == CaseState.NOTICED
    _close(locked, reason, by, at)
    if was_noticed:
        _go_on(locked)
    return locked


def _until(decision: str, suspended_until: date | None, at: datetime) -> date | None:
    if decision != Decision.SUSPENDED:
        if suspended_until is not None:
            raise DomainError(_("Only a suspension has a last day: leave this empty."), field="suspended_until")
        return None
    if suspended_until is None:
        raise DomainError(_("Say until when the broker is suspended."), field="suspended_until")
    if suspended_until <= timezone.localdate(at) or not is_plausible(suspended_until):
        raise DomainError(_("A suspension ends on a day to come."), field="suspended_until")
    return suspended_until


def _cancel(case: CancellationCase, at: datetime) -> None:
    REGISTRATION_STATES.move(
        case.registration, RegistrationState.CANCELLED, cancelled_at=at, suspended_until=None, below_since=None
    )
    reason = _("The registration was cancelled in case %(number)s.") % {"number": case.number}
    others = case.registration.cases.open().exclude(pk=case.pk).select_for_update(of=["self"]).order_by("pk")
    for other in others:
        other.registration = case.registration
        _close(other, reason, None, at)


def _suspend(case: CancellationCase) -> None:
    """A longer suspension that runs already stays. While another hearing is ahead the state says so first."""
    registration = case.registration
    days = [day for day in (registration.suspended_until, case.suspended_until) if day]
    registration.suspended_until = max(days)
    if registration.cases.at_the_hearing().exists():
        registration.save(update_fields=["suspended_until", "updated_at"])
    else:
        REGISTRATION_STATES.move(
            registration, RegistrationState.SUSPENDED, suspended_until=registration.suspended_until
        )


def _warn(case: CancellationCase, by: User, at: datetime) -> None:
    """A warning like any other: the broker answers it, an officer lifts it. The message is that of the decision."""
    ground = case.ground if case.ground in Ground.values else Ground.OTHER
    BrokerWarning.objects.create(
        registration=case.registration, ground=ground, text=case.decision_text, given_at=at, given_by=by
    )


def _go_on(case: CancellationCase) -> None:
    """After the last of its hearings the registration stands where suspensions and warnings that hold put it."""
    registration = case.registration
    if not registration.cases.at_the_hearing().exists():
        REGISTRATION_STATES.move(registration, standing_without_hearing(registration))


def _close(case: CancellationCase, reason: str, by: User | None, at: datetime) -> None:
    hearing = locked_hearing(case) if case.state == CaseState.NOTICED else None
    if hearing:
        HEARING_STATES.move(hearing, HearingState.CALLED_OFF, ended_at=at, ended_by=by, ended_reason=reason)
    CASE_STATES.move(
        case, CaseState.CLOSED, closed_at=at, closed_by=by, closed_reason=reason, revision=case.revision + 1
    )
    notices.closed(case, hearing, at)
