"""Who may do what with schedules and quotes, as one table: pages and API; what is refused has no effect."""

import copy

import pytest
import time_machine
from django.urls import reverse

from brokers.forms.fees import ScheduleForm
from brokers.models import BandRequest, FeeSchedule, Quote
from brokers.services.fees.write_schedule import CONTENT as FIELDS
from notifications.models import Notification
from tests.brokers.conftest import Sides, api_of
from tests.factories.accounts import sign_in
from tests.factories.brokers.fees import CONTENT, NOW, acceptor, quoted


@pytest.fixture(scope="module")
def made_once(rows_of_the_module):
    with time_machine.travel(NOW, tick=False):
        return Sides()


@pytest.fixture
def sides(at_now, made_once):
    return copy.deepcopy(made_once)


OUT, OUT_API = (302,) * 6, (401,) * 6
UNSEEN = (404,) * 6
#                     see, accept, decline, take back, ask, decide
TABLE = {
    "anonymous": (OUT, OUT_API),
    "stranger": (UNSEEN, UNSEEN),
    "institute": (UNSEEN, UNSEEN),
    "other_company": (UNSEEN, UNSEEN),
    "other_broker": (UNSEEN, UNSEEN),
    "office_viewer": (UNSEEN, UNSEEN),
    "client_asked_to_join": (UNSEEN, UNSEEN),
    "officer": ((200, 403, 403, 403, 403, 302), (200, 403, 403, 403, 403, 200)),
    "client_viewer": ((200, 403, 403, 403, 403, 403), (200, 403, 403, 403, 403, 403)),
    "client_staff": ((200, 403, 403, 403, 403, 403), (200, 403, 403, 403, 403, 403)),
    "client_manager": ((200, 302, 302, 403, 403, 403), (200, 200, 200, 403, 403, 403)),
    "fellow_staff": ((200, 403, 403, 403, 403, 403), (200, 403, 403, 403, 403, 403)),
    "broker_viewer": ((200, 403, 403, 403, 403, 403), (200, 403, 403, 403, 403, 403)),
    "broker_staff": ((200, 403, 403, 302, 302, 403), (200, 403, 403, 200, 200, 403)),
    "broker_manager": ((200, 403, 403, 302, 302, 403), (200, 403, 403, 200, 200, 403)),
}
#          name: (place in the row, which quote, form, body of the API, state afterwards)
ACTIONS = {
    "accept": (1, "offered", {}, {}, "accepted"),
    "decline": (2, "offered", {}, {}, "declined"),
    "take_back": (3, "offered", {}, {}, "withdrawn"),
    "ask": (4, "outside", {"reason": "x"}, {"reason": "x"}, "outside"),
    "decide": (5, "asked", {"grant": "yes", "text": "x"}, {"grant": True, "text": "x"}, "offered"),
}


