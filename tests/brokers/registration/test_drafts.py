"""Beginning and saving at any incompleteness, with the requirements that come with the product."""

import datetime

import pytest

from brokers.enums.registration import ApplicationState, RegistrationKind
from brokers.models import Application, RequirementVersion
from brokers.services.registration.draft import save_application, start_application
from brokers.services.registration.load_requirements import (
    RequirementsPublished,
    load_requirements,
    read_product,
)
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from tests.brokers.registration.steps import save, traces
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.register import agency, trader
from tests.factories.brokers.registration import (
    LESSON,
    WORK,
    agency_draft,
    handed_in,
    manager,
    trader_draft,
)

S = ApplicationState
DAY = datetime.timedelta(days=1)


def test_loading_twice_adds_nothing_and_a_published_version_is_never_changed():
    assert load_requirements(versions=read_product(), at=NOW) == (2, 0)
    assert load_requirements(versions=read_product(), at=NOW) == (0, 2)
    assert RequirementVersion.objects.published().count() == 2

    changed = read_product()
    changed[0]["requirements"][1]["least"] = 2
    with pytest.raises(RequirementsPublished):
        load_requirements(versions=changed, at=NOW)
    agencies = RequirementVersion.objects.get(kind="agency")
    assert agencies.requirements.get(key="qualified_staff").least == 3


def test_only_managers_of_a_broker_begin_for_an_agency_and_everybody_for_themselves():
    broker = OrganizationFactory(broker=True)
    refused_people = [
        MembershipFactory(organization=broker).user, UserFactory(), MembershipFactory(institute=True, manager=True).user
    ]  # fmt: skip
    for person in refused_people:
        with pytest.raises(NotAllowed):
            start_application(kind=RegistrationKind.AGENCY, organization=broker, by=person, at=NOW)
    for kind, organization in ((RegistrationKind.AGENCY, None), (RegistrationKind.TRADER, broker)):
        with pytest.raises(NotAllowed):
            start_application(kind=kind, organization=organization, by=manager(broker), at=NOW)
    assert Application.objects.count() == 0

    made = start_application(kind=RegistrationKind.TRADER, organization=None, by=refused_people[1], at=NOW)
    assert (made.state, made.number, made.requirements) == (S.DRAFT, "", None)


def test_beginning_again_gives_the_one_that_is_under_way():
    first = agency_draft()
    again = start_application(
        kind=RegistrationKind.AGENCY, organization=first.organization, by=manager(first.organization), at=NOW
    )
    assert again == first
    sent = handed_in(agency_draft(complete=True))
    given = {"kind": RegistrationKind.AGENCY, "organization": sent.organization, "by": sent.applicant, "at": NOW}
    assert start_application(**given) == sent


def test_who_is_registered_does_not_begin():
    registered = agency()
    by = registered.organization.memberships.first().user
    with pytest.raises(NotPossibleNow, match=registered.number):
        start_application(kind=RegistrationKind.AGENCY, organization=registered.organization, by=by, at=NOW)
    person = trader()
    with pytest.raises(NotPossibleNow):
        start_application(kind=RegistrationKind.TRADER, organization=None, by=person.user, at=NOW)


def test_a_draft_is_saved_as_incomplete_as_it_is():
    made = trader_draft()
    half = {"employer": "", "position": "Researcher", "from_on": None, "to_on": None}
    saved = save(made, career=[half, WORK], training=[{"subject": "law"}], content={"career_route": "researcher"})
    assert saved.revision == 3
    assert saved.career.filter(position="Researcher").count() == 2
    assert saved.training.get().hours is None
    again = save(saved, career=[WORK])
    assert again.career.count() == 1
    assert again.training.count() == 1


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ({"career": [WORK | {"from_on": TODAY + DAY}]}, "career"),
        ({"career": [WORK | {"to_on": TODAY + DAY}]}, "career"),
        ({"career": [WORK | {"to_on": datetime.date(2019, 12, 31)}]}, "career"),
        ({"career": [WORK | {"from_on": datetime.date(202, 1, 1)}]}, "career"),
        ({"career": [WORK | {"employer": "x" * 201}]}, "career"),
        ({"career": [WORK] * 31}, "career"),
        ({"training": [LESSON | {"finished_on": TODAY + DAY}]}, "training"),
        ({"training": [LESSON | {"hours": 0}]}, "training"),
        ({"training": [LESSON | {"subject": "magic"}]}, "training"),
        ({"content": {"career_route": "magic"}}, "career_route"),
        ({"content": {"speciality": "x" * 301}}, "speciality"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changed(rows, field):
    made = trader_draft(complete=True)
    before = traces()
    with pytest.raises(DomainError) as refusal:
        save(made, **rows)
    assert refusal.value.field == field
    assert traces() == before


def test_today_is_no_day_to_come():
    made = trader_draft()
    saved = save(made, career=[WORK | {"from_on": TODAY, "to_on": TODAY}], training=[LESSON | {"finished_on": TODAY}])
    assert saved.career.get().to_on == TODAY


def test_who_saves_an_old_page_is_told():
    made = agency_draft()
    save(made, content={"speciality": "First"})
    before = traces()
    with pytest.raises(ChangedMeanwhile):
        save_application(application=made, revision=2, content={"speciality": "Second"}, by=made.applicant, at=NOW)
    assert traces() == before
