"""Either side ends a mandate before its term is over."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from brokers.enums.mandates import MANDATE_STATES, MandateState, OfferedBy
from brokers.models import Mandate
from brokers.notices import mandates as notices
from brokers.services.asking import text_of
from brokers.services.mandates.checks import locked_mandate
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow

REASON_LENGTH = 500


@transaction.atomic
def end(*, mandate: Mandate, last_day: date, reason: str, by: User, at: datetime) -> Mandate:
    """End it with `last_day`, today or later and not after its term. The tail runs from that day.

    The client or the leading broker ends it; a fellow broker cannot. Raises `NotAllowed`, `NotPossibleNow` saying what
    happened meanwhile, and `DomainError` naming the field.
    """
    locked = locked_mandate(mandate)
    side = side_of(locked, by)
    if side is None:
        raise NotAllowed(_("Only the client and the leading broker can end a mandate."))
    today = timezone.localdate(at)
    if locked.state == MandateState.ENDED:
        given = {"day": date_format(locked.last_day, "SHORT_DATE_FORMAT")}
        raise NotPossibleNow(_("It was ended meanwhile; its last day is %(day)s.") % given)
    if locked.state != MandateState.ACCEPTED:
        raise NotPossibleNow(_("Only what was accepted can be ended. An offer can be taken back or declined."))
    if locked.ends_on < today:
        raise NotPossibleNow(_("Its term is over already."))
    why = text_of(reason, most=REASON_LENGTH, field="reason", missing=_("Say why it ends. The other side reads it."))
    if not today <= last_day <= locked.ends_on:
        bounds = {
            "first": date_format(today, "SHORT_DATE_FORMAT"),
            "last": date_format(locked.ends_on, "SHORT_DATE_FORMAT"),
        }
        raise DomainError(_("Choose a day from %(first)s to %(last)s.") % bounds, field="last_day")
    MANDATE_STATES.move(
        locked, MandateState.ENDED, ended_on=last_day, ended_at=at, ended_by=by, ended_side=side, end_reason=why
    )
    notices.ended(locked, at)
    return locked


def side_of(mandate: Mandate, user: User) -> OfferedBy | None:
    """For which side the user may end it."""
    if has_permission(user, Permission.GIVE_MANDATES, mandate.client):
        return OfferedBy.CLIENT
    return OfferedBy.BROKER if has_permission(user, Permission.TAKE_MANDATES, mandate.broker) else None
