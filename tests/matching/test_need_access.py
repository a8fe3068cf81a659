"""Who may do what with a need, as tables: pages and API, with the effect absent where it is refused."""

import copy
import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from matching.models import Match, Need, NeedAnswer
from notifications.models import Notification
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import sign_in
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.matching.conftest import World

#                     page see, change, answer;  api see, change, answer
TABLE = {
    "anonymous": ((302, 302, 302), (401, 401, 401)),
    "stranger": ((404, 404, 404), (404, 404, 404)),
    "other_firm": ((404, 404, 404), (404, 404, 404)),
    "firm_asked_to_join": ((404, 404, 404), (404, 404, 404)),
    "firm_viewer": ((200, 403, 403), (200, 403, 403)),
    "firm_staff": ((200, 302, 403), (200, 200, 403)),
    "firm_manager": ((200, 302, 403), (200, 200, 403)),
    "institute_viewer": ((200, 403, 403), (200, 403, 403)),
    "institute_staff": ((200, 403, 302), (200, 403, 200)),
    "institute_manager": ((200, 403, 302), (200, 403, 200)),
    "agency_staff": ((200, 403, 302), (200, 403, 200)),
    "officer": ((200, 403, 403), (200, 403, 403)),
}
ACTIONS = ("close", "reopen", "edit", "judge", "take_back", "answer")
CHANGES = ("close", "reopen", "edit")


def soon():
    return (timezone.localdate() + datetime.timedelta(days=9)).isoformat()


@pytest.fixture(scope="module")
def made_once(rows_of_the_module):
    made = World()
    for name in made.makers:
        made.person(name)
    return made


@pytest.fixture
def world(made_once):
    return copy.deepcopy(made_once)


@pytest.fixture
def need(world):
    return NeedFactory(organization=world.firm, owner=world.firm_staff, answer_by=soon())


@pytest.fixture
def match(world, need):
    return NeedMatchFactory(need=need, listing=world.listing)


def traces():
    return (
        list(Need.objects.values().order_by("pk")),
        list(Match.objects.values().order_by("pk")),
        NeedAnswer.objects.count(),
        Notification.objects.count(),
    )


def page_of(action, need, match, user):
    if action in {"judge", "take_back"}:
        return reverse(f"matching:match_{action}", args=[match.public_id])
    return reverse(f"matching:need_{action}", args=[need.public_id])


def typed(action, need, world, user):
    organization = user.active_organizations().first() if user else None
    return {
        "close": {"outcome": "found"},
        "reopen": {"answer_by": soon()},
        "edit": {
            "organization": str(need.organization.public_id), "title": "New", "problem": "x", "answer_by": soon(),
            "rate": "off", "revision": need.revision,
        },
        "judge": {"why_not": "known"},
        "take_back": {},
        "answer": {
            "organization": str(organization.public_id) if organization else "", "kind": "no_supply",
        },
    }[action]  # fmt: skip


def ready(action, need, match):
    if action == "reopen":
        Need.objects.filter(pk=need.pk).update(state="closed", outcome="found", closed_at=need.opened_at)
    if action == "take_back":
        Match.objects.filter(pk=match.pk).update(why_not="known", judged_at=need.opened_at)
    need.refresh_from_db()


def expected(who, action, face):
    see, change, answers = TABLE[who][0 if face == "page" else 1]
    if action == "answer":
        return answers
    if action in {"judge", "take_back"} and see == 200 and not who.startswith("firm"):
        return 404  # the matches of others do not exist
    if action == "reopen" and see == 200 and not who.startswith("firm"):
        return 404  # closed, so only for the firm and whoever answered
    return change


@pytest.mark.parametrize("who", TABLE)
def test_seeing(client, world, need, who):
    user = world.person(who)
    if user:
        sign_in(client, user)
    (page, _, _), (api, _, _) = TABLE[who]
    inner = page if who.startswith("firm") or page == 302 else 404
    assert client.get(reverse("matching:need", args=[need.public_id])).status_code == page
    for name in ("need_posted", "need_matches", "match_export"):
        assert client.get(reverse(f"matching:{name}", args=[need.public_id])).status_code == inner, name
    assert api_of(user).get(reverse("matching-api:need", args=[need.public_id])).status_code == api


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", TABLE)
def test_acting_on_pages(client, world, need, match, who, action):
    user = world.person(who)
    ready(action, need, match)
    before = traces()
    if user:
        sign_in(client, user)
    got = client.post(page_of(action, need, match, user), typed(action, need, world, user))
    assert got.status_code == expected(who, action, "page")
    assert (traces() != before) == (user is not None and got.status_code == 302)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", TABLE)
def test_acting_by_programs(world, need, match, who, action):
    user = world.person(who)
    ready(action, need, match)
    before, api = traces(), api_of(user)
    address = {
        "edit": "matching-api:need", "close": "matching-api:need-close", "reopen": "matching-api:need-reopen",
        "answer": "matching-api:need-answers", "judge": "matching-api:match-feedback",
        "take_back": "matching-api:match-feedback",
    }[action]  # fmt: skip
    target = match if action in {"judge", "take_back"} else need
    call = {"edit": api.patch, "judge": api.put, "take_back": api.delete}.get(action, api.post)
    given = {"title": "New", "revision": need.revision} if action == "edit" else typed(action, need, world, user)
    given = {name: value for name, value in given.items() if name != "organization"}
    got = call(reverse(address, args=[target.public_id]), given, format="json")
    assert got.status_code == expected(who, action, "api"), got.text
    assert (traces() != before) == (got.status_code == 200)


POSTING = {
    "anonymous": (302, 401),
    "stranger": (403, 403),
    "firm_viewer": (403, 403),
    "firm_staff": (302, 201),
    "firm_manager": (302, 201),
    "agency_staff": (302, 201),
    "institute_staff": (403, 403),
    "officer": (403, 403),
}


@pytest.mark.parametrize("who", POSTING)
def test_posting(client, world, who):
    user = world.person(who)
    if user:
        sign_in(client, user)
    page, api = POSTING[who]
    given = {"title": "수소", "problem": "느리다.", "answer_by": soon(), "rate": "off"}
    organization = user.active_organizations().first() if user else None
    shown = given | {"step": "post", "organization": str(organization.public_id) if organization else ""}
    assert client.post(reverse("matching:need_create"), shown).status_code == page
    made = Need.objects.count()
    assert made == (1 if user and page == 302 else 0)
    assert api_of(user).post(reverse("matching-api:needs"), given, format="json").status_code == api
    assert Need.objects.count() - made == (1 if api == 201 else 0)


def test_what_one_answered_one_may_still_read_when_it_is_closed(client, world, need):
    url = reverse("matching:need", args=[need.public_id])
    sign_in(client, world.institute_staff)
    answered = {"organization": str(world.institute.public_id), "kind": "no_supply"}
    assert client.post(reverse("matching:need_answer", args=[need.public_id]), answered).status_code == 302
    Need.objects.filter(pk=need.pk).update(state="closed", outcome="found", closed_at=need.opened_at)
    assert client.get(url).status_code == 200
    sign_in(client, world.other_institute)
    assert client.get(url).status_code == 404


def test_a_member_whose_membership_ended_sees_nothing_any_more(client, world, need):
    sign_in(client, world.firm_staff)
    url = reverse("matching:need", args=[need.public_id])
    assert client.get(url).status_code == 200
    world.firm_staff.memberships.update(state="ended")
    assert client.get(url).status_code == 404
