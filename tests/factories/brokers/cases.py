"""Cases, made through the services as people make them; only days are moved.

A case goes its way in days: opened at `NOW`, noticed the same day, heard on day 10, decided on day 11.
"""

import datetime

from django.utils import timezone

from brokers.enums.cases import Attendance, CaseGround, CaseState, Decision, HandOverState
from brokers.models import HandOver
from brokers.services.cases.decide import close_case, decide_case
from brokers.services.cases.hand_over import choose_hand_over, settle_hand_over
from brokers.services.cases.hearing import notice_hearing, record_hearing
from brokers.services.cases.open_case import open_case
from brokers.services.cases.statement import send_statement
from brokers.services.mandates.answer import accept as accept_mandate
from tests.factories.brokers.fees import NOW, acceptor, officer
from tests.factories.brokers.mandates import agreed_by_all, answering, in_force
from tests.factories.brokers.register import agency

DAY = datetime.timedelta(days=1)
HEARD, DECIDED = NOW + 10 * DAY, NOW + 11 * DAY
WEEK_LATER = DECIDED + 7 * DAY


def opened(registration=None, *, ground=CaseGround.MISSED_REPORTS, by=None, at=NOW, text="Three reports are missing"):
    registration = registration or agency()
    return open_case(registration=registration, ground=ground, text=text, by=by or officer(), at=at)


def noticed(case=None, *, chair=None, by=None, at=NOW, days=10, place="Sejong, room 3", **also):
    case = case or opened(at=at, **also)
    starts_at = at + days * DAY
    notice_hearing(case=case, starts_at=starts_at, place=place, chair=chair or officer(), by=by or officer(), at=at)
    return fresh(case)


def held(case=None, *, at=HEARD, **also):
    case = case or noticed(**also)
    hearing = case.hearings.get(state="noticed")
    at = max(at, hearing.starts_at)
    record_hearing(
        case=case, attendance=Attendance.APPEARED, appeared="The managing director", record_text="Asked and answered",
        by=hearing.chair, at=at,
    )  # fmt: skip
    return fresh(case)


def decided(case=None, *, decision=Decision.MAINTAINED, by=None, at=None, until=None, **also):
    case = case or held(**also)
    at = at or case.hearings.get(state="held").signed_at + DAY
    if decision == Decision.SUSPENDED and until is None:
        until = timezone.localdate(at) + 7 * DAY
    decide_case(case=case, decision=decision, text="Because", suspended_until=until, by=by or officer(), at=at)
    return fresh(case)


def closed(case=None, *, at=NOW, **also):
    case = case or opened(**also)
    close_case(case=case, reason="The reports came", by=officer(), at=at)
    return fresh(case)


def case_in(state, **also):
    """A case in each state of the table."""
    make = {
        CaseState.OPENED: opened, CaseState.NOTICED: noticed, CaseState.HELD: held, CaseState.DECIDED: decided,
        CaseState.CLOSED: closed,
    }  # fmt: skip
    return make[state](**also)


def stated(case, *, text="We sent them", by=None, at=NOW, files=()):
    """The broker says something."""
    by = by or broker_person(case.registration)
    return send_statement(case=case, text=text, files=files, by=by, at=at)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def broker_person(registration):
    """The trader, or a manager of the agency."""
    return registration.user or registration.organization.memberships.active().order_by("pk").first().user


def cancelled(registration=None, **also):
    """The decided case; its registration is cancelled."""
    return decided(held(opened_noticed(registration, **also)), decision=Decision.CANCELLED)


def suspended(registration=None, *, until=None, **also):
    """The decided case; its registration is suspended for a week."""
    return decided(held(opened_noticed(registration, **also)), decision=Decision.SUSPENDED, until=until)


def opened_noticed(registration=None, *, at=NOW, **also):
    return noticed(opened(registration, at=at, **also), at=at)


def mandate(broker, *, client=None, at=NOW, days=300, fellows=(), **also):
    """A mandate in force, with a share for each of `fellows`."""
    shares = {broker: 10_000 - 1_000 * len(fellows), **dict.fromkeys(fellows, 1_000)} if fellows else None
    return in_force(
        broker=broker, client=client, at=at, ends_on=timezone.localdate(at) + days * DAY, shares=shares, **also
    )


def accept(offer, *, at=DECIDED):
    """The other broker, and whoever acts with it, takes it over."""
    agreed_by_all(offer, at=at)
    return accept_mandate(mandate=offer, by=answering(offer), at=at)


def handed_over(*, registration=None, decision=Decision.SUSPENDED, at=NOW, **also):
    """The hand-over of the one mandate of a broker that was suspended or cancelled on day 11."""
    registration = registration or agency(at=at)
    given = mandate(registration.organization, at=at, **also)
    decided(held(noticed(opened(registration, at=at), at=at)), decision=decision)
    return HandOver.objects.get(mandate=given)


def chosen(hand_over, choice, *, to=None, at=DECIDED):
    by = acceptor(hand_over.mandate.client)
    return choose_hand_over(hand_over=hand_over, choice=choice, to_broker=to, by=by, at=at)


def hand_over_in(state):
    """A hand-over in each state of the table."""
    found = handed_over()
    if state in {HandOverState.OFFERED, HandOverState.MOVED}:
        found = chosen(found, "move", to=agency().organization)
        if state == HandOverState.MOVED:
            accept(found.new_mandate)
    if state == HandOverState.KEPT:
        chosen(found, "keep")
    if state == HandOverState.ENDED:
        chosen(found, "end")
    return fresh(found)


def settled(hand_over, choice="end"):
    at = DECIDED + 31 * DAY
    return settle_hand_over(hand_over=hand_over, choice=choice, text="Nobody chose", by=officer(), at=at)
