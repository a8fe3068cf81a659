"""The money of the research is that of the R&D project behind the technology, and typed only where none is known."""

import datetime

import pytest
from django.urls import reverse

from marketplace.core.errors import DomainError
from obligations.enums import WhyEnded
from royalties.models import SharePlan
from royalties.queries.funding import money_behind
from royalties.services.share.plan import Given
from tests.brokers.conftest import api_of
from tests.factories.accounts import sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, duty, named
from tests.factories.royalties.income import MILLION, NOW, PLAN, SHARES, concluded, manager, planned
from tests.royalties.income.test_api import PEOPLE, post

OWN = Given(shares_bp=SHARES, people=PLAN.people)


def behind(contract, government_won=60 * MILLION, total_won=100 * MILLION, **project):
    """The project whose result the holder has listed with the contract's technology."""
    money = {"government_won": government_won, "total_won": total_won}
    result = ResultFactory(project=ProjectFactory(**money, **project), owner=contract.holder)
    return named(duty(result), contract.listing)


def test_a_plan_takes_it_from_the_project_and_says_from_which():
    contract = concluded()
    project = behind(contract).obligation.project
    plan = planned(contract, OWN)
    assert (plan.government_won, plan.total_won, plan.projects) == (60 * MILLION, 100 * MILLION, [project.number])


def test_where_no_project_is_known_it_is_typed():
    plan = planned(concluded())
    assert (plan.government_won, plan.total_won, plan.projects) == (80 * MILLION, 100 * MILLION, [])


def test_other_money_than_the_projects_is_refused():
    contract = concluded()
    behind(contract)
    with pytest.raises(DomainError) as refusal:
        planned(contract, PLAN)
    assert refusal.value.field == "government_won"
    assert not SharePlan.objects.exists()


def test_of_several_projects_the_sums_count_and_one_without_money_leaves_all_unknown():
    contract = concluded()
    behind(contract)
    behind(contract, 10 * MILLION, 100 * MILLION)
    found = money_behind(contract.listing)
    assert (found.government_won, found.total_won, len(found.numbers)) == (70 * MILLION, 200 * MILLION, 2)
    assert found.starts_on is None
    behind(contract, 0, 0)
    assert money_behind(contract.listing) is None


def test_what_is_no_project_of_it_gives_nothing():
    contract = concluded()
    undone = behind(contract)
    undone.ended_at, undone.why_ended = NOW, WhyEnded.UNDONE
    undone.save()
    deleted = behind(contract).obligation.project
    deleted.deleted_at = NOW
    deleted.save()
    behind(concluded())
    assert money_behind(contract.listing) is None


def test_off_the_market_it_came_of_its_project_nevertheless():
    contract = concluded()
    found = behind(contract, starts_on=datetime.date(2024, 3, 1))
    found.ended_at, found.why_ended = NOW, WhyEnded.WITHDRAWN
    found.save()
    assert money_behind(contract.listing).starts_on == datetime.date(2024, 3, 1)


def test_the_page_shows_it_without_a_field_and_tells_when_it_has_changed(client):
    contract = concluded()
    project = behind(contract).obligation.project
    sign_in(client, manager(contract.holder))
    address = reverse("royalties:plan", args=[contract.public_id])
    page = client.get(address)
    assert project.number in page.text
    assert "60,000,000" in page.text
    assert 'name="government_won"' not in page.text

    planned(contract, OWN)
    assert not client.get(address).context["is_newer"]
    project.government_won = 50 * MILLION
    project.save()
    assert client.get(address).context["is_newer"]


def test_a_program_leaves_it_out_and_reads_it():
    contract = concluded()
    project = behind(contract).obligation.project
    api = api_of(manager(contract.holder))
    body = {"seen": 0, "shares_bp": SHARES, "people": PEOPLE}
    wrong = post(api, "share-plans", contract, body | {"government_won": 1, "total_won": 2})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "government_won")
    made = post(api, "share-plans", contract, body).json()
    assert (made["government_won"], made["projects"]) == (60 * MILLION, [project.number])
