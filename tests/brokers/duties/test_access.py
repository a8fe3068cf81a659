"""Who may do what about the duties of a broker, as one table: pages and API; what is refused has no effect."""

import pytest
from django.urls import reverse

from brokers.models import (
    BrokeredDeal,
    BrokerWarning,
    ChangeNotice,
    DealReport,
    Qualification,
    Registration,
    StaffEntry,
)
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import sign_in
from tests.factories.brokers.duties import DEAL

WATCHED = (DealReport, ChangeNotice, BrokerWarning, StaffEntry, Qualification, BrokeredDeal)
CHANGE = {"kind": "name", "text": "Another name", "happened_on": "2026-06-10"}
TYPED = {name: str(value) for name, value in DEAL.items()}
#   action: (object, form, name of the API, body, who may; everybody else who sees it is refused)
ACTIONS = {
    "report_submit": ("due", {}, "report-submit", {}, {"staff", "manager", "person"}),
    "report_correct": ("done", {"reason": "x"}, "report-correct", {"reason": "x"}, {"staff", "manager", "person"}),
    "change_file": ("suggested", CHANGE, "change-tell", CHANGE, {"staff", "manager", "person"}),
    "change_dismiss": ("suggested", {"text": "x"}, "change-dismiss", {"text": "x"}, {"staff", "manager", "person"}),
    "change_acknowledge": ("told", {"text": ""}, "change-acknowledge", {}, {"officer"}),
    "warning_answer": ("warning", {"text": "x"}, "warning-answer", {"text": "x"}, {"staff", "manager", "person"}),
    "warning_lift": ("warning", {"reason": "x"}, "warning-lift", {"reason": "x"}, {"officer"}),
    "reported_deal_edit": ("deal", TYPED, None, None, {"staff", "manager", "person"}),
    "reported_deal_remove": ("deal", {}, None, None, {"staff", "manager", "person"}),
    "staff_answer": ("waiting", {"accept": "yes"}, "staff-answer", {"accept": True}, {"person"}),
    "staff_end": (
        "counted", {"until_on": "2026-06-10"}, "staff-end", {"until_on": "2026-06-10"}, {"manager"},
    ),
    "qualification_decide": (
        "licence", {"accept": "yes", "text": ""}, "licence-decide", {"accept": True}, {"officer", "insider"},
    ),
    "warn": ("agency", {"ground": "other", "text": "x"}, "warn", {"ground": "other", "text": "x"}, {"officer"}),
}  # fmt: skip
OF_THE_BROKER = {"viewer", "staff", "manager", "person", "insider"}
SEES = {
    "report": OF_THE_BROKER | {"officer"},
    "change": OF_THE_BROKER | {"officer"},
    "warning": OF_THE_BROKER | {"officer"},
    "deal": OF_THE_BROKER | {"officer"},
    "staff": {"manager", "officer", "insider"},
    "waiting": {"manager", "officer", "insider", "person"},
    "licence": {"manager", "officer", "insider", "person"},
}
KIND = {
    "due": "report", "done": "report", "suggested": "change", "told": "change", "warning": "warning", "deal": "deal",
    "waiting": "waiting", "counted": "staff", "licence": "licence",
}  # fmt: skip
PEOPLE = [
    "anonymous", "stranger", "firm", "other_broker", "office_viewer", "officer", "insider", "person", "asked_to_join",
    "viewer", "staff", "manager",
]  # fmt: skip


def traces():
    rows = [list(model.objects.order_by("pk").values()) for model in WATCHED]
    return [*rows, list(Registration.objects.order_by("pk").values()), Notification.objects.count()]


def expected(who, action, face):
    which, may = ACTIONS[action][0], ACTIONS[action][4]
    if who == "anonymous":
        return {302} if face == "page" else {401}
    if which == "agency":  # its page is for officers only
        return ({302} if face == "page" else {201}) if who in may else {403}
    if who not in SEES[KIND[which]]:
        return {404}
    if who not in may:
        return {403}
    return {302} if face == "page" else {200, 201}


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", ACTIONS)
def test_acting(client, house, action, face):
    """Everybody who may not comes first and changes nothing; then one of those who may does it."""
    which, form, name, body, may = ACTIONS[action]
    if face == "api" and name is None:
        return
    thing, wrong = getattr(house, which), []
    for who in sorted(PEOPLE, key=lambda who: who in may)[: len(PEOPLE) - len(may) + 1]:
        user, before = house.people[who], traces()
        client.logout()
        if face == "page":
            if user:
                sign_in(client, user)
            given = form
            if action == "report_submit":
                given = {"seen": ""}
            got = client.post(reverse(f"brokers:{action}", args=[thing.public_id]), given)
        else:
            got = api_of(user).post(reverse(f"brokers-api:{name}", args=[thing.public_id]), body, format="json")
        if got.status_code not in expected(who, action, face):
            wrong.append(f"{who}: {got.status_code}")
        if (traces() != before) != (who in may):
            wrong.append(f"{who}: changed" if who not in may else f"{who}: nothing happened")
    assert wrong == []


@pytest.mark.parametrize("who", PEOPLE)
def test_seeing(client, house, who):
    user = house.people[who]
    if user:
        sign_in(client, user)
    for which, name, api in (
        ("due", "report", "report"), ("told", "change", "change"), ("warning", "warning", None),
    ):  # fmt: skip
        sees = who in SEES[KIND[which]]
        args = [getattr(house, which).public_id]
        page = client.get(reverse(f"brokers:{name}", args=args))
        assert page.status_code == (302 if user is None else 200 if sees else 404), name
        assert ("Canary" in page.text) == sees
        if api:
            answer = api_of(user).get(reverse(f"brokers-api:{api}", args=args))
            assert answer.status_code == (401 if user is None else 200 if sees else 404)
            assert ("Canary" in answer.text) == sees


@pytest.mark.parametrize("who", ["stranger", "firm", "other_broker", "office_viewer", "asked_to_join"])
def test_lists_and_home_of_others_say_nothing(client, house, who):
    user = house.people[who]
    sign_in(client, user)
    for name in ("reports", "changes", "warnings"):
        assert "Canary" not in client.get(reverse(f"brokers:{name}")).text
        assert str(house.agency.number) not in client.get(reverse(f"brokers:{name}")).text
        assert api_of(user).get(reverse(f"brokers-api:{name}")).json()["count"] == 0
    for name in ("reported-deals", "staff"):
        assert api_of(user).get(reverse(f"brokers-api:{name}")).json()["count"] == 0
    assert "Canary" not in client.get("/").text
    assert not Notification.objects.filter(recipient=user, kind__startswith="broker_").exists()


def test_state_changing_addresses_lead_to_the_page_at_get(client, house):
    sign_in(client, house.people["manager"])
    for action, (which, *_) in ACTIONS.items():
        if action != "reported_deal_edit":
            got = client.get(reverse(f"brokers:{action}", args=[getattr(house, which).public_id]))
            assert got.status_code == 302, action
