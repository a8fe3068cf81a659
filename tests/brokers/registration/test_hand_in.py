"""Handing in once, with number, day and version; what is missing, undeclared or too early is refused."""

import datetime

import pytest
from django.utils.formats import date_format

from accounts.models import Organization
from brokers.enums.registration import ApplicationState, CareerRoute, RegistrationKind
from brokers.models import RequirementVersion
from brokers.queries.registration import check_application
from brokers.services.registration.draft import start_application
from brokers.services.registration.hand_in import NotComplete, hand_in
from brokers.services.registration.load_requirements import (
    load_requirements,
    read_product,
)
from marketplace.core.errors import ChangedMeanwhile, Conflict, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.brokers.registration.steps import save, traces
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.registration import (
    LESSON,
    agency_draft,
    application_in,
    cancelled,
    handed_in,
    leaves,
    manager,
    shipped_requirements,
    staff,
    trader_draft,
)

S = ApplicationState
DAY = datetime.timedelta(days=1)


def test_handed_in_once_with_number_day_and_version():
    made, watcher = agency_draft(complete=True), officer()
    first = hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW)
    found = first.application
    assert first.is_new
    assert (found.number, found.state, found.applied_at) == ("A2026000001", S.APPLIED, NOW)
    assert (found.declared_at, found.declared_by) == (NOW, made.applicant)
    assert found.requirements == RequirementVersion.objects.get(kind="agency")
    kinds = Notification.objects.values_list("kind", "recipient")
    assert ("application_receipt", made.applicant.pk) in kinds
    assert ("application_arrived", watcher.pk) in kinds

    before = traces()
    again = hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW + DAY)
    assert (again.is_new, again.application.number) == (False, "A2026000001")
    assert traces() == before


def test_numbers_of_agencies_and_traders_run_by_year():
    assert [handed_in(trader_draft(complete=True)).number for _place in range(2)] == ["T2026000001", "T2026000002"]
    assert handed_in().number == "A2026000001"
    new_year = datetime.datetime(2026, 12, 31, 15, 0, tzinfo=datetime.UTC)  # midnight in Korea
    assert handed_in(trader_draft(complete=True), at=new_year).number == "T2027000001"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: save(a, content={"representative": ""}), "Representative"),
        (lambda a: save(a, content={"speciality": ""}), "Speciality"),
        (lambda a: save(a, content={"network_text": ""}), "collects"),
        (lambda a: a.documents.get(kind="guideline").delete(), "Working guideline"),
        (lambda a: leaves(a.organization), "2 of 3"),
        (lambda a: Organization.objects.update(corporate_number=""), "corporate registration number"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_handed_in(change, words):
    made = agency_draft(complete=True)
    change(made)
    made.refresh_from_db()
    before = traces()
    with pytest.raises(NotComplete, match=words):
        hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW)
    assert traces() == before


@pytest.mark.parametrize(
    ("paper_of", "state", "outcome"),
    [(None, None, "missing"), (None, "registered", "met"), ("trader", None, "met"), ("trader", "cancelled", "missing"),
     ("lawyer", "cancelled", "met")],
)  # fmt: skip
def test_a_trader_registered_here_counts_as_staff_until_the_registration_is_cancelled(paper_of, state, outcome):
    made = agency_draft()
    person = staff(made.organization, licence=paper_of).user
    staff(made.organization)
    staff(made.organization)
    if state:
        trader(person, state=state, at=NOW - 30 * DAY)
    findings = check_application(made, day=TODAY).findings
    assert next(each.outcome for each in findings if each.key == "qualified_staff") == outcome


