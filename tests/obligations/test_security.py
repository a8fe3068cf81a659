"""Nothing of a security project is shown, counted or offered, by service, signal or SQL."""

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction

from obligations.enums import DutyState
from obligations.models import Discharge, Obligation, RnDProject
from obligations.services.discharge import discharge
from obligations.services.projects import ProjectData, change_project
from obligations.services.results import ResultData, add_result
from obligations.services.run_duties import run_duties
from obligations.services.secrecy import SecurityProject, secret_listings
from obligations.services.settle import settle
from tech_listings.events import listings_written
from tech_listings.models import Listing, Right
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, TODAY, ProjectFactory, ResultFactory, duty, named, rules
from tests.factories.tech_listings import ListingFactory, patent, publish

REFUSED = (IntegrityError, InternalError, ProgrammingError)


def draft_of(result):
    return ListingFactory(holder=result.owner, draft=True, rights=[patent() | {"application_number": result.number}])


def test_its_number_cannot_be_published_by_the_service():
    result = ResultFactory(project__security=True)
    draft = draft_of(result)
    with pytest.raises((SecurityProject, *REFUSED)), transaction.atomic():
        publish(listing=draft, by=MembershipFactory(organization=result.owner).user, at=NOW)
    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("draft", None)


def test_nor_by_sql():
    draft = draft_of(ResultFactory(project__security=True))
    for state in ("submitted", "in_review"):
        Listing.objects.filter(pk=draft.pk).update(state=state)
    with pytest.raises(REFUSED, match="security project"), transaction.atomic():
        Listing.objects.filter(pk=draft.pk).update(state="published", number="S2026000009", registered_at=NOW)
    assert not secret_listings().exists()


@pytest.mark.parametrize("state", ["under_negotiation", "contracted"])
def test_what_everybody_sees_is_what_a_security_project_must_not_show(state):
    result = ResultFactory(number="1020240000001")
    ListingFactory(holder=result.owner, state=state, rights=[patent() | {"application_number": result.number}])
    with pytest.raises(REFUSED, match="withdraw it before"), transaction.atomic():
        RnDProject.objects.filter(pk=result.project_id).update(is_security=True)


def test_what_becomes_secret_is_withdrawn_and_owed_no_more():
    rules()
    result = ResultFactory(number="1020240000001")
    listing = ListingFactory(holder=result.owner, rights=[patent() | {"application_number": result.number}])
    found = duty(result)
    assert found.state == DutyState.VERIFIED
    project = result.project
    data = ProjectData(
        number=project.number, title=project.title, ministry=project.ministry, lead=project.lead,
        starts_on=project.starts_on, ends_on=project.ends_on, is_security=True,
    )  # fmt: skip
    officer = MembershipFactory(government=True).user

    change_project(project=project, data=data, by=officer, at=NOW)

    listing.refresh_from_db()
    found.refresh_from_db()
    assert listing.state == "withdrawn"
    assert "security" not in listing.withdrawn_reason
    assert (found.state, found.closed_reason) == ("dropped", "project_security")
    for model in (RnDProject, Obligation, Discharge):
        assert not model.objects.visible_to(officer).exists()


def test_a_project_with_a_public_technology_does_not_become_secret_by_sql():
    result = ResultFactory()
    ListingFactory(holder=result.owner, rights=[patent() | {"application_number": result.number}])
    with pytest.raises(REFUSED), transaction.atomic():
        RnDProject.objects.update(is_security=True)
    assert not RnDProject.objects.filter(is_security=True).exists()


def test_a_secret_result_does_not_take_a_public_number():
    project = ProjectFactory(security=True)
    ListingFactory(holder=project.lead, rights=[patent() | {"application_number": "1020240000005"}])
    with pytest.raises(SecurityProject):
        add_result(
            project=project,
            data=ResultData(
                kind="patent", title="성과", owner=project.lead, number="1020240000005", completed_on=TODAY
            ),
            by=MembershipFactory(organization=project.lead).user,
            at=NOW,
        )
    with pytest.raises(REFUSED), transaction.atomic():
        ResultFactory(project=project, number="1020240000005")


def test_nothing_discharges_a_duty_of_it():
    found = duty(number="")
    listing = ListingFactory(holder=found.institute)
    RnDProject.objects.update(is_security=True)
    with pytest.raises(SecurityProject):
        discharge(obligation=found, listing=listing, by=MembershipFactory(organization=found.institute).user, at=NOW)
    with pytest.raises(REFUSED), transaction.atomic():
        named(found, listing)


def test_an_import_that_brings_its_number_is_withdrawn_in_the_same_transaction(django_capture_on_commit_callbacks):
    result = ResultFactory(project__security=True)
    listing = ListingFactory(holder=result.owner)
    Right.objects.create(listing=listing, **patent() | {"application_number": result.number})
    listings_written.send(sender=Listing, listing_ids=[listing.pk], at=NOW)
    listing.refresh_from_db()
    assert listing.state == "withdrawn"


def test_the_night_withdraws_what_came_past_everything():
    rules()
    result = ResultFactory(project__security=True)
    listing = ListingFactory(holder=result.owner)
    Right.objects.create(listing=listing, **patent() | {"application_number": result.number})
    assert run_duties(at=NOW) == {"secret_withdrawn": 1}
    listing.refresh_from_db()
    assert listing.state == "withdrawn"


def test_dropped_when_it_turns_secret_and_back_when_it_is_released():
    found = duty()
    for is_security, state in ((True, "dropped"), (False, "due")):
        RnDProject.objects.update(is_security=is_security)
        settle(projects=[found.project_id], at=NOW)
        found.refresh_from_db()
        assert found.state == state
