"""Who may do what with a call, in which state; what is refused changes nothing."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from programmes.enums.calls import CallState
from programmes.models import Call, CallVersion
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.programmes.calls import NOW, call_in
from tests.programmes.calls.test_pages import typed

pytestmark = pytest.mark.django_db
ACTS = ("edit", "publish", "next", "cancel", "close", "copy")
DONE = {
    CallState.DRAFT: {"edit", "publish", "cancel", "copy"},
    CallState.PUBLISHED: {"next", "cancel", "copy"},
    CallState.DECIDED: {"close", "copy"},
    CallState.CLOSED: {"copy"},
    CallState.CANCELLED: {"copy"},
}
"""What an officer of the office can do, who wrote nothing in it."""
SEEN_BY_ALL = {CallState.PUBLISHED, CallState.DECIDED, CallState.CLOSED}


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def people_of(call):
    return {
        "anonymous": None,
        "stranger": UserFactory(),
        "administrator": UserFactory(is_superuser=True),
        "firm": MembershipFactory(company=True, role=Role.MANAGER).user,
        "viewer": MembershipFactory(organization=call.office, role=Role.VIEWER, user__second_factor=True).user,
        "other_office": MembershipFactory(government=True, role=Role.MANAGER, user__second_factor=True).user,
    }


def act_on(user, call, act):
    client = Client(headers={"Accept-Language": "en"})
    client = sign_in(client, user) if user else client
    draft = call.versions.filter(state="draft").first()
    address, body = {
        "edit": (reverse("programmes:call_edit", args=[call.public_id, "notice"]), None),
        "publish": (reverse("programmes:call_publish", args=[call.public_id]), {"revision": draft and draft.revision}),
        "next": (reverse("programmes:call_next", args=[call.public_id]), {}),
        "cancel": (reverse("programmes:call_cancel", args=[call.public_id]), {"reason": "No budget."}),
        "close": (reverse("programmes:call_close", args=[call.public_id]), {}),
        "copy": (reverse("programmes:call_copy", args=[call.public_id]), None),
    }[act]
    if body is None:  # what the page shows, sent as it is shown
        page = client.get(address)
        shown = typed(page) if page.status_code == 200 else {}
        body = shown | {"opens_at": "2027-01-04T09:00", "closes_at": "2027-01-29T18:00"}
        return client.post(address, body)
    return client.post(address, {name: value for name, value in body.items() if value is not None})


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Call, CallVersion)]


@pytest.mark.parametrize("state", CallState.values)
def test_nobody_but_officers_of_the_office_changes_anything(state):
    call = call_in(state)
    people, before = people_of(call), rows()
    for who, user in people.items():
        for act in ACTS:
            if (who, act) == ("other_office", "copy"):
                continue  # a call of one's own office may begin with what another one says
            status = act_on(user, call, act).status_code
            assert status == (302 if who == "anonymous" else 403), (who, act, status)
    assert rows() == before


@pytest.mark.parametrize("state", CallState.values)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER])
def test_what_an_officer_of_the_office_can_do_in_which_state(state, act, role):
    call = call_in(state)
    officer = MembershipFactory(organization=call.office, role=role, user__second_factor=True).user
    before = rows()
    answer = act_on(officer, call, act)
    assert (rows() != before) == (act in DONE[state]), answer.status_code
    if act not in DONE[state]:
        assert answer.status_code in {302, 404, 409}


@pytest.mark.parametrize("state", CallState.values)
def test_who_sees_it(state):
    call = call_in(state)
    was_published = call.published_at is not None
    for who, user in people_of(call).items():
        client = Client()
        client = sign_in(client, user) if user else client
        status = client.get(reverse("programmes:call", args=[call.public_id])).status_code
        is_officer = who in {"viewer", "other_office"}
        assert status == (200 if was_published or is_officer else 404), who
    assert (state in SEEN_BY_ALL) <= was_published
