"""A day with a slip in its year is refused by the services and the API, not only by forms."""

from datetime import date

import pytest
from django.urls import reverse

from marketplace.core.errors import DomainError
from obligations.models import ResearchResult, RnDProject
from obligations.services.projects import DAYS, ProjectData, add_project
from obligations.services.results import add_result
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, ProjectFactory, ResultFactory, officer, result_data, rules

FAR = [date(1, 1, 1), date(1949, 12, 31), date(2100, 1, 1), date(9999, 12, 31)]


@pytest.fixture(autouse=True)
def law():
    rules()


@pytest.mark.parametrize("day", FAR)
@pytest.mark.parametrize("name", DAYS)
def test_of_a_project(name, day):
    lead = MembershipFactory(institute=True).organization
    said = {"starts_on": date(2024, 1, 1), "ends_on": date(2026, 12, 31), name: day}
    data = ProjectData(number="RS-2024-1", title="과제", ministry="부처", lead=lead, **said)
    with pytest.raises(DomainError) as refused:
        add_project(data=data, by=officer(), at=NOW)
    assert refused.value.field == name
    assert not RnDProject.objects.exists()


@pytest.mark.parametrize("day", FAR)
@pytest.mark.parametrize("is_expected", [False, True])
def test_of_a_result(day, is_expected):
    project = ProjectFactory()
    data = result_data(ResultFactory.build(project=project), completed_on=day, is_expected=is_expected)
    with pytest.raises(DomainError) as refused:
        add_result(project=project, data=data, by=officer(), at=NOW)
    assert refused.value.field == "completed_on"
    assert not ResearchResult.objects.exists()


@pytest.mark.parametrize("day", FAR)
def test_sent_by_a_program(day):
    member = MembershipFactory(institute=True)
    project = ProjectFactory(lead=member.organization)
    body = {"kind": "patent", "title": "성과", "completed_on": day.isoformat()}
    answer = api_of(member.user).post(
        reverse("obligations-api:project-results", args=[project.public_id]), body, format="json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "completed_on")
    assert not ResearchResult.objects.exists()


def test_unknown_fields_are_named(client):
    member = MembershipFactory(institute=True)
    project = ProjectFactory(lead=member.organization)
    body = {"kind": "patent", "title": "성과", "completed_on": "2026-06-01", "complete_on": "2026-06-01"}
    answer = api_of(member.user).post(
        reverse("obligations-api:project-results", args=[project.public_id]), body, format="json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "complete_on")
    assert not ResearchResult.objects.exists()


def test_paging_of_what_has_no_pages_is_refused(client):
    url = reverse("obligations-api:overdue")
    assert client.get(url, {"limit": 1}).json()["errors"][0]["field"] == "limit"
    assert client.get("/api/v1/listings/", {"limit": 1}).status_code == 200
