"""Who may do what with an application in which state, as one table: pages and API; what is refused has no effect."""

import io

import pytest
from django.urls import reverse

from accounts.enums import Role
from brokers.enums.registration import ApplicationState
from brokers.models import Application, ApplicationDocument, CareerEntry, TrainingEntry
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.brokers.fees import NOW, broker_user
from tests.factories.brokers.registration import (
    agency_draft,
    document,
    handed_in,
    in_completion_of,
    manager,
    moved,
    trader_draft,
)
from tests.factories.disclosures import pdf

pytestmark = pytest.mark.usefixtures("at_now")
S = ApplicationState


class Sides:
    """An agency and a trader, each with an application in every state asked for; and people of every kind by name."""

    def __init__(self):
        self.by = manager(user__name="Canary Manager")
        self.broker = self.by.active_organizations().first()
        self.trader = UserFactory(name="Canary Trader")
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "institute": MembershipFactory(institute=True, manager=True).user,
            "other_broker": broker_user(manager=True),
            "staff": MembershipFactory(organization=self.broker).user,
            "viewer": MembershipFactory(organization=self.broker, role=Role.VIEWER).user,
            "asked_to_join": MembershipFactory(organization=self.broker, requested=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "manager": manager(self.broker),
            "writer": self.by,
            "trader": self.trader,
        }

    def agency_in(self, state):
        return self._in(state, agency_draft(self.by, complete=True, speciality="Canary one"))

    def trader_in(self, state):
        return self._in(state, trader_draft(self.trader, complete=True))

    @staticmethod
    def _in(state, made):
        if state == S.DRAFT:
            return made
        found = handed_in(made)
        if state == S.COMPLETION:
            return in_completion_of(found)
        if state == S.REFUSED:
            return moved(found, S.DOC_CHECK, S.REFUSED, decided_at=found.applied_at)
        return found


@pytest.fixture(scope="module")
def new_sides(once):
    return once(Sides, at=NOW)


@pytest.fixture
def sides(new_sides):
    return new_sides()


OUTSIDE = ("stranger", "institute", "other_broker", "staff", "viewer", "asked_to_join", "office_viewer")
#          name: (states in which it is done, form or body, URL of page, method and URL of API)
ACTIONS = {
    "edit": ({S.DRAFT, S.COMPLETION}, {"network_text": "Changed"}, "application_edit", ("patch", "application")),
    "hand_in": ({S.DRAFT, S.COMPLETION}, {"declared": True}, "application_hand_in", ("post", "application-hand-in")),
    "withdraw": ({S.DRAFT, S.APPLIED, S.COMPLETION}, {}, "application_withdraw", ("post", "application-withdraw")),
    "object": ({S.REFUSED}, {"text": "No"}, "application_object", ("post", "application-object")),
}
STATES = (S.DRAFT, S.APPLIED, S.COMPLETION, S.REFUSED)
EMPTY_ROWS = {f"{name}-{part}_FORMS": "0" for name in ("career", "training") for part in ("TOTAL", "INITIAL")}


def traces():
    return [
        list(model.objects.values().order_by("pk"))
        for model in (Application, ApplicationDocument, CareerEntry, TrainingEntry)
    ] + [Notification.objects.count()]


def act(client, user, found, action, face):
    _done_in, given, page, (method, endpoint) = ACTIONS[action]
    body = given if action == "object" else given | {"revision": found.revision}
    if face == "page":
        return client.post(reverse(f"brokers:{page}", args=[found.public_id]), body | EMPTY_ROWS)
    url = reverse(f"brokers-api:{endpoint}", args=[found.public_id])
    return getattr(api_of(user), method)(url, body, format="json")


@pytest.mark.parametrize("state", STATES)
def test_nobody_else_does_anything_to_an_agencys_application(client, sides, state):
    found, before = sides.agency_in(state), traces()
    for who in ("anonymous", *OUTSIDE, "officer", "trader"):
        user = sides.people[who]
        client.logout()
        if user:
            sign_in(client, user)
        for action in ACTIONS:
            for face in ("page", "api"):
                got = act(client, user, found, action, face)
                assert (who, action, face, got.status_code) == (who, action, face, refusal(who, state)[face == "api"])
    assert traces() == before


def refusal(who, state):
    """Status of the page and of the API."""
    if who == "anonymous":
        return 302, 401
    return (403, 403) if who == "officer" and state != S.DRAFT else (404, 404)


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
def test_another_manager_does_what_the_state_allows(client, sides, state, action, face):
    user, found = sides.people["manager"], sides.agency_in(state)
    sign_in(client, user)
    before = traces()
    got = act(client, user, found, action, face)
    is_done = state in ACTIONS[action][0]
    # The form leads to the page where nothing can be written; a second click on “Hand in” is no fault.
    is_harmless = (action, state) == ("hand_in", S.APPLIED) or (action == "edit" and face == "page")
    wanted = (302, 200) if is_done or is_harmless else (409, 409)
    assert got.status_code == wanted[face == "api"]
    assert (traces() != before) == is_done


