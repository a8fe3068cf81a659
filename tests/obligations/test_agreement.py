"""Which of number, holder and project do not agree is said to the institute, to programs and to the officer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from obligations.agreement import disagreements
from obligations.enums import Agreement, DutyState
from obligations.models import Discharge
from obligations.services.discharge import discharge
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, duty, officer
from tests.factories.tech_listings import ListingFactory, patent

NUMBER = "1020240000001"


class Case:
    def __init__(self):
        self.lead, self.partner = (OrganizationFactory(institute=True) for _ in range(2))
        self.project = ProjectFactory(lead=self.lead, with_partners=[self.partner])
        self.duty = duty(ResultFactory(project=self.project, number=NUMBER))
        self.staff = MembershipFactory(organization=self.lead).user

    def listing(self, *, holder=None, number=NUMBER):
        return ListingFactory(holder=holder or self.lead, rights=[patent(application_number=number)])

    def name(self, listing):
        discharge(obligation=self.duty, listing=listing, by=self.staff, at=NOW)
        (found,) = disagreements(Discharge.objects.live().filter(obligation=self.duty)).values()
        return found


@pytest.fixture
def case():
    return Case()


def test_all_agrees(case):
    assert case.name(case.listing()) == []


def test_another_number(case):
    assert case.name(case.listing(number="1020240000002")) == [Agreement.NUMBER]


def test_without_a_number_there_is_nothing_to_compare(case):
    case.duty = duty(ResultFactory(project=case.project, number="", kind="know_how"))
    assert case.name(case.listing(number="1020240000002")) == []


def test_another_holder_of_the_project(case):
    assert case.name(case.listing(holder=case.partner)) == [Agreement.HOLDER]


def test_a_number_that_two_projects_claim(case):
    ResultFactory(number=NUMBER)
    ResultFactory(number=NUMBER, project__is_security=True)
    assert case.name(case.listing()) == [Agreement.PROJECT]


def test_of_a_security_project_nothing_is_said(case):
    ResultFactory(number=NUMBER, project__is_security=True)
    assert case.name(case.listing()) == []


def test_the_page_warns_who_named_an_unrelated_technology(client, case):
    listing = case.listing(number="1020240000002")
    desk = sign_in(client, case.staff)
    sent = {"revision": case.duty.revision, "listing": listing.number}
    page = desk.post(reverse("obligations:duty_discharge", args=[case.duty.public_id]), sent, follow=True)
    assert "Result and technology do not agree: application number." in page.text
    assert "Does not agree: application number" in page.text
    assert "do not agree" not in desk.get(reverse("obligations:duty", args=[case.duty.public_id])).text


def test_the_answer_to_a_program_says_it(case):
    listing = case.listing(number="1020240000002")
    url = reverse("obligations-api:discharge", args=[case.duty.public_id])
    answer = api_of(case.staff).post(url, {"revision": case.duty.revision, "listing": listing.number}, format="json")
    assert answer.json()["discharges"][0]["disagrees"] == ["number"]


def test_the_officer_sees_it_and_may_say_that_it_is_not_this_one(client, case):
    case.name(case.listing(number="1020240000002"))
    case.duty.refresh_from_db()
    desk = sign_in(client, officer(user=UserFactory(second_factor=True)))
    assert "Does not agree: application number" in desk.get(reverse("obligations:to_verify")).text
    chosen = {"duty": f"{case.duty.public_id}:{case.duty.revision}"}
    check = desk.post(reverse("obligations:verify_chosen"), chosen)
    assert "Not everything agrees" in check.text
    assert "Does not agree: application number" in check.text
    sent = {"revision": case.duty.revision, "listing": str(Discharge.objects.get().listing.public_id)}
    assert "It is not this one" in desk.get(reverse("obligations:duty", args=[case.duty.public_id])).text
    assert desk.post(reverse("obligations:duty_undischarge", args=[case.duty.public_id]), sent).status_code == 302
    case.duty.refresh_from_db()
    assert case.duty.state == DutyState.DUE
    assert case.staff.notifications.filter(kind="duty_open_again").count() == 1


def test_as_many_questions_for_many_as_for_few(case):
    asked = []
    for many in (1, 5):
        for _ in range(many):
            more = Case()
            more.name(more.listing(number="1020240000002"))
        with CaptureQueriesContext(connection) as captured:
            disagreements(Discharge.objects.live())
        asked.append(len(captured))
    assert asked[0] == asked[1] <= 5
