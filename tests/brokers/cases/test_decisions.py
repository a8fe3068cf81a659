"""What is decided, what it changes, and what a broker that is closed to new work may not do any more."""

import datetime

import pytest
from django.db import DatabaseError, transaction

from brokers.enums.cases import CaseGround, CaseState, Decision
from brokers.models import CancellationCase, Hearing, Quote, Registration, Requirement, RequirementVersion
from brokers.queries.open_to_work import closed_to_work, is_closed_to_work, reapply_from
from brokers.services.cases.by_the_day import end_suspensions
from brokers.services.cases.decide import close_case, decide_case
from brokers.services.duties.warn import answer_warning, lift_warning
from brokers.services.fees.accept_quote import accept_quote
from brokers.services.fees.quote_fee import quote_fee
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.cases import (
    DAY,
    DECIDED,
    HEARD,
    broker_person,
    cancelled,
    closed,
    decided,
    fresh,
    held,
    mandate,
    noticed,
    opened,
    stated,
    suspended,
)
from tests.factories.brokers.duties import warned
from tests.factories.brokers.fees import NOW, acceptor, guideline, officer, quoted
from tests.factories.brokers.register import agency, trader


def told(kind, user=None):
    rows = Notification.objects.filter(kind=kind)
    return rows.filter(recipient=user).count() if user else rows.count()


def rows():
    return [list(model.objects.values().order_by("pk")) for model in (CancellationCase, Hearing, Registration)]


# --- decided ----------------------------------------------------------------------------------------------------------


def decide(case, by=None, decision="maintained", **also):
    given = {"text": "Because", "by": by or officer(), "at": DECIDED} | also
    return decide_case(case=case, decision=decision, **given)


def test_neither_opener_nor_chair_nor_somebody_of_the_broker_decides():
    case, of_broker = held(), officer()
    MembershipFactory(user=of_broker, organization=case.registration.organization)
    before = rows()
    for by in (case.opened_by, case.hearings.get().chair, of_broker, MembershipFactory(broker=True).user):
        with pytest.raises(NotAllowed):
            decide(case, by)
    assert rows() == before


@pytest.mark.parametrize("make", [opened, noticed, closed, decided])
def test_nothing_is_decided_before_the_hearing_or_twice(make):
    case = make()
    before = rows()
    with pytest.raises(NotPossibleNow):
        decide(case, decision="cancelled", at=DECIDED + 9 * DAY)
    assert rows() == before


def test_who_comes_second_reads_who_was_first():
    case, first = held(), officer()
    decide(case, first)
    with pytest.raises(NotPossibleNow, match=str(first)):
        decide(case)


def test_a_statement_that_came_in_meanwhile_is_read_first():
    case = held()
    stated(case, at=DECIDED)
    with pytest.raises(ChangedMeanwhile):
        decide(case, revision=case.revision)
    assert fresh(case).state == "held"
    assert decide(case, revision=fresh(case).revision).state == "decided"


@pytest.mark.parametrize(
    ("ground", "decision", "until", "field"),
    [
        ("fraud", "maintained", None, "decision"),
        ("fraud", "suspended", DECIDED.date() + DAY, "decision"),
        ("no_deal", "not_proven", None, "decision"),
        ("no_deal", "weather", None, "decision"),
        ("no_deal", "suspended", None, "suspended_until"),
        ("no_deal", "suspended", DECIDED.date(), "suspended_until"),
        ("no_deal", "warned", DECIDED.date() + DAY, "suspended_until"),
    ],
)
def test_what_cannot_be_decided(ground, decision, until, field):
    case = held(ground=ground)
    before = rows()
    with pytest.raises(DomainError) as refusal:
        decide(case, decision=decision, suspended_until=until)
    assert refusal.value.field == field
    with pytest.raises(DomainError):
        decide(case, decision="cancelled", text=" ")
    assert rows() == before


def test_a_must_ground_that_is_not_proven_changes_nothing():
    case = decided(ground=CaseGround.FRAUD, decision=Decision.NOT_PROVEN)
    assert fresh(case.registration).state == "registered"


def test_a_decision_is_told_and_says_when_to_apply_again():
    case = cancelled()
    person, registration = broker_person(case.registration), fresh(case.registration)
    assert told("case_decided", person) == told("case_decided", case.opened_by) == 1
    assert told("case_decided", case.decided_by) == 0
    assert registration.cancelled_at == case.decided_at
    assert reapply_from(registration, day=DECIDED.date()) == datetime.date(2026, 12, 22)  # cancelled on 21 June
    assert reapply_from(agency(), day=NOW.date()) is None


