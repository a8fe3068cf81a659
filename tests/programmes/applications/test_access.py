"""Who may do what with an application, in which state, by page and by API; what is refused changes nothing.

Acts of officers stand in `tests/programmes/review/test_access.py`, those on calls in `…/calls/test_access.py`.
"""

import uuid

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import ApiToken
from programmes.enums.applications import Part
from programmes.models import Application, ApplicationDocument, ReviewStep, Transfer
from programmes.services.applications.withdraw import withdraw
from programmes.services.review.check import ask_completion, find_eligible
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, UserFactory, token_text
from tests.factories.programmes.applications import NOW, TEXTS, draft, firm, paper, submitted
from tests.programmes.applications.test_pages import at, signed_in

pytestmark = pytest.mark.django_db
STATES = ("draft", "submitted", "completion", "eligible", "withdrawn")
ACTS = ("save", "paper", "contract", "submit", "withdraw", "discard", "check")
DONE = {
    "draft": {"save", "paper", "contract", "submit", "discard"},
    "submitted": {"withdraw"},
    "completion": {"save", "paper", "contract", "submit", "withdraw"},  # all parts were asked for
    "eligible": {"withdraw"},
    "withdrawn": set(),
}
"""What staff and managers of the firm can do."""
OUTSIDE = ("anonymous", "stranger", "administrator", "other_firm", "other_office")


@pytest.fixture(autouse=True)
def at_now(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


def made_in(state):
    if state == "draft":
        return draft()
    found = submitted()
    officer = found.call.office.memberships.order_by("pk").first().user
    if state == "completion":
        parts = dict.fromkeys([*Part], "More, please.")
        return ask_completion(application=found, parts=parts, by=officer, at=NOW)
    if state == "eligible":
        return find_eligible(application=found, by=officer, at=NOW)
    if state == "withdrawn":
        given = {"application": found, "revision": found.revision, "confirmed": True}
        return withdraw(**given, by=found.begun_by, at=NOW).application
    return found


def person(who, found):
    made = {
        "anonymous": lambda: None,
        "stranger": UserFactory,
        "administrator": lambda: UserFactory(is_superuser=True),
        "other_firm": firm,
        "other_office": lambda: MembershipFactory(government=True, role=Role.MANAGER, user__second_factor=True).user,
        "office": lambda: MembershipFactory(organization=found.call.office, user__second_factor=True).user,
        "viewer": lambda: MembershipFactory(organization=found.organization, role=Role.VIEWER).user,
        "staff": lambda: MembershipFactory(organization=found.organization, role=Role.STAFF).user,
        "manager": lambda: MembershipFactory(organization=found.organization, role=Role.MANAGER).user,
    }
    return made[who]()


def file():
    document = paper("something new")
    document.name = "new.pdf"
    return document


def by_page(user, found, act):
    seen = {"revision": found.revision}
    contract = {"title": "Filter", "holder_name": "Gaon", "signed_on": "2026-05-04", "document": file()}
    address, body = {
        "save": ("write/plan/", seen | TEXTS | {"market": "Somebody else wrote this, at some length."}),
        "paper": ("write/papers/", seen | {"key": "plan", "document": file()}),
        "contract": ("transfers/new/", seen | contract),
        "submit": ("submit/", seen | {"declared": "on", "key": uuid.uuid4()}),
        "withdraw": ("withdraw/", seen | {"confirmed": "on", "key": uuid.uuid4()}),
        "discard": ("discard/", seen),
        "check": ("transfers/check/", {"accept": "yes"}),
    }[act]
    return signed_in(user).post(at(found, address), body)


def api(user):
    """With a token that remembers a second factor, which officers need."""
    if user is None:
        return APIClient()
    serial = 1_000 + ApiToken.objects.count()
    ApiTokenFactory(user=user, serial=serial, second_factor=True)
    return APIClient(headers={"Authorization": f"Token {token_text(serial)}"})


def by_api(user, found, act):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    client = api(user)
    seen, base = {"revision": found.revision}, f"/api/v1/applications/{found.public_id}/"
    contract = {"title": "Filter", "holder_name": "Gaon", "signed_on": "2026-05-04", "document": file()}
    words = {"market": "Somebody else wrote this, at some length."}
    return {
        "save": lambda: client.patch(base, seen | {"texts": words}, format="json"),
        "paper": lambda: client.post(f"{base}papers/", {"key": "plan", "document": file()}, format="multipart"),
        "contract": lambda: client.post(f"{base}transfers/", seen | contract, format="multipart"),
        "submit": lambda: client.post(f"{base}submit/", seen | {"declared": True}, format="json", headers=key),
        "withdraw": lambda: client.post(f"{base}withdraw/", seen | {"confirmed": True}, format="json"),
        "discard": lambda: client.delete(base),
        "check": lambda: client.post(f"{base}transfers/check/", {"accept": True}, format="json"),
    }[act]()


def rows():
    models = (Application, ApplicationDocument, ReviewStep, Transfer)
    return [list(model.objects.order_by("pk").values()) for model in models]


DOORS = {"page": by_page, "api": by_api}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
def test_who_is_not_of_the_firm_changes_nothing(door, state):
    found = made_in(state)
    hidden = 404 if state == "draft" else 403  # the office sees what was handed in
    expected = dict.fromkeys(OUTSIDE, 404) | {"anonymous": 302 if door == "page" else 401}
    expected |= {"viewer": 403, "office": hidden}
    people = {who: person(who, found) for who in expected}
    before = rows()
    for who, status in expected.items():
        for act in ACTS:
            answer = DOORS[door](people[who], found, act)
            if (who, act) == ("office", "check"):  # asked for, with nothing to check
                assert answer.status_code == (404 if state == "draft" else 302 if door == "page" else 409)
                continue
            assert answer.status_code == status, (who, act, answer.status_code)
    assert rows() == before


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", ["staff", "manager"])
@pytest.mark.parametrize("act", ACTS)
def test_what_the_firm_can_do_in_which_state(door, state, who, act):
    found = made_in(state)
    user = person(who, found)
    before = rows()
    answer = DOORS[door](user, found, act)
    changed = rows() != before
    assert changed == (act in DONE[state]), answer.status_code
    if not changed:
        # Submitted or withdrawn before: a program is told the same once more, and nothing is done.
        again = {200} if (act, state) in {("submit", state), ("withdraw", "withdrawn")} else set()
        assert answer.status_code in ({302, 403, 409, 422} if door == "page" else {400, 403, 409} | again)
