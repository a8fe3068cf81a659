"""Who may do what in cases and hand-overs, as one table: pages and API; what is refused has no effect."""

import itertools

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import CancellationCase, CaseStatement, HandOver, Hearing, Mandate, Registration
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.brokers.cases import DAY, HEARD, fresh, handed_over
from tests.factories.brokers.fees import acceptor, officer

OUT, UNSEEN = (302,) * 8, (404,) * 8
#          officers' page, broker's page, notice, record, decide, close, add, say
TABLE = {
    "anonymous": OUT,
    "stranger": UNSEEN,
    "institute": UNSEEN,
    "company": UNSEEN,
    "other_broker": UNSEEN,
    "office_viewer": UNSEEN,
    "broker_asked_to_join": UNSEEN,
    "trader": UNSEEN,
    "office_of_trader": UNSEEN,
    "officer": (200, 200, 302, 403, 302, 302, 302, 403),
    "opener": (200, 200, 302, 403, 403, 302, 302, 403),
    "chair": (200, 200, 302, 302, 403, 302, 302, 403),
    "officer_of_broker": (200, 200, 403, 403, 403, 403, 403, 302),
    "broker_viewer": (403, 200, 403, 403, 403, 403, 403, 403),
    "broker_staff": (403, 200, 403, 403, 403, 403, 403, 302),
    "broker_manager": (403, 200, 403, 403, 403, 403, 403, 302),
}
RECORD = {"attendance": "stayed_away", "record_text": "Nobody came"}
DECISION = {"decision": "maintained", "text": "Because", "is_sure": "on"}
#         name: (place in the row, state of the case, form, state afterwards)
ACTIONS = {
    "case_notice": (2, "opened", {"on": (HEARD + 10 * DAY).date(), "hour": "10:00", "place": "x"}, "noticed"),
    "case_record": (3, "noticed", RECORD, "held"),
    "case_decide": (4, "held", DECISION, "decided"),
    "case_close": (5, "opened", {"reason": "x"}, "closed"),
    "case_add": (6, "opened", {"text": "x"}, "opened"),
    "case_say": (7, "opened", {"text": "x"}, "opened"),
}
API_NAMES = {"case_add": "case-statements", "case_say": "case-statements"}


def traces():
    models = (CancellationCase, Hearing, CaseStatement, Registration, HandOver, Mandate)
    return [list(model.objects.values().order_by("pk")) for model in models], Notification.objects.count()


def test_seeing(world):
    case = world.in_state("opened")
    for who, row in TABLE.items():
        client, user = client_of(world.people[who]), world.people[who]
        pages = [client.get(reverse(name, args=[case.public_id])) for name in ("brokers:case", "brokers:my_case")]
        answer = api_of(user).get(reverse("brokers-api:case", args=[case.public_id]))
        assert tuple(page.status_code for page in pages) == row[:2], who
        assert answer.status_code == (401 if user is None else row[1]), who
        for shown in (*pages, answer):
            assert ("Canary" in shown.text) == (shown.status_code == 200), who


def client_of(user):
    client = Client()
    if user:
        sign_in(client, user)
    return client


def expected_of(who, action, face):
    if face == "page":
        return TABLE[who][ACTIONS[action][0]]
    if who == "anonymous":
        return 401
    # One address of the API takes statements of either side.
    status = min(TABLE[who][6:]) if action in API_NAMES else TABLE[who][ACTIONS[action][0]]
    return 200 if status == 302 else status


def acting(case, user, action, face, form):
    if face == "page":
        return client_of(user).post(reverse(f"brokers:{action}", args=[case.public_id]), form)
    name = API_NAMES.get(action, action.replace("_", "-"))
    return api_of(user).post(reverse(f"brokers-api:{name}", args=[case.public_id]), _body(form), format="json")


def prepared(world, action):
    _, state, form, after = ACTIONS[action]
    case = world.in_state(state)
    if action == "case_notice":
        form = form | {"chair": str(officer().public_id)}
    if action == "case_decide":
        form = form | {"revision": case.revision}
    return case, form, after


def is_refused(who, action, face):
    status = expected_of(who, action, face)
    return who == "anonymous" or status not in {200, 302}


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_not_act_changes_nothing(world, action, face):
    case, form, _ = prepared(world, action)
    before, api_before = traces(), case.state
    refused = [who for who in TABLE if is_refused(who, action, face)]
    for who in refused:
        got = acting(case, world.people[who], action, face, form)
        assert got.status_code == expected_of(who, action, face), who
        assert traces() == before, who
    assert len(refused) >= 10
    assert fresh(case).state == api_before


DONE = [
    (who, action, face)
    for who, action, face in itertools.product(TABLE, ACTIONS, ("page", "api"))
    if not is_refused(who, action, face)
]


@pytest.mark.parametrize(("who", "action", "face"), DONE)
def test_who_may_act(world, who, action, face):
    case, form, after = prepared(world, action)
    before = traces()
    got = acting(case, world.people[who], action, face, form)
    assert got.status_code == (302 if face == "page" else 200)
    assert traces() != before
    assert fresh(case).state == after


def _body(form):
    body = {name: value for name, value in form.items() if name not in {"is_sure", "on", "hour"}}
    return body | ({"starts_at": (HEARD + 10 * DAY).isoformat()} if "on" in form else {})


