"""Who may see and change a saved search, on pages and by the API; its states."""

import itertools
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.urls import reverse

from accounts.events import personal_data_requested
from marketplace.core.states import IllegalTransition
from matching.enums import SEARCH_STATES, SearchState
from matching.models import Match, SavedSearch
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.matching_searches import TUESDAY, match_of, saved_search

DAY = timedelta(days=1)


def rows():
    return list(SavedSearch.objects.order_by("pk").values())


# --- who may ----------------------------------------------------------------------------------------------------------

ACTIONS = {  # page: (method, status for the owner); what it needs to do something
    "search_detail": ("get", 200),
    "search_export": ("get", 200),
    "search_change": ("post", 302),
    "search_open": ("post", 302),
    "search_keep": ("post", 302),
    "search_pause": ("post", 302),
    "search_resume": ("post", 302),
    "search_delete": ("post", 302),
    "search_judge": ("post", 302),
}
PEOPLE = {
    "anonymous": lambda owner: None,
    "stranger": lambda owner: UserFactory(),
    "colleague": lambda owner: MembershipFactory(organization=owner.memberships.get().organization, manager=True).user,
    "officer": lambda owner: MembershipFactory(government=True, user__second_factor=True).user,
    "owner": lambda owner: owner,
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("action", ACTIONS)
def test_pages_are_for_the_owner_alone(client, who, action):
    owner = MembershipFactory().user
    search = saved_search(by=owner, name="Canary search")
    match = match_of(search)
    before = (rows(), list(Match.objects.values()))
    person = PEOPLE[who](owner)
    if person:
        sign_in(client, person)
    method, status = ACTIONS[action]
    target = match if action == "search_judge" else search
    given = {"name": "Other", "rate": "off", "why_not": "known"} if method == "post" else {}

    answer = getattr(client, method)(reverse(f"matching:{action}", args=[target.public_id]), given)

    assert answer.status_code == {"owner": status, "anonymous": 302}.get(who, 404)
    if who != "owner":
        assert "Canary search" not in getattr(answer, "text", "") or answer.streaming
        assert (rows(), list(Match.objects.values())) == before


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_the_api_is_for_the_owner_alone(who, method):
    owner = MembershipFactory().user
    search = saved_search(by=owner)
    api = api_of(PEOPLE[who](owner))
    before = rows()

    address = reverse("matching-api:search", args=[search.public_id])
    answer = api.patch(address, {"rate": "off"}, format="json") if method == "patch" else getattr(api, method)(address)
    matches = api.get(reverse("matching-api:search-matches", args=[search.public_id]))

    own = {"get": 200, "patch": 200, "delete": 204}[method]
    assert answer.status_code == {"owner": own, "anonymous": 401}.get(who, 404)
    assert matches.status_code == {"owner": 404 if method == "delete" else 200, "anonymous": 401}.get(who, 404)
    assert (rows() == before) == (who != "owner" or method == "get")


def test_lists_of_others_say_nothing(client):
    saved_search(name="Canary search")
    other = sign_in(client, UserFactory())
    assert "Canary search" not in other.get(reverse("matching:search_list")).text
    assert api_of(UserFactory()).get(reverse("matching-api:searches")).json()["count"] == 0


def test_addresses_that_change_something_do_nothing_at_get(signed_in, owner):
    search = saved_search(by=owner)
    for action, (method, _status) in ACTIONS.items():
        if method == "post":
            assert signed_in.get(reverse(f"matching:{action}", args=[search.public_id])).status_code == 302


# --- the API ----------------------------------------------------------------------------------------------------------


def test_the_api_saves_lists_changes_and_deletes(owner):
    api = api_of(owner)
    address = reverse("matching-api:searches")

    made = api.post(address, {"query": "q=수소&listed=7"}, format="json")
    again = api.post(address, {"query": "q=수소", "rate": "weekly"}, format="json")

    assert (made.status_code, again.status_code) == (201, 200)
    body = again.json()
    assert made.json()["id"] == body["id"]
    assert body["query"] == "q=%EC%88%98%EC%86%8C"
    assert (body["name"], body["rate"], body["state"]) == ("수소", "weekly", "active")
    search = SavedSearch.objects.get()
    match_of(search, reason={"words": ["수소"], "of": 2, "meaning": 61}, at=search.opened_at + DAY)
    one = reverse("matching-api:search", args=[search.public_id])
    assert (api.get(one).json()["found"], api.get(one).json()["new"]) == (1, 1)
    (row,) = api.get(reverse("matching-api:search-matches", args=[search.public_id])).json()["results"]
    assert row["reason"] == {"words": ["수소"], "meaning": 61, "text": "Has: 수소. Similar meaning, 61 %."}

    changed = api.patch(one, {"name": "Hydrogen", "state": "paused"}, format="json").json()
    assert (changed["name"], changed["rate"], changed["state"]) == ("Hydrogen", "weekly", "paused")
    assert api.patch(one, {"state": "active"}, format="json").json()["state"] == "active"
    assert api.delete(one).status_code == 204
    assert api.get(address).json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "colour=red"}, "query"),
        ({"query": "q=수소", "rate": "hourly"}, "rate"),
        ({"query": "q=수소", "name": "x" * 121}, "name"),
    ],
)
def test_the_api_names_the_field_it_refuses(owner, body, field):
    answer = api_of(owner).post(reverse("matching-api:searches"), body, format="json")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert rows() == []


# --- states, constraints, what is kept about a person -----------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(SearchState, 2)))
def test_python_and_the_database_agree_on_every_move(before, after):
    search = saved_search()
    fields = {SearchState.ACTIVE: {"paused_at": None}, SearchState.PAUSED: {"paused_at": TUESDAY}}
    SavedSearch.objects.filter(pk=search.pk).update(state=before, **fields[before])
    search.refresh_from_db()
    if SEARCH_STATES.can(search, after):
        SEARCH_STATES.move(search, after, **fields[after])
        search.refresh_from_db()
        assert search.state == after
    else:
        with pytest.raises(IllegalTransition):
            SEARCH_STATES.move(search, after, **fields[after])
        with pytest.raises(InternalError), transaction.atomic():
            SavedSearch.objects.filter(pk=search.pk).update(state=after, **fields[after])


@pytest.mark.parametrize(
    "changes",
    [{"state": "gone"}, {"rate": "hourly"}, {"state": "paused"}, {"paused_at": TUESDAY}],
)
def test_a_state_has_the_fields_it_needs_and_no_others(changes):
    search = saved_search()
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        SavedSearch.objects.filter(pk=search.pk).update(**changes)


def test_what_is_kept_about_a_person_can_be_taken_along(owner):
    search = saved_search(by=owner, name="Mine")
    saved_search(name="Not mine")
    kept = dict(answer for _receiver, answer in personal_data_requested.send(sender=type(owner), user=owner))
    assert [row["name"] for row in kept["saved_searches"]] == ["Mine"]
    assert kept["saved_searches"][0]["query"] == search.query
    assert kept["alerted_technologies"] == []


def test_an_account_that_goes_takes_its_searches_along(owner):
    match_of(saved_search(by=owner))
    owner.delete()
    assert (SavedSearch.objects.count(), Match.objects.count()) == (0, 0)
