"""What a day brings by itself: suspensions end, offers are answered, days pass. Each in its own transaction."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from brokers.enums.cases import HAND_OVER_STATES, REMIND_DAYS, HandOverState
from brokers.enums.mandates import MandateState
from brokers.enums.registration import REGISTRATION_STATES, RegistrationState
from brokers.models import HandOver, Registration
from brokers.notices import cases as notices
from brokers.notices import hand_overs as hand_over_notices
from brokers.services.asking import locked_registration
from brokers.services.cases.asking import standing_without_hearing
from brokers.services.cases.hand_over import follow_hand_over, locked_hand_over


def end_suspensions(*, at: datetime) -> int:
    """Who was suspended until yesterday is registered again, or warned where a warning is open, and told. How many."""
    today = timezone.localdate(at)
    due = Registration.objects.filter(suspended_until__lt=today).order_by("pk").values_list("pk", flat=True)
    return sum(_end_suspension(pk, at) for pk in list(due))


@transaction.atomic
def _end_suspension(pk: int, at: datetime) -> bool:
    registration = locked_registration(pk)
    until = registration.suspended_until
    if until is None or until >= timezone.localdate(at):
        return False
    if registration.state == RegistrationState.SUSPENDED:
        registration.suspended_until = None
        REGISTRATION_STATES.move(registration, standing_without_hearing(registration), suspended_until=None)
    else:  # another hearing is ahead
        registration.suspended_until = None
        registration.save(update_fields=["suspended_until", "updated_at"])
    notices.suspension_ended(registration, until, at)
    return True


def follow_hand_overs(*, at: datetime) -> int:
    """What was answered elsewhere: offers accepted or not, mandates that ended, brokers that are back."""
    done = 0
    for row in HandOver.objects.open().select_related("new_mandate").order_by("pk"):
        if row.new_mandate is not None:
            done += follow_hand_over(mandate=row.new_mandate, at=at) is not None
        else:
            done += _settle_by_itself(row, at)
    return done


@transaction.atomic
def _settle_by_itself(hand_over: HandOver, at: datetime) -> bool:
    locked = locked_hand_over(hand_over)
    if locked.state != HandOverState.OPEN:
        return False
    registration = locked.case.registration
    over = locked.mandate.state == MandateState.ENDED or locked.mandate.ends_on < timezone.localdate(at)
    back = registration.suspended_until is None and registration.state != RegistrationState.CANCELLED
    if not over and not back:
        return False
    HAND_OVER_STATES.move(locked, HandOverState.ENDED if over else HandOverState.KEPT, settled_at=at)
    hand_over_notices.settled(locked, at)
    return True


def remind_hand_overs(*, at: datetime) -> int:
    """A week before its day a client is reminded once; officers hear of what was left open after it."""
    today = timezone.localdate(at)
    soon = Q(reminded_at__isnull=True, until_on__lte=today + timedelta(days=REMIND_DAYS))
    late = Q(until_on__lt=today, reminded_at__date__lte=F("until_on"))
    due = HandOver.objects.filter(state=HandOverState.OPEN).filter(soon | late).order_by("pk")
    return sum(_remind(row, at) for row in due)


@transaction.atomic
def _remind(hand_over: HandOver, at: datetime) -> bool:
    locked = locked_hand_over(hand_over)
    if locked.state != HandOverState.OPEN:
        return False
    if locked.until_on < timezone.localdate(at):
        hand_over_notices.left_open(locked, at)
    else:
        hand_over_notices.reminded(locked, at)
    locked.reminded_at = at
    locked.save(update_fields=["reminded_at", "updated_at"])
    return True