@pytest.mark.parametrize("who", ["anonymous", *OUTSIDE, "officer", "manager", "writer", "trader"])
@pytest.mark.parametrize("state", [S.DRAFT, S.APPLIED])
def test_seeing(client, sides, who, state):
    user, found = sides.people[who], sides.agency_in(state)
    file = found.documents.first()
    if user:
        sign_in(client, user)
    sees = who in {"manager", "writer"} or (who == "officer" and state == S.APPLIED)
    page, api = (302, 401) if user is None else (200, 200) if sees else (404, 404)
    shown = client.get(reverse("brokers:application", args=[found.public_id]))
    answer = api_of(user).get(reverse("brokers-api:application", args=[found.public_id]))
    got = client.get(reverse("brokers:application_document", args=[found.public_id, file.public_id]))
    sent = api_of(user).get(reverse("brokers-api:application-document", args=[found.public_id, file.public_id]))
    assert (shown.status_code, answer.status_code, got.status_code, sent.status_code) == (page, api, page, api)
    for text in (shown.text, answer.text):
        assert ("Canary one" in text) == sees
    if sees:
        for response in (got, sent):
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
            assert b"".join(response.streaming_content).startswith(b"%PDF")


@pytest.mark.parametrize("who", [*OUTSIDE, "officer", "trader"])
def test_lists_of_others_say_nothing(client, sides, who):
    sides.agency_in(S.APPLIED)
    user = sides.people[who]
    sign_in(client, user)
    assert "Canary one" not in client.get(reverse("brokers:apply")).text
    assert client.get(reverse("brokers:apply")).context["applications"].count() == 0
    assert api_of(user).get(reverse("brokers-api:applications")).json()["count"] == 0
    waiting = client.get("/").text.split('id="waiting"')[-1].split("</section>")[0]
    assert (str(sides.broker) in waiting) == (who == "officer")  # who has to take it up


def test_a_trader_is_seen_by_the_person_and_officers_only(client, sides):
    found = sides.trader_in(S.APPLIED)
    url = reverse("brokers:application", args=[found.public_id])
    for who, user in sides.people.items():
        if user:
            sign_in(client, user)
            assert client.get(url).status_code == (200 if who in {"trader", "officer"} else 404), who
    sign_in(client, sides.people["trader"])
    assert (
        client.post(
            reverse("brokers:application_withdraw", args=[found.public_id]), {"revision": found.revision}
        ).status_code
        == 302
    )
    found.refresh_from_db()
    assert found.state == S.WITHDRAWN


BEGINNING = {
    "anonymous": (302, 401), "stranger": (403, 403), "institute": (403, 403), "staff": (403, 403), "viewer": (403, 403),
    "officer": (403, 403), "other_broker": (302, 201), "manager": (302, 201), "trader": (403, 403),
}  # fmt: skip


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("who", BEGINNING)
def test_beginning_for_an_agency(client, sides, who, face):
    user = sides.people[who]
    if face == "page":
        if user:
            sign_in(client, user)
        given = {"kind": "agency"}
        if user and BEGINNING[who][0] == 302:
            given["organization"] = str(user.active_organizations().first().public_id)
        got = client.post(reverse("brokers:apply_start"), given)
    else:
        got = api_of(user).post(reverse("brokers-api:applications"), {"kind": "agency"}, format="json")
    assert got.status_code == BEGINNING[who][face == "api"]
    assert Application.objects.count() == (1 if BEGINNING[who] == (302, 201) else 0)


def test_the_organization_of_another_is_not_begun_for(client, sides):
    sign_in(client, sides.people["other_broker"])
    got = client.post(reverse("brokers:apply_start"), {"kind": "agency", "organization": str(sides.broker.public_id)})
    assert (got.status_code, Application.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("who", "status"),
    [("anonymous", 401), ("stranger", 404), ("staff", 404), ("officer", 403), ("manager", 201)],
)
def test_documents_by_the_api(sides, who, status):
    found = sides.agency_in(S.COMPLETION)
    api, before = api_of(sides.people[who]), traces()
    file = io.BytesIO(pdf(words="another"))
    file.name = "proof.pdf"
    got = api.post(
        reverse("brokers-api:application-documents", args=[found.public_id]), {"kind": "network", "document": file},
        format="multipart",
    )  # fmt: skip
    assert got.status_code == status
    assert (traces() != before) == (status == 201)
    kept = found.documents.first()
    gone = api.delete(reverse("brokers-api:application-document", args=[found.public_id, kept.public_id]))
    assert gone.status_code == (204 if status == 201 else status)


def test_a_document_is_reached_by_its_own_application_only(client, sides):
    found, other = sides.agency_in(S.DRAFT), trader_draft(sides.trader, complete=True)
    mine = document(other, "other")
    sign_in(client, sides.by)
    for application in (found, other):
        url = reverse("brokers:application_document", args=[application.public_id, mine.public_id])
        assert client.get(url).status_code == 404


def test_state_changing_addresses_lead_to_the_page_at_get(client, sides):
    found = sides.agency_in(S.DRAFT)
    sign_in(client, sides.by)
    for name in ("application_hand_in", "application_withdraw", "application_object", "application_check"):
        assert client.get(reverse(f"brokers:{name}", args=[found.public_id])).status_code == 302
