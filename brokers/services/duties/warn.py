"""An officer warns a broker, the broker answers, an officer lifts the warning."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.duties import WARNING_STATES, Ground, WarningState
from brokers.enums.registration import REGISTRATION_STATES, RegistrationState
from brokers.models import BrokerWarning, Registration
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.notices import duties as notices
from brokers.notices.people import officers
from brokers.services.asking import locked_registration, text_of
from brokers.services.duties.asking import require_governor, require_reporter
from marketplace.core.errors import DomainError, NotPossibleNow

WARNABLE = (RegistrationState.REGISTERED, RegistrationState.WARNED)


@transaction.atomic
def give_warning(*, registration: Registration, ground: str, text: str, by: User, at: datetime) -> BrokerWarning:
    """Warn a registered broker; its people are told. The same warning sent twice is one.

    Raises `NotAllowed`, `NotPossibleNow` while it is suspended, heard or cancelled, and `DomainError` naming the field.
    """
    locked = locked_registration(registration.pk)
    require_governor(by, locked)
    if ground not in Ground.values:
        raise DomainError(_("Choose the ground."), field="ground")
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say what is wrong and what is to be done by when."))
    if locked.state not in WARNABLE:
        raise NotPossibleNow(_("This broker is “%(state)s” now.") % {"state": locked.get_state_display()})
    same = BrokerWarning.objects.open().filter(registration=locked, ground=ground, text=text)
    if earlier := same.first():
        return earlier
    warned = BrokerWarning.objects.create(registration=locked, ground=ground, text=text, given_at=at, given_by=by)
    if locked.state == RegistrationState.REGISTERED:
        REGISTRATION_STATES.move(locked, RegistrationState.WARNED)
    notices.warning("warning_given", warned, notices.people_of(locked), at)
    return warned


@transaction.atomic
def answer_warning(*, warning: BrokerWarning, text: str, by: User, at: datetime) -> BrokerWarning:
    """The broker says what it did; once. Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field."""
    broker = locked_registration(warning.registration_id)
    locked = _locked(warning)
    require_reporter(by, broker)
    if locked.state != WarningState.GIVEN:
        raise NotPossibleNow(_already(locked))
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say what you did or will do."))
    WARNING_STATES.move(locked, WarningState.ANSWERED, answer_text=text, answered_at=at, answered_by=by)
    notices.warning("warning_answered", locked, officers(), at)
    return locked


@transaction.atomic
def lift_warning(*, warning: BrokerWarning, reason: str, by: User, at: datetime) -> BrokerWarning:
    """The matter is settled. With its last open warning lifted a warned broker is registered again.

    Raises `NotAllowed`, `NotPossibleNow` saying who was first, and `DomainError` naming the field.
    """
    broker = locked_registration(warning.registration_id)
    locked = _locked(warning)
    require_governor(by, broker)
    if locked.state == WarningState.LIFTED:
        raise NotPossibleNow(_already(locked))
    reason = text_of(reason, most=SHORT_TEXT, field="reason", missing=_("Say why: the broker reads it."))
    WARNING_STATES.move(locked, WarningState.LIFTED, lift_reason=reason, lifted_at=at, lifted_by=by)
    others = BrokerWarning.objects.open().filter(registration=broker).exists()
    if broker.state == RegistrationState.WARNED and not others:
        REGISTRATION_STATES.move(broker, RegistrationState.REGISTERED)
    notices.warning("warning_lifted", locked, notices.people_of(broker), at)
    return locked


def _locked(warning: BrokerWarning) -> BrokerWarning:
    people = ("registration__organization", "registration__user", "answered_by", "lifted_by")
    return BrokerWarning.objects.select_related(*people).select_for_update(of=["self"]).get(pk=warning.pk)


def _already(warning: BrokerWarning) -> str:
    person = warning.lifted_by or warning.answered_by
    return _("%(name)s was before you: %(state)s.") % {"name": person, "state": warning.get_state_display()}
