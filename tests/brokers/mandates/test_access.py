"""Who may do what with mandates, as one table: pages and API; what is refused has no effect. And who sees nothing."""

import pytest
from django.urls import reverse

from brokers.models import Mandate, MandateConsent, MandatePartner
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.brokers.mandates.conftest import CANARY
from tests.factories.accounts import sign_in
from tests.factories.brokers.fees import TODAY
from tests.factories.brokers.mandates import manager_of

pytestmark = pytest.mark.django_db
UNSEEN = (404,) * 8
#  see, accept offer of client, accept offer of broker, decline (broker's), take back (client's), share, end, consent
TABLE = {
    "stranger": UNSEEN,
    "institute": UNSEEN,
    "office_viewer": UNSEEN,
    "client_asked_to_join": UNSEEN,
    "other_broker_manager": UNSEEN,
    "other_client_manager": UNSEEN,
    "officer": (200, 403, 403, 403, 403, 403, 403, 404),
    "client_viewer": (200, 403, 403, 403, 403, 403, 403, 403),
    "client_staff": (200, 403, 403, 403, 403, 403, 403, 403),
    "client_manager": (200, 403, 302, 302, 302, 403, 302, 302),
    "broker_viewer": (200, 403, 403, 403, 403, 403, 403, 404),
    "broker_staff": (200, 403, 403, 403, 403, 403, 403, 404),
    "broker_manager": (200, 302, 403, 403, 403, 403, 302, 404),
    "fellow_viewer": (200, 404, 404, 404, 404, 403, 403, 404),
    "fellow_manager": (200, 404, 404, 404, 404, 302, 403, 404),
    "anonymous": (302,) * 8,
}
END = {"last_day": str(TODAY), "reason": "x"}
#          name: (place, which, page and API address, form, body, state afterwards)
ACTIONS = {
    "accept client's": (1, "from_client", "accept", {}, {}, "accepted"),
    "accept broker's": (2, "from_broker", "accept", {}, {}, "accepted"),
    "decline": (3, "from_broker", "decline", {"text": "x"}, {"text": "x"}, "declined"),
    "take back": (4, "from_client", "take-back", {}, {}, "withdrawn"),
    "share": (5, "with_fellow", "share", {"answer": "agree"}, {"agree": True}, "offered"),
    "end": (6, "held", "end", END, END, "ended"),
    "consent": (7, "asking", "consent", {"answer": "agree"}, {"agree": True}, "offered"),
}