@pytest.mark.parametrize(
    ("day", "first"),
    [
        ((2026, 8, 31), (2027, 3, 1)),  # February has no 31st: the period ends with the month
        ((2026, 2, 28), (2026, 9, 1)),  # the period runs from 1 March
        ((2026, 1, 1), (2026, 7, 2)),
    ],
)
def test_six_months_before_the_next_application(day, first):
    at = NOW.replace(year=day[0], month=day[1], day=day[2])
    assert reapply_from(Registration(cancelled_at=at), day=NOW.date()) == datetime.date(*first)


@pytest.mark.parametrize(("waived", "first"), [(False, datetime.date(2026, 9, 22)), (True, datetime.date(2026, 6, 21))])
def test_when_to_apply_again_is_what_the_check_of_applications_says(waived, first):
    registration = fresh(cancelled().registration)
    version = RequirementVersion.objects.create(
        kind="agency", version=7, valid_from=datetime.date(2026, 1, 1), source="Assumed for a test"
    )
    Requirement.objects.create(
        version=version, key="since_cancellation", position=1, least=3, unit="months", law="x", is_waived=waived
    )
    RequirementVersion.objects.filter(pk=version.pk).update(state="published", published_at=NOW)
    assert reapply_from(registration, day=DECIDED.date()) == first


# --- closed, several cases --------------------------------------------------------------------------------------------


def test_closed_before_the_hearing_the_registration_goes_back_where_it_stood():
    registration = agency()
    warned(registration)
    case = noticed(registration=registration)
    assert fresh(registration).state == "hearing"
    close_case(case=case, reason="The reports came", by=officer(), at=NOW)
    assert (fresh(case).state, fresh(registration).state) == ("closed", "warned")
    assert case.hearings.get().state == "called_off"
    assert told("case_closed", broker_person(registration)) == 1
    with pytest.raises(NotPossibleNow):
        close_case(case=held(), reason="x", by=officer(), at=HEARD)


def test_a_registration_stays_at_the_hearing_until_the_last_case_is_decided():
    registration = agency()
    one, two = (noticed(opened(registration, ground=ground)) for ground in ("no_deal", "missed_reports"))
    decided(held(one), decision=Decision.WARNED)
    assert fresh(registration).state == "hearing"
    decided(held(two), decision=Decision.MAINTAINED)
    assert fresh(registration).state == "warned"  # said after the notice of the other one


def test_cancelled_the_other_cases_are_closed():
    registration = agency()
    grounds = ("no_deal", "missed_reports", "below_standard", "own_wish")
    decisive, before, ahead, after = (opened(registration, ground=ground) for ground in grounds)
    held(noticed(decisive))
    noticed(ahead)
    held(noticed(after))
    decided(decisive, decision=Decision.CANCELLED)
    assert [fresh(case).state for case in (before, ahead, after)] == ["closed"] * 3
    assert ahead.hearings.get().state == "called_off"
    assert after.hearings.get().state == "held"
    assert fresh(registration).state == "cancelled"


def test_a_warning_by_decision_is_answered_and_lifted_like_any_other():
    registration = fresh(decided(decision=Decision.WARNED).registration)
    warning = registration.warnings.get()
    assert (registration.state, warning.ground, warning.text) == ("warned", "missed_reports", "Because")
    answer_warning(warning=warning, text="They are sent.", by=broker_person(registration), at=DECIDED + DAY)
    lift_warning(warning=warning, reason="All is there", by=officer(), at=DECIDED + 2 * DAY)
    assert fresh(registration).state == "registered"


def test_a_trader_is_warned_by_decision_for_another_reason():
    case = decided(registration=trader(), ground="name_lending", decision=Decision.WARNED)
    assert case.registration.warnings.get().ground == "other"


@pytest.mark.parametrize("lifted", [True, False])
def test_a_warning_outlives_the_hearing_unless_it_was_lifted_meanwhile(lifted):
    registration = agency()
    warning = warned(registration)
    case = noticed(registration=registration)
    if lifted:
        lift_warning(warning=warning, reason="All is there", by=officer(), at=NOW)
    assert fresh(registration).state == "hearing"
    decided(held(case))
    assert fresh(registration).state == ("registered" if lifted else "warned")


def test_a_suspension_ends_as_a_warning_where_one_is_open():
    registration = agency()
    warned(registration)
    decided(held(noticed(registration=registration)), decision=Decision.SUSPENDED, until=DECIDED.date() + 3 * DAY)
    assert end_suspensions(at=DECIDED + 4 * DAY) == 1
    assert fresh(registration).state == "warned"


# --- suspended --------------------------------------------------------------------------------------------------------


