"""The work list, drafts and links for programs: as the page."""

import pytest

from obligations.models import Discharge, DutyDraft
from tech_listings.models import Listing
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.obligations import ProjectFactory, ResultFactory, duty
from tests.factories.tech_listings import ListingFactory, patent

WORK = "/api/v1/work/"


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def program(client, member):
    return sign_in(client, member.user)


def owed(member, **result):
    return duty(ResultFactory(project=ProjectFactory(lead=member.organization), **result))


def post(client, url, **data):
    return client.post(url, data, content_type="application/json")


def test_the_list_says_the_next_step(program, member):
    one = owed(member, number="1020230000007")
    listing = ListingFactory(holder=member.organization, draft=True, rights=[patent(7)])
    found = program.get(WORK).json()
    row = found["results"][0]
    assert (found["count"], row["id"], row["next_step"]) == (1, str(one.public_id), "link")
    assert row["same_patent"]["id"] == str(listing.public_id)
    assert row["days_left"] < 0
    assert program.get(WORK, {"when": "later"}).json()["count"] == 0


def test_a_draft_is_made_once(program, member):
    url = f"{WORK}{owed(member).public_id}/draft/"
    first, second = post(program, url), post(program, url)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["quality"]["score"] == 20
    assert {part["part"] for part in first.json()["quality"]["missing"]} >= {"value", "number", "trl"}
    assert program.get(WORK).json()["results"][0]["next_step"] == "complete"
    assert Listing.objects.count() == 1


def test_the_same_patent_is_a_conflict_until_linked_or_meant(program, member):
    one = owed(member, number="1020230000007")
    listing = ListingFactory(holder=member.organization, draft=True, rights=[patent(7)])
    refused = post(program, f"{WORK}{one.public_id}/draft/")
    assert (refused.status_code, refused.json()["code"]) == (409, "same_patent")
    linked = post(program, f"{WORK}{one.public_id}/link/", listing=str(listing.public_id))
    assert linked.json() == {"is_done": False}
    assert DutyDraft.objects.get().listing == listing
    other = owed(member, number="1020230000007")
    assert post(program, f"{WORK}{other.public_id}/draft/", anyway=True).status_code == 201


def test_a_public_technology_does_the_duty_at_once(program, member):
    one = owed(member, kind="know_how", number="")
    listing = ListingFactory(holder=member.organization)
    assert post(program, f"{WORK}{one.public_id}/link/", listing=str(listing.public_id)).json() == {"is_done": True}
    assert Discharge.objects.get().listing == listing


@pytest.mark.parametrize("query", [{"when": "moon"}, {"colour": "red"}, {"limit": "x"}])
def test_what_cannot_be_asked_is_an_error(program, query):
    assert program.get(WORK, query).status_code == 400


@pytest.mark.parametrize("body", [{"anyway": "perhaps"}, {"anyway": []}])
def test_hostile_bodies_make_nothing(program, member, body):
    assert post(program, f"{WORK}{owed(member).public_id}/draft/", **body).status_code == 400
    assert not Listing.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("stranger", 404), ("firm", 404), ("viewer", 404), ("other_institute", 404), ("officer", 403), ("staff", 201)],
)
def test_who_makes_drafts(client, world, who, status):
    one = duty(project__lead=world.institute)
    sign_in(client, world.person(who))
    assert post(client, f"{WORK}{one.public_id}/draft/").status_code == status
    assert Listing.objects.count() == (1 if status == 201 else 0)