def traces():
    return (
        list(Mandate.objects.values().order_by("pk")),
        list(MandatePartner.objects.values().order_by("pk")),
        list(MandateConsent.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


def address(face, action, public_id):
    name = f"brokers:mandate_{action.replace('-', '_')}" if face == "page" else f"brokers-api:mandate-{action}"
    return reverse(name, args=[public_id])


def expected(who, place, face):
    status = TABLE[who][place]
    if face == "page":
        return status
    return {302: 401 if who == "anonymous" else 200}.get(status, status)


def see(client, sides, who):
    page = client.get(reverse("brokers:mandate", args=[sides.held.public_id]))
    api = api_of(sides.people[who]).get(reverse("brokers-api:mandate", args=[sides.held.public_id]))
    assert (page.status_code, api.status_code) == (expected(who, 0, "page"), expected(who, 0, "api"))
    for text in (page.text, api.text):
        assert (CANARY in text) == (page.status_code == 200)


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("who", TABLE)
def test_seeing_and_acting(client, sides, who, face):
    """What is refused changes nothing; then what is allowed is done, each once."""
    user = sides.people[who]
    if user and face == "page":
        sign_in(client, user)
        see(client, sides, who)
    api = api_of(user)
    for action, (place, which, name, form, body, after) in ACTIONS.items():
        mandate, before = getattr(sides, which), traces()
        target = sides.consent if action == "consent" else mandate
        url = address(face, name, target.public_id)
        got = client.post(url, form) if face == "page" else api.post(url, body, format="json")
        status = expected(who, place, face)
        assert got.status_code == status, action
        done = user is not None and status in {200, 302}
        if action != "take back" or who != "client_manager":
            assert (traces() != before) == done, action
        if done and action != "decline":
            assert Mandate.objects.get(pk=mandate.pk).state == after, action
        if done and name == "accept" and action == "accept broker's":
            # The same person cannot decline what it has just accepted: made open again only in its own test.
            break


def test_declining_and_the_rest_for_the_manager_of_the_client(client, sides):
    sign_in(client, sides.people["client_manager"])
    assert client.post(address("page", "decline", sides.from_broker.public_id), {"text": "No"}).status_code == 302
    assert client.post(address("page", "take-back", sides.from_client.public_id)).status_code == 302
    assert client.post(address("page", "consent", sides.consent.public_id), {"answer": "refuse"}).status_code == 302
    assert client.post(address("page", "end", sides.held.public_id), END).status_code == 302
    states = dict(Mandate.objects.values_list("pk", "state"))
    found = [states[each.pk] for each in (sides.from_broker, sides.from_client, sides.asking, sides.held)]
    assert found == ["declined", "withdrawn", "declined", "ended"]


OUTSIDERS = [
    "stranger", "institute", "other_broker_manager", "other_client_manager", "office_viewer", "client_asked_to_join",
]  # fmt: skip


def test_lists_exports_counts_and_mails_of_others_say_nothing(client, sides):
    """A second client of the same broker, another broker and strangers see nothing of the first client (F26)."""
    for who in OUTSIDERS:
        sees_nothing(client, sides, who)
        client.logout()


def sees_nothing(client, sides, who):
    user = sides.people[who]
    sign_in(client, user)
    mine = Mandate.objects.visible_to(user).count()
    names = (CANARY, sides.client.name, sides.held.number)
    pages = [
        client.get(reverse("brokers:mandates")),
        client.get(reverse("brokers:mandates"), {"q": sides.client.name}),
        client.get(reverse("brokers:mandates"), {"tab": "running"}),
        api_of(user).get(reverse("brokers-api:mandates")),
        client.get("/"),
    ]
    export = client.get(reverse("brokers:mandates_export"))
    texts = [page.text.replace(f'value="{sides.client.name}"', "") for page in pages]
    texts.append(b"".join(export.streaming_content).decode())
    if who == "other_broker_manager":
        texts.append(client.get(reverse("brokers:work")).text)
    for text in texts:
        for name in names:
            assert name not in text
    assert pages[0].context["page"].paginator.count == mine
    assert pages[1].context["page"].paginator.count == 0
    assert pages[3].json()["count"] == mine
    told = Notification.objects.filter(recipient=user, kind__startswith="mandate")
    assert not [each for each in told if any(name in str(each.params) for name in names)]


def test_a_fellow_broker_sees_only_what_it_shares_in(client, sides):
    user = sides.people["fellow_manager"]
    sign_in(client, user)
    page = client.get(reverse("brokers:mandates"))
    shared = {sides.with_fellow.number, sides.held.number, sides.held_by_fellow.number}
    others = {sides.from_client.number, sides.from_broker.number, sides.held_by_others.number, sides.asking.number}
    work = client.get(reverse("brokers:work")).text
    assert all(number in page.text for number in shared)
    assert not [number for number in others if number in page.text or number in work]
    assert sides.held_by_others.client.name not in page.text + work
    assert page.context["page"].paginator.count == len(shared)


def test_who_is_asked_to_agree_reads_nothing_of_the_new_client(client, sides):
    sign_in(client, sides.people["client_manager"])
    page = client.get(reverse("brokers:mandate", args=[sides.held.public_id]))
    api = api_of(sides.people["client_manager"]).get(reverse("brokers-api:mandate", args=[sides.held.public_id]))
    for text in (page.text, api.text, client.get(reverse("brokers:mandates")).text, client.get("/").text):
        assert sides.asking.client.name not in text
        assert sides.asking.number not in text
    assert "I act for the other side, too" in page.text
    assert api.json()["consents_asked"][0]["declared"] == "I act for the other side, too"


def test_the_new_client_reads_nothing_of_the_one_that_is_asked(client, sides):
    user = manager_of(sides.asking.client)
    sign_in(client, user)
    page = client.get(reverse("brokers:mandate", args=[sides.asking.public_id]))
    api = api_of(user).get(reverse("brokers-api:mandate", args=[sides.asking.public_id]))
    for text in (page.text, api.text):
        assert sides.client.name not in text
        assert sides.held.number not in text
        assert CANARY not in text


def test_an_officer_reads_no_need_that_was_posted_unnamed(client, sides):
    need = sides.held.need
    need.is_anonymous = True
    need.save(update_fields=["is_anonymous"])
    user = sides.people["officer"]
    sign_in(client, user)
    page = client.get(reverse("brokers:mandate", args=[sides.held.public_id]))
    listed = client.get(reverse("brokers:mandates"))
    export = b"".join(client.get(reverse("brokers:mandates_export")).streaming_content).decode()
    api = api_of(user)
    texts = [page.text, listed.text, export, api.get(reverse("brokers-api:mandates")).text]
    texts.append(api.get(reverse("brokers-api:mandate", args=[sides.held.public_id])).text)
    assert not [text for text in texts if f"{CANARY} need" in text or str(need.public_id) in text]
    need_page = client.get(reverse("matching:need", args=[need.public_id]))
    assert need_page.status_code == 200
    assert sides.held.number not in need_page.text
    assert sides.client.name not in need_page.text


def test_state_changing_addresses_lead_to_the_page_at_get(client, sides):
    sign_in(client, sides.people["broker_manager"])
    for name in ("accept", "decline", "take-back", "share"):
        assert client.get(address("page", name, sides.held.public_id)).status_code == 302


OFFERING = {
    "stranger": 403, "officer": 403, "client_viewer": 403, "client_staff": 403, "client_manager": 201,
    "broker_viewer": 403, "broker_staff": 403, "broker_manager": 201, "other_broker_manager": 201,
}  # fmt: skip


@pytest.mark.parametrize("face", ["page", "api"])
def test_offering(client, sides, face):
    for who in OFFERING:
        offers(client, sides, who, face)
        client.logout()


def offers(client, sides, who, face):
    user, before = sides.people[who], Mandate.objects.count()
    from_client = who.startswith("client")
    other = sides.other_broker if from_client else sides.held_by_others.client
    if face == "page":
        sign_in(client, user)
        given = {"other": other.business_number, "starts_on": "2026-07-01", "ends_on": "2026-12-31", "fee_bp": "95"}
        got = client.post(reverse("brokers:mandate_new"), given)
        assert got.status_code == {201: 302}.get(OFFERING[who], OFFERING[who])
    else:
        body = {"other": str(other.public_id), "starts_on": "2026-07-01", "ends_on": "2026-12-31", "fee_bp": 9_500}
        got = api_of(user).post(reverse("brokers-api:mandates"), body, format="json")
        assert got.status_code == OFFERING[who]
    assert Mandate.objects.count() - before == (1 if OFFERING[who] == 201 else 0)
    if OFFERING[who] == 201:
        made = Mandate.objects.latest("pk")
        assert (made.offered_by, made.fee_bp) == (user, 9_500)
        assert made.offered_side == ("client" if from_client else "broker")
