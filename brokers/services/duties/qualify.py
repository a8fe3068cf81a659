"""Licences of persons: entered by the person, verified or rejected by an officer."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.registration import QUALIFICATION_STATES, QualificationKind, QualificationState
from brokers.models import Qualification
from brokers.notices import duties as notices
from brokers.services.asking import text_of
from brokers.services.duties.asking import REASON_LENGTH, require_governor
from brokers.services.duties.minimum import settle_of_person
from marketplace.core.days import is_plausible
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.text import tidy

NUMBER_LENGTH = 40
NUMBER_CONSTRAINT = "qualification_number_once"


@transaction.atomic
def enter_qualification(*, kind: str, number: str, issued_on: date, by: User, at: datetime) -> Qualification:
    """Enter a licence of one's own; officers are told. What was entered is not changed but entered anew.

    Raises `DomainError` naming the field, also where this number is entered already, whoever did.
    """
    if kind not in QualificationKind.values:
        raise DomainError(_("Choose the kind of licence."), field="kind")
    number = text_of(number, most=NUMBER_LENGTH, field="number", missing=_("Write the number of the licence."))
    if not is_plausible(issued_on) or issued_on > timezone.localdate(at):
        raise DomainError(_("Write the day the licence was issued on, not one to come."), field="issued_on")
    try:
        with transaction.atomic():
            licence = Qualification.objects.create(user=by, kind=kind, number=number, issued_on=issued_on)
    except IntegrityError as error:
        if NUMBER_CONSTRAINT not in str(error):
            raise
        raise DomainError(_("A licence with this number is entered already."), field="number") from None
    notices.licence_entered(licence, at)
    return licence


@transaction.atomic
def decide_qualification(*, qualification: Qualification, accept: bool, text: str, by: User, at: datetime) -> None:
    """Verify a licence, or reject it with a reason; one that was verified can be rejected later. Never one's own.

    Where the person counts for an agency, its minimum is asked at once. Raises `NotAllowed`, `NotPossibleNow` saying
    what happened meanwhile, and `DomainError` naming the field.
    """
    rows = Qualification.objects.select_related("user", "decided_by").select_for_update(of=["self"])
    locked = rows.get(pk=qualification.pk)
    require_governor(by)
    if locked.user_id == by.pk:
        raise NotAllowed(_("This is your own licence: another officer has to decide."))
    wanted = QualificationState.VERIFIED if accept else QualificationState.REJECTED
    if not QUALIFICATION_STATES.can(locked, wanted):
        raise NotPossibleNow(
            _("%(name)s decided this before you: %(outcome)s.")
            % {"name": locked.decided_by or _("Somebody"), "outcome": locked.get_state_display()}
        )
    if accept:
        text = tidy(text)[:REASON_LENGTH]
    else:
        text = text_of(text, most=REASON_LENGTH, field="text", missing=_("Say why: the person reads it."))
    QUALIFICATION_STATES.move(locked, wanted, decided_at=at, decided_by=by, decision_text=text)
    notices.licence_decided(locked, "licence_verified" if accept else "licence_rejected", at)
    settle_of_person(user=locked.user, at=at)