def test_a_trader_sees_the_own_case_and_the_office_through_which_they_work_does_not(client, world):
    case = world.of_trader()
    for who, status in (("trader", 200), ("office_of_trader", 404), ("broker_manager", 404)):
        sign_in(client, world.people[who])
        assert client.get(reverse("brokers:my_case", args=[case.public_id])).status_code == status
        rows = client.get(reverse("brokers:my_cases"))
        assert ("Canary" in rows.text or case.number in rows.text) == (status == 200)
        assert (case.number in client.get("/").text) == (status == 200)


OUTSIDERS = ["stranger", "institute", "company", "other_broker", "office_viewer", "office_of_trader"]


def test_lists_counts_and_exports_say_nothing_to_others(world):
    case = world.in_state("held")
    for who in OUTSIDERS:
        user, client = world.people[who], client_of(world.people[who])
        assert client.get(reverse("brokers:cases")).status_code == 403
        assert client.get(reverse("brokers:case_export")).status_code == 403
        assert case.number not in client.get(reverse("brokers:my_cases")).text
        assert api_of(user).get(reverse("brokers-api:cases")).json()["count"] == 0
        assert client.get(reverse("brokers:hearing_notice", args=[case.hearings.get().public_id])).status_code == 404
        assert not Notification.objects.filter(recipient=user, kind__startswith="case_").exists()
        assert case.number not in client.get("/").text


@pytest.mark.parametrize("who", ["opener", "broker_manager", "company"])
def test_only_officers_open_cases(client, world, who):
    sign_in(client, world.people[who])
    form = {"registration": world.agency.number, "ground": "no_deal", "text": "x"}
    expected = 302 if who == "opener" else 403
    assert client.post(reverse("brokers:case_new"), form).status_code == expected
    body = {"registration": world.agency.number, "ground": "missed_reports", "text": "x"}
    got = api_of(world.people[who]).post(reverse("brokers-api:cases"), body, format="json")
    assert got.status_code == (201 if who == "opener" else 403)
    assert CancellationCase.objects.count() == (2 if who == "opener" else 0)


# --- hand-overs -------------------------------------------------------------------------------------------------------

#                 see, choose, settle
HAND_OVERS = {
    "anonymous": (302, 302, 302),
    "stranger": (404, 404, 404),
    "other_broker": (404, 404, 404),
    "other_company": (404, 404, 404),
    "client_staff": (200, 403, 403),
    "client_manager": (200, 302, 403),
    "broker_manager": (200, 403, 403),
    "officer": (200, 403, 302),
    "officer_of_client": (200, 403, 403),
}


def people_of(hand_over):
    of_client = officer(user__second_factor=True)
    MembershipFactory(user=of_client, organization=hand_over.mandate.client)
    return {
        "anonymous": None,
        "stranger": MembershipFactory(institute=True, manager=True).user,
        "other_broker": MembershipFactory(broker=True, manager=True).user,
        "other_company": MembershipFactory(manager=True).user,
        "client_staff": MembershipFactory(organization=hand_over.mandate.client).user,
        "client_manager": acceptor(hand_over.mandate.client),
        "broker_manager": hand_over.from_broker.memberships.active().order_by("pk").first().user,
        "officer": officer(user__second_factor=True),
        "officer_of_client": of_client,
    }


FORMS = {"see": None, "choose": {"choice": "end"}, "settle": {"choice": "end", "text": "x"}}


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", FORMS)
@pytest.mark.usefixtures("new_world")  # it minds no rows of others
def test_hand_overs(action, face, time_machine_at):
    found = handed_over(decision="cancelled")
    people, place = people_of(found), list(FORMS).index(action)
    time_machine_at(HEARD + (40 if action == "settle" else 1) * DAY)
    before = traces()
    doers = [who for who, row in HAND_OVERS.items() if who != "anonymous" and row[place] == 302]
    for who in sorted(HAND_OVERS, key=lambda who: who in doers):  # who may comes last
        expected, user = HAND_OVERS[who][place], people[who]
        got = asked(found, user, action, face)
        if face == "api":
            expected = 401 if user is None else 200 if expected == 302 else expected
        assert got.status_code == expected, who
        assert (traces() != before) == (who in doers), who
    assert len(doers) == (action != "see")
    assert fresh(found).state == ("ended" if doers else "open")


def asked(found, user, action, face):
    name, form = "hand_over" if action == "see" else f"hand_over_{action}", FORMS[action]
    if face == "page":
        client, address = client_of(user), reverse(f"brokers:{name}", args=[found.public_id])
        return client.post(address, form) if form else client.get(address)
    api, address = api_of(user), reverse(f"brokers-api:{name.replace('_', '-')}", args=[found.public_id])
    return api.post(address, form, format="json") if form else api.get(address)


def test_why_the_broker_is_closed_is_no_matter_of_its_clients(client, time_machine_at):
    found = handed_over(decision="cancelled")
    time_machine_at(HEARD + DAY)
    sign_in(client, acceptor(found.mandate.client))
    page = client.get(reverse("brokers:hand_over", args=[found.public_id]))
    assert found.mandate.number in page.text
    for secret in (found.case.number, found.case.text, found.case.get_ground_display(), "Because"):
        assert secret not in page.text


def test_state_changing_addresses_lead_to_the_page_at_get(client, world):
    case = world.in_state("opened")
    sign_in(client, world.people["officer"])
    for action in ACTIONS:
        assert client.get(reverse(f"brokers:{action}", args=[case.public_id])).status_code == 302
