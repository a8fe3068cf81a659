"""Where a registration stands, as rows, for parts that start from it. How it comes about is tested with the cases."""

import datetime
import itertools

from django.utils import timezone

from brokers.enums.cases import CaseGround, CaseState, Decision
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import CancellationCase, Hearing, Registration
from tests.factories.brokers.fees import NOW, officer

serials = itertools.count(1)
DAY = datetime.timedelta(days=1)


def put_into(registration, state, *, at=NOW, suspended_until=None):
    """Bring a registered broker into `state` by the ways that the database wants, as rows.

    Suspended (for 30 days) and cancelled: by a case opened 11 days before `at`, heard the day before, decided at `at`.
    """
    rows = Registration.objects.filter(pk=registration.pk)
    if state == RegistrationState.WARNED:
        rows.update(state=state)
    else:
        _after_a_hearing(registration, state, suspended_until, at)
    registration.refresh_from_db()
    return registration


def _after_a_hearing(registration, state, suspended_until, at):
    opener, chair, decider = officer(), officer(), officer()
    suspended_until = (
        suspended_until or timezone.localdate(at + 30 * DAY) if state == RegistrationState.SUSPENDED else None
    )
    is_agency = registration.kind == RegistrationKind.AGENCY
    ground = CaseGround.MISSED_REPORTS if is_agency else CaseGround.NAME_LENDING
    case = CancellationCase.objects.create(
        number=f"C{at.year}9{next(serials) % 100_000:05d}", registration=registration, ground=ground,
        text="Assumed for a test", opened_at=at - 11 * DAY, opened_by=opener,
    )  # fmt: skip
    hearing = Hearing.objects.create(
        case=case, noticed_at=at - 11 * DAY, noticed_by=opener, starts_at=at - 1 * DAY, place="Sejong", chair=chair
    )
    cases, rows = CancellationCase.objects.filter(pk=case.pk), Registration.objects.filter(pk=registration.pk)
    cases.update(state=CaseState.NOTICED, came_from=registration.state)
    rows.update(state=RegistrationState.HEARING)
    if state == RegistrationState.HEARING:
        return
    Hearing.objects.filter(pk=hearing.pk).update(
        state="held", attendance="stayed_away", record_text="Nobody came", signed_at=at - 1 * DAY, signed_by=chair
    )
    cases.update(state=CaseState.HELD)
    decision = Decision.CANCELLED if state == RegistrationState.CANCELLED else Decision.SUSPENDED
    cases.update(
        state=CaseState.DECIDED, decision=decision, suspended_until=suspended_until, decided_at=at, decided_by=decider,
        decision_text="Because",
    )  # fmt: skip
    gone = {"cancelled_at": at} if state == RegistrationState.CANCELLED else {"suspended_until": suspended_until}
    rows.update(state=state, **gone)