def test_undeclared_old_and_strange_hand_ins_are_refused():
    made = agency_draft(complete=True)
    before = traces()
    for error, given in (
        (NotComplete, {"revision": made.revision, "declared": False, "by": made.applicant}),
        (ChangedMeanwhile, {"revision": 1, "declared": True, "by": made.applicant}),
        (NotAllowed, {"revision": made.revision, "declared": True, "by": officer()}),
    ):
        with pytest.raises(error):
            hand_in(application=made, at=NOW, **given)
    assert traces()[:4] == before[:4]
    for state in (S.COMMITTEE, S.TRAINING, S.DESIGNATED, S.WITHDRAWN):
        other = application_in(state)
        with pytest.raises(Conflict):
            hand_in(application=other, revision=other.revision, declared=True, by=other.applicant, at=NOW)


def test_a_trader_hands_in_before_the_training_is_finished_but_not_with_half_an_entry():
    made = trader_draft(complete=True)
    save(made, training=[LESSON | {"provider": ""}])
    made.refresh_from_db()
    with pytest.raises(NotComplete, match="training is not complete"):
        hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW)
    save(made, training=[LESSON | {"hours": 10}])
    made.refresh_from_db()
    assert hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=NOW).is_new


def test_what_is_unclear_may_be_handed_in():
    made = agency_draft(complete=True)
    leaves(made.organization)
    staff(made.organization, verified=False)
    assert check_application(made, day=TODAY).met == 6
    assert handed_in(made).state == S.APPLIED


@pytest.mark.parametrize("route", list(CareerRoute))
def test_each_route_is_checked_with_what_is_stored(route):
    made = trader_draft(complete=True, route=route)
    found = {each.key: str(each.outcome) for each in check_application(made, day=TODAY).findings}
    expected = {"licensed": "missing", "equivalent": "unclear"}.get(route, "met")
    assert found == {"career": expected, "training": "met", "since_cancellation": "met"}


def test_without_a_published_version_nothing_is_handed_in():
    by = manager()
    made = start_application(
        kind=RegistrationKind.AGENCY, organization=by.active_organizations().first(), by=by, at=NOW
    )
    with pytest.raises(NotPossibleNow, match="No requirements"):
        hand_in(application=made, revision=1, declared=True, by=by, at=NOW)


def test_an_application_keeps_its_version_when_a_new_one_comes():
    found = handed_in()
    stricter = read_product()[0] | {"version": 2, "valid_from": TODAY + DAY}
    stricter["requirements"] = [
        line | {"least": 5} if line["key"] == "qualified_staff" else line for line in stricter["requirements"]
    ]
    load_requirements(versions=[stricter], at=NOW)
    seen = check_application(found, day=TODAY + DAY)
    assert (seen.version.version, seen.newer.version, seen.met) == (1, 2, 7)
    other = agency_draft(complete=True)
    draft = check_application(other, day=TODAY + DAY)
    assert (draft.version.version, draft.newer, draft.met) == (2, None, 6)
    with pytest.raises(NotComplete):
        hand_in(application=other, revision=other.revision, declared=True, by=other.applicant, at=NOW + DAY)
    assert check_application(found, day=TODAY).newer is None


@pytest.mark.parametrize("kind", ["agency", "trader"])
def test_again_only_six_months_after_a_cancellation(kind):
    shipped_requirements()
    if kind == "agency":
        registered = agency(OrganizationFactory(broker=True, corporate_number="1101110062432"))
        by = registered.organization.memberships.first().user
        cancelled(registered)
        made = agency_draft(by, complete=True)
    else:
        registered = trader()
        cancelled(registered)
        made = trader_draft(registered.user, complete=True)
    for at in (NOW, datetime.datetime(2026, 12, 10, 14, 59, tzinfo=datetime.UTC)):
        with pytest.raises(NotComplete, match=date_format(datetime.date(2026, 12, 11), "SHORT_DATE_FORMAT")):
            hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=at)
    first = datetime.datetime(2026, 12, 10, 15, 0, tzinfo=datetime.UTC)  # 11 December begins in Korea
    assert hand_in(application=made, revision=made.revision, declared=True, by=made.applicant, at=first).is_new