def traces():
    return (
        list(Quote.objects.values().order_by("pk")),
        list(BandRequest.objects.values().order_by("pk")),
        list(FeeSchedule.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


@pytest.mark.parametrize("who", TABLE)
def test_seeing(client, sides, who):
    user = sides.people[who]
    if user:
        sign_in(client, user)
    page, api = (row[0] for row in TABLE[who])
    shown = client.get(reverse("brokers:quote", args=[sides.offered.public_id]))
    answer = api_of(user).get(reverse("brokers-api:quote", args=[sides.offered.public_id]))
    assert (shown.status_code, answer.status_code) == (page, api)
    for text in (shown.text, answer.text):
        assert ("Canary one" in text) == (page == 200)


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", TABLE)
def test_acting(client, sides, who, action, face):
    user, (place, which, form, body, after) = sides.people[who], ACTIONS[action]
    quote, before = getattr(sides, which), traces()
    expected = TABLE[who][0 if face == "page" else 1][place]
    if face == "page":
        if user:
            sign_in(client, user)
        got = client.post(reverse(f"brokers:{action}", args=[quote.public_id]), form)
    else:
        name = action.replace("_", "-")
        got = api_of(user).post(reverse(f"brokers-api:{name}", args=[quote.public_id]), body, format="json")

    assert got.status_code == expected
    done = user is not None and expected in {200, 302}
    assert (traces() != before) == done
    state = Quote.objects.get(pk=quote.pk).state
    assert state == (after if done else quote.state)


OUTSIDERS = ["stranger", "institute", "other_company", "other_broker", "office_viewer", "client_asked_to_join"]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_lists_and_counts_of_others_say_nothing(client, sides, who):
    """A broker with several clients, and another broker, see nothing of the others (issue: it holds when)."""
    user = sides.people[who]
    sign_in(client, user)
    page = client.get(reverse("brokers:quotes"))
    found = client.get(reverse("brokers:quotes"), {"q": "Canary"})
    api = api_of(user).get(reverse("brokers-api:quotes"))
    assert "Canary" not in page.text
    assert found.context["page"].paginator.count == 0
    assert api.json()["count"] == 0
    assert "Canary" not in client.get("/").text
    assert Notification.objects.filter(recipient=user, kind__startswith="fee_o").count() == 0


def test_one_client_sees_nothing_of_another_of_the_same_broker(client, sides):
    other = quoted(by=sides.people["broker_staff"], subject="Another deal")
    sign_in(client, acceptor(other.client))
    page = client.get(reverse("brokers:quotes"))
    assert "Another deal" in page.text
    assert "Canary" not in page.text


@pytest.mark.parametrize("who", TABLE)
def test_only_officers_see_drafts_and_write(client, sides, who):
    user, before = sides.people[who], traces()
    if user:
        sign_in(client, user)
    allowed = who == "officer"
    draft = sides.draft.public_id
    seen = client.get(reverse("brokers:schedule", args=[draft])).status_code
    api = api_of(user).get(reverse("brokers-api:schedule", args=[draft])).status_code
    rows = api_of(user).get(reverse("brokers-api:schedules")).json()["results"]
    assert (seen, api) == ((200, 200) if allowed else (404, 404))
    assert (str(draft) in {row["id"] for row in rows}) == allowed
    if not allowed:
        given = {"name_ko": "x", "reason": "x", "revision": 1}
        refused = {302} if user is None else {403}
        for name, arguments in (
            ("draft_new", []), ("draft_edit", [draft]), ("publish", [draft]), ("withdraw", [sides.guideline.public_id]),
        ):  # fmt: skip
            assert client.post(reverse(f"brokers:{name}", args=arguments), given).status_code in refused
        assert traces() == before


QUOTING = {
    "anonymous": (302, 401), "stranger": (403, 403), "institute": (403, 403), "client_manager": (403, 403),
    "officer": (403, 403), "broker_viewer": (403, 403), "broker_staff": (302, 201), "broker_manager": (302, 201),
    "other_broker": (302, 201),
}  # fmt: skip


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("who", QUOTING)
def test_quoting(client, sides, who, face):
    user, made = sides.people[who], Quote.objects.count()
    if face == "page":
        if user:
            sign_in(client, user)
        given = {"client": sides.client.business_number, "subject": "New", "value_won": "1,000,000"}
        if user and (mine := user.active_organizations().first()):
            given["broker"] = str(mine.public_id)
        got = client.post(reverse("brokers:quote_new"), given)
    else:
        body = {"client": str(sides.client.public_id), "subject": "New", "value_won": 1_000_000}
        got = api_of(user).post(reverse("brokers-api:quotes"), body, format="json")
    expected = QUOTING[who][0 if face == "page" else 1]
    assert got.status_code == expected
    assert Quote.objects.count() - made == (1 if user and expected in {302, 201} else 0)


def test_state_changing_addresses_lead_to_the_page_at_get(client, sides):
    sign_in(client, sides.people["broker_manager"])
    for name in ("accept", "decline", "take_back", "ask", "decide"):
        assert client.get(reverse(f"brokers:{name}", args=[sides.offered.public_id])).status_code == 302


def test_the_content_of_a_draft_form_has_all_fields():
    assert {name for name in ScheduleForm().fields if not name.startswith(("from_", "rate_"))} == {*FIELDS, "revision"}
    assert set(CONTENT) <= set(FIELDS)