def test_a_suspension_ends_after_its_last_day_and_is_told():
    case = suspended(until=DECIDED.date() + 3 * DAY)
    assert fresh(case.registration).state == "suspended"
    assert end_suspensions(at=DECIDED + 3 * DAY) == 0
    assert end_suspensions(at=(DECIDED + 4 * DAY).replace(hour=0, minute=15)) == 1
    found = fresh(case.registration)
    assert (found.state, found.suspended_until) == ("registered", None)
    assert told("case_suspension_ended", broker_person(found)) == 1
    assert end_suspensions(at=DECIDED + 5 * DAY) == 0


def test_a_suspension_that_ends_while_a_hearing_is_ahead():
    registration = suspended(until=DECIDED.date() + 3 * DAY).registration
    case = noticed(opened(registration, ground="no_deal", at=DECIDED), at=DECIDED)
    assert is_closed_to_work(registration.organization)
    end_suspensions(at=DECIDED + 4 * DAY)
    assert fresh(registration).state == "hearing"
    assert not is_closed_to_work(registration.organization)
    decided(held(case))
    assert fresh(registration).state == "registered"


def test_maintained_a_suspension_runs_on_and_the_longer_one_counts():
    registration = suspended(until=DECIDED.date() + 90 * DAY).registration
    case = noticed(opened(registration, ground="no_deal", at=DECIDED), at=DECIDED)
    decided(held(case), decision=Decision.SUSPENDED, until=DECIDED.date() + 40 * DAY)
    found = fresh(registration)
    assert (found.state, found.suspended_until) == ("suspended", DECIDED.date() + 90 * DAY)
    case = noticed(opened(registration, ground="below_standard", at=DECIDED), at=DECIDED)
    decided(held(case))
    assert fresh(registration).state == "suspended"


# --- no new work ------------------------------------------------------------------------------------------------------


def quote(office, **also):
    guideline(DECIDED)
    by = (
        broker_person(office.broker_registrations.first()) if office.broker_registrations.exists() else acceptor(office)
    )
    client = also.pop("client", None) or OrganizationFactory()
    return quote_fee(broker=office, client=client, subject="x", value_won=10**7, by=by, at=DECIDED, **also)


@pytest.mark.parametrize("make", [suspended, cancelled])
def test_who_is_closed_quotes_nothing_and_nothing_of_it_is_accepted(make):
    registration = agency()
    office = registration.organization
    earlier = quote(office).quote
    make(registration)
    made = Quote.objects.count()
    with pytest.raises(NotPossibleNow):
        quote(office)
    with pytest.raises(NotPossibleNow):
        accept_quote(quote=earlier, by=acceptor(earlier.client), at=DECIDED)
    other = OrganizationFactory(broker=True)
    with pytest.raises(NotPossibleNow):
        quote(other, shares={other: 5_000, office: 5_000})
    assert Quote.objects.count() == made
    assert fresh(earlier).state == "offered"


def test_who_was_never_registered_quotes_outside_of_the_register():
    assert quoted().state == "offered"


def test_a_running_mandate_of_a_suspended_broker_is_quoted_and_of_a_cancelled_one_not():
    registration = agency()
    given = mandate(registration.organization)
    suspended(registration)
    assert quote(registration.organization, client=given.client, mandate=given).is_new
    gone = agency()
    given = mandate(gone.organization)
    cancelled(gone)
    with pytest.raises(NotPossibleNow):
        quote(gone.organization, client=given.client, mandate=given)


def test_an_office_is_open_by_its_agency_or_else_by_one_of_its_traders():
    office = OrganizationFactory(broker=True)
    first, second = trader(office=office), trader(office=office)
    suspended(first, ground=CaseGround.NAME_LENDING)
    assert not is_closed_to_work(office)
    suspended(second, ground=CaseGround.NAME_LENDING)
    assert is_closed_to_work(office)
    house = agency()
    trader(office=house.organization)
    suspended(house)
    assert closed_to_work([office, house.organization, OrganizationFactory(broker=True)]) == {
        office.pk, house.organization_id,
    }  # fmt: skip
    gone = agency()
    cancelled(gone)
    assert is_closed_to_work(gone.organization)
    agency(gone.organization, at=DECIDED + 200 * DAY)
    assert not is_closed_to_work(gone.organization)


def test_the_factory_of_others_makes_every_state():
    for state in ("registered", "warned", "hearing", "suspended", "cancelled"):
        for registration in (agency(state=state), trader(state=state)):
            assert fresh(registration).state == registration.state == state
    assert CancellationCase.objects.filter(state=CaseState.DECIDED).count() == 4
    with pytest.raises(DatabaseError), transaction.atomic():
        Registration.objects.filter(pk=registration.pk).update(number="x")
