"""A case is opened: by an officer, or by the house at night."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.cases import GROUNDS_OF, CaseGround
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import CancellationCase, Registration
from brokers.models.cases import LONG_TEXT
from brokers.notices import cases as notices
from brokers.numbers import case_number
from brokers.services.asking import locked_registration, text_of
from brokers.services.cases.asking import require_officer_apart
from marketplace.core.counters import take_numbers
from marketplace.core.errors import DomainError, NotPossibleNow

COUNTER = "cancellation_case"
REST_DAYS = 180
"""So long after the last word on a ground the house does not open a case for it by itself. An assumption."""


@transaction.atomic
def open_case(*, registration: Registration, ground: str, text: str, by: User | None, at: datetime) -> CancellationCase:
    """Open a case for `ground`. `by` None is the house, which gets the open case where there is one already.

    Raises `NotAllowed`, `NotPossibleNow` (open already, or cancelled), and `DomainError` naming the field.
    """
    locked = locked_registration(registration.pk)
    if by is not None:
        require_officer_apart(by, locked)
    if ground not in GROUNDS_OF[RegistrationKind(locked.kind)]:
        raise DomainError(_("This is no ground to cancel such a registration."), field="ground")
    text = text_of(text, most=LONG_TEXT, field="text", missing=_("Say what happened: the broker will read it."))
    if locked.state == RegistrationState.CANCELLED:
        raise NotPossibleNow(_("This registration was cancelled already."))
    if earlier := locked.cases.open().filter(ground=ground).first():
        if by is None:
            return earlier
        raise NotPossibleNow(_("Case %(number)s is open for this ground already.") % {"number": earlier.number})
    year = timezone.localtime(at).year
    case = CancellationCase.objects.create(
        number=case_number(year, take_numbers(kind=COUNTER, year=year)[0]),
        registration=locked, ground=ground, text=text, opened_at=at, opened_by=by,
    )  # fmt: skip
    notices.opened(case, at)
    return case


def open_due_cases(*, grounds: Iterable[tuple[Registration, str, str]], at: datetime) -> int:
    """Open a case for each (registration, ground, text), each in its own transaction; give how many are new.

    Not where one is open, nor for half a year after the last one of this ground was decided or closed.
    """
    return sum(_open_if_due(row, ground, text, at) for row, ground, text in grounds)


@transaction.atomic
def _open_if_due(registration: Registration, ground: str, text: str, at: datetime) -> bool:
    """Asked under the lock: an officer may decide or cancel in the same night."""
    locked = locked_registration(registration.pk)
    since = at - timedelta(days=REST_DAYS)
    spoken = Q(decided_at__gt=since) | Q(closed_at__gt=since)
    known = locked.cases.filter(ground=ground)
    if locked.state == RegistrationState.CANCELLED or known.open().exists() or known.filter(spoken).exists():
        return False
    open_case(registration=locked, ground=CaseGround(ground), text=text, by=None, at=at)
    return True
