"""What was found and verified by a number holds while the number, the holder and the project agree."""

import pytest

from marketplace.core.errors import DomainError
from obligations.enums import DutyState, VerifiedHow, WhyEnded
from obligations.models import Discharge, Obligation, ResearchResult, RnDProject
from obligations.services.discharge import discharge
from obligations.services.projects import ProjectData, change_project, restore_project
from obligations.services.results import change_result, merge_results, restore_result
from obligations.services.run_duties import run_duties
from obligations.services.settle import settle
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, duty, officer, result_data
from tests.factories.tech_listings import ListingFactory, patent

NUMBER, OTHER = "1020240000001", "1020240000002"


@pytest.fixture
def by_itself():
    """A duty done and verified by a technology with the number of its result."""
    result = ResultFactory(number=NUMBER)
    ListingFactory(holder=result.owner, rights=[patent(application_number=NUMBER)])
    found = duty(result)
    assert (found.state, found.verified_how) == (DutyState.VERIFIED, VerifiedHow.AUTOMATIC)
    return found


def change(found, **changes):
    change_result(result=found.result, data=result_data(found.result, **changes), by=officer(), at=NOW)
    found.refresh_from_db()
    found.result.refresh_from_db()
    return found.state


def nights_change_nothing(found):
    before = (Obligation.objects.get(pk=found.pk).revision, list(Discharge.objects.order_by("pk").values()))
    assert not run_duties(at=NOW)
    assert (Obligation.objects.get(pk=found.pk).revision, list(Discharge.objects.order_by("pk").values())) == before


def test_with_another_number_it_is_owed_again_and_the_institute_is_told(by_itself):
    """Else the number of anything on offer verifies a result, which then gets its own number."""
    staff = MembershipFactory(organization=by_itself.institute).user
    assert change(by_itself, number=OTHER) == DutyState.DUE
    assert by_itself.calendar_from is None
    assert Discharge.objects.get().why_ended == WhyEnded.NUMBER
    assert staff.notifications.filter(kind="duty_open_again").count() == 1
    nights_change_nothing(by_itself)
    assert change(by_itself, number=NUMBER) == DutyState.VERIFIED
    nights_change_nothing(by_itself)


def test_the_right_of_the_technology_gets_another_number(by_itself):
    listing = Discharge.objects.get().listing
    listing.rights.update(application_number=OTHER)
    settle(projects=[by_itself.project_id], at=NOW)
    by_itself.refresh_from_db()
    assert by_itself.state == DutyState.DUE


def test_a_holder_who_takes_part_no_more_leaves_it_to_an_officer():
    """The number still agrees: the technology counts, and somebody looks at it."""
    lead, partner = (OrganizationFactory(institute=True) for _ in range(2))
    project = ProjectFactory(lead=lead, with_partners=[partner])
    result = ResultFactory(project=project, owner=partner, number=NUMBER)
    ListingFactory(holder=partner, rights=[patent(application_number=NUMBER)])
    found = duty(result)
    assert found.state == DutyState.VERIFIED
    said = {name: getattr(project, name) for name in ProjectData.__dataclass_fields__}
    change_project(project=project, data=ProjectData(**{**said, "partners": []}), by=officer(), at=NOW)
    found.refresh_from_db()
    assert (found.state, Discharge.objects.get().ended_at) == (DutyState.LISTED, None)
    nights_change_nothing(found)


def test_what_a_person_named_stays_whatever_its_number(by_itself):
    staff = MembershipFactory(organization=by_itself.institute).user
    named = ListingFactory(holder=by_itself.institute)
    discharge(obligation=by_itself, listing=named, by=staff, at=NOW)
    assert change(by_itself, number=OTHER) == DutyState.LISTED
    assert list(Discharge.objects.live().values_list("listing", flat=True)) == [named.pk]


def test_what_was_merged_keeps_what_was_found_for_the_other(by_itself):
    stays = ResultFactory(project=by_itself.project, number=OTHER)
    other = duty(stays)
    merge_results(result=by_itself.result, into=stays, by=officer(), at=NOW)
    other.refresh_from_db()
    assert other.state == DutyState.LISTED
    nights_change_nothing(other)


# --- what must not make a duty vanish, or count twice ---


def test_a_reported_result_is_not_merged_into_an_expected_one():
    """Only what is reported is owed: merged into an expected one, it would be owed no more."""
    found = duty(ResultFactory(number=""))
    expected = ResultFactory(project=found.project, number="", is_expected=True, completed_on=None)
    with pytest.raises(DomainError) as refused:
        merge_results(result=found.result, into=expected, by=officer(), at=NOW)
    assert refused.value.field == "into"
    found.refresh_from_db()
    assert (found.state, found.result.merged_into) == (DutyState.DUE, None)


def test_taking_back_a_deletion_that_never_was_changes_nothing():
    result = duty(ResultFactory(number="")).result
    who = officer()
    restore_result(result=result, by=who, at=NOW)
    restore_project(project=result.project, by=who, at=NOW)
    assert ResearchResult.objects.get(pk=result.pk).revision == result.revision
    assert RnDProject.objects.get(pk=result.project_id).revision == result.project.revision
