"""Who may do what with a confidential part in which state: pages and API, with the effect absent where refused."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from disclosures.enums import OpeningKind
from disclosures.models import Opening
from disclosures.services.links import make_link
from tests.database import undone
from tests.deals.requests.conftest import api_of
from tests.disclosures.conftest import traces
from tests.factories.accounts import sign_in
from tests.factories.disclosures import DisclosureFactory

NO, FIRM, HOLDER = "no", "firm", "holder"
PEOPLE = {
    "anonymous": "anonymous",
    "stranger": NO, "other_company": NO, "other_institute": NO, "officer": NO, "holder_asked_to_join": NO,
    "holder_viewer": "holder_viewer", "holder_staff": HOLDER, "holder_manager": HOLDER,
    "company_viewer": FIRM, "company_staff": FIRM, "company_manager": "firm_manager",
}  # fmt: skip
STATES = ("none", "offered", "open", "over", "revoked", "withdrawn")

# action: who may (by kind of person), in which states it has an effect, and with what status it is refused there
# (page, API). A page goes back with a sentence where the firm may ask, but nothing is open.
ACTIONS = {
    "offer": ({HOLDER}, {"none", "revoked"}, {"withdrawn": (409, 409)}),
    "change_end": (
        {HOLDER}, {"offered", "open", "over"}, dict.fromkeys(("none", "revoked", "withdrawn"), (409, 409)),
    ),
    "revoke": ({HOLDER}, {"offered", "open", "over", "withdrawn"}, {"none": (409, 409), "revoked": (409, 409)}),
    "accept": (
        {"firm_manager"}, {"offered"},
        {"none": (409, 409), "revoked": (409, 409), "over": (302, 200), "withdrawn": (302, 200)},
    ),
    "text": (
        {FIRM, "firm_manager"}, {"open"},
        dict.fromkeys(("none", "offered", "over", "revoked", "withdrawn"), (302, 409)),
    ),
    "file": (
        {FIRM, "firm_manager"}, {"open"},
        dict.fromkeys(("none", "offered", "over", "revoked", "withdrawn"), (302, 409)),
    ),
}  # fmt: skip


@pytest.fixture
def prepare(world):
    def make(state):
        today = timezone.localdate()
        if state == "none":
            return None
        made = DisclosureFactory(
            request=world.request,
            opened_by=world.holder_staff,
            accepted=state != "offered",
            accepted_by=world.company_manager,
            revoked=state == "revoked",
        )
        if state == "over":
            type(made).objects.filter(pk=made.pk).update(ends_on=today - timedelta(days=1))
        if state == "withdrawn":
            gone = {"state": "withdrawn", "withdrawn_at": timezone.now(), "withdrawn_by": world.company_staff}
            type(world.request).objects.filter(pk=world.request.pk).update(**gone)
        return made

    return make


def given_of(world, action):
    return {
        "offer": {"terms": str(world.terms.public_id), "ends_on": timezone.localdate().isoformat()},
        "change_end": {"ends_on": (timezone.localdate() + timedelta(days=5)).isoformat()},
        "revoke": {"reason": "x"},
        "accept": {"text_hash": world.terms.text_hash, "agree": "on"},
    }.get(action, {})


def on_page(client, world, action):
    at = [world.request.public_id]
    if action == "text":
        return client.get(reverse("disclosures:text", args=at))
    if action == "file":
        answer = client.post(reverse("disclosures:link", args=[*at, world.file.public_id]))
        if answer.status_code == 302 and answer.url.startswith("/confidential/"):
            return client.get(answer.url)
        return answer
    return client.post(reverse(f"disclosures:{action}", args=at), given_of(world, action))


def by_program(api, world, action):
    at = [world.request.public_id]
    if action == "text":
        return api.get(reverse("disclosures-api:text", args=at))
    if action == "file":
        answer = api.post(reverse("disclosures-api:link", args=[*at, world.file.public_id]), format="json")
        return api.get(answer.json()["url"]) if answer.status_code == 200 else answer
    name = {"change_end": "end"}.get(action, action)
    sent = {name: value for name, value in given_of(world, action).items() if name != "agree"}  # the page's box
    return api.post(reverse(f"disclosures-api:{name}", args=at), sent, format="json")


def expected(who, action, state):
    """((page, API), whether it has an effect)."""
    may, effective, refused = ACTIONS[action]
    kind = PEOPLE[who]
    if kind == "anonymous":
        return (302, 401), False
    if kind == NO:
        return (404, 404), False
    if kind not in may:
        return (403, 403), False
    if state in effective:
        return ((200, 200) if action in {"text", "file"} else (302, 200)), True
    return refused.get(state, (302, 200)), False


@pytest.fixture
def browsers(world):
    """Of each person one that is signed in."""
    users = {who: world.person(who) for who in PEOPLE}
    return {who: sign_in(Client(), user) if user else Client() for who, user in users.items()}


@pytest.fixture
def programs(world):
    return {who: api_of(world.person(who)) for who in PEOPLE}


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", ACTIONS)
def test_who_does_what_when(request, world, prepare, action, face):
    """In each state a refusal is asked before whoever may, so that one row serves all people."""
    clients, do = request.getfixturevalue("browsers"), on_page
    if face == "api":
        clients, do = request.getfixturevalue("programs"), by_program
    order, wrong = sorted(PEOPLE, key=lambda who: PEOPLE[who] in ACTIONS[action][0]), []
    for state in STATES:
        with undone():
            prepare(state)
            done, after = False, traces()
            for who in order:
                before = after
                got = do(clients[who], world, action)
                if got.streaming:
                    b"".join(got.streaming_content)
                after = traces()
                status, effect = expected(who, action, state)
                if done and action not in {"text", "file"}:
                    continue  # who may, a second time: another test says what that does
                done = done or effect
                if (got.status_code, after != before) != (status[face == "api"], effect):
                    found = f"{got.status_code}, changed {after != before}"
                    wrong.append(f"{state}, {who}: {found}; expected {status}, {effect}")
    assert wrong == []


SEEING = {
    "anonymous": (302, 401), "stranger": (404, 404), "other_company": (404, 404), "other_institute": (404, 404),
    "officer": (404, 404), "holder_asked_to_join": (404, 404), "holder_viewer": (200, 200), "holder_staff": (200, 200),
    "holder_manager": (200, 200), "company_viewer": (200, 200), "company_staff": (200, 200),
    "company_manager": (200, 200),
}  # fmt: skip


def test_files_are_named_to_the_firm_only_while_it_is_open(world, prepare, browsers, programs):
    for state in STATES:
        with undone():
            prepare(state)
            for who, (page, api) in SEEING.items():
                shown = browsers[who].get(reverse("disclosures:detail", args=[world.request.public_id]))
                answer = programs[who].get(reverse("disclosures-api:part", args=[world.request.public_id]))
                assert (shown.status_code, answer.status_code) == (page, api), (state, who)
                sees = who.startswith("company") and state == "open"
                assert (world.file.name in shown.text) == (world.file.name in answer.text) == sees, (state, who)
                assert "kanarienvogel" not in shown.text + answer.text, (state, who)


HOLDERS = {
    "anonymous": (302, 401), "stranger": (403, 403), "other_company": (403, 403), "company_manager": (403, 403),
    "other_institute": (403, 403), "officer": (403, 403), "holder_viewer": (403, 403), "holder_staff": (200, 200),
    "holder_manager": (200, 200),
}  # fmt: skip


@pytest.mark.parametrize("who", HOLDERS)
def test_the_holders_pages(client, world, who):
    user, before = world.person(who), traces()
    page, api = HOLDERS[who]
    if user:
        sign_in(client, user)
    at = [world.listing.reference]

    for name in ("files", "terms", "openings", "openings_export"):
        response = client.get(reverse(f"disclosures:{name}", args=at))
        assert response.status_code == page, name
    for name in ("files", "openings"):
        assert api_of(user).get(reverse(f"disclosures-api:{name}", args=at)).status_code == api
    assert traces() == before
    assert client.get(reverse("disclosures:own_text", args=at)).status_code == page
    assert Opening.objects.filter(kind=OpeningKind.TEXT).exists() == (page == 200)


OWN = {
    "anonymous": (302, 401), "stranger": (404, 404), "company_manager": (404, 404), "other_institute": (404, 404),
    "officer": (404, 404), "holder_viewer": (403, 403), "holder_staff": (302, 200),
}  # fmt: skip


@pytest.mark.parametrize("who", OWN)
def test_the_holders_files(client, world, who):
    user, before = world.person(who), traces()
    page, api = OWN[who]
    if user:
        sign_in(client, user)
    program, at = api_of(user), [world.file.public_id]

    assert client.post(reverse("disclosures:own_link", args=at)).status_code == page
    assert program.post(reverse("disclosures-api:own-link", args=at)).status_code == api
    assert traces() == before
    if page != 302 or user is None:
        assert client.post(reverse("disclosures:file_remove", args=at)).status_code == page
        assert client.post(reverse("disclosures:file_scan", args=at)).status_code == page
        assert program.delete(reverse("disclosures-api:file", args=at)).status_code == api
        assert traces() == before
    else:
        assert program.delete(reverse("disclosures-api:file", args=at)).status_code == 204


def test_a_holders_link_in_the_hands_of_the_firm_is_none(client, world, accepted):
    """Even were it signed for that person: without the request only the holder's staff may have it."""
    from disclosures.exports import bearer_of

    sign_in(client, world.company_staff)
    request = client.get("/").wsgi_request
    token = make_link(file_id=world.file.public_id, request_id=None, bearer=bearer_of(request))

    assert client.get(reverse("disclosures:download", args=[token])).status_code == 403
    assert not Opening.objects.exists()
