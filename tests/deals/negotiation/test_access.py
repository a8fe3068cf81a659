"""Who may do what in a negotiation, as one table; what is refused has no effect. And who sees nothing."""

import pytest
from django.db import transaction
from django.urls import reverse

from deals.models import Entry, Negotiation, NegotiationBroker, Offer
from deals.services.negotiation.close import close, reopen
from deals.services.offers.accept import accept
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.deals.negotiation.conftest import CANARY
from tests.factories.accounts import sign_in
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.deals.negotiation import DAY, LUMP, RUNNING

pytestmark = pytest.mark.django_db
UNSEEN = (404,) * 10
#   see, say, reply, meet, counter, accept, decline, withdraw, bring in, close
TABLE = {
    "anonymous": (302,) * 10,
    "stranger": UNSEEN,
    "other_institute": UNSEEN,
    "rival_manager": UNSEEN,
    "other_broker_manager": UNSEEN,
    "officer": UNSEEN,
    "office_viewer": UNSEEN,
    "firm_asked_to_join": UNSEEN,
    "holder_viewer": (200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    "holder_staff": (200, 302, 302, 302, 409, 403, 403, 302, 422, 302),
    "holder_manager": (200, 302, 302, 302, 409, 403, 403, 302, 422, 302),
    "firm_viewer": (200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    "firm_staff": (200, 302, 403, 302, 302, 403, 302, 403, 302, 302),
    "firm_manager": (200, 302, 403, 302, 302, 302, 302, 403, 302, 302),
    "broker_viewer": (200, 403, 403, 403, 403, 403, 403, 403, 403, 403),
    "broker_staff": (200, 302, 403, 302, 302, 403, 403, 403, 403, 403),
    "broker_manager": (200, 302, 403, 302, 302, 403, 403, 403, 403, 403),
}
ACTS = ("say", "reply", "meet", "counter", "accept", "decline", "withdraw", "bring_in", "close")
WAITS = {"say": "message", "reply": "answer", "meet": "meeting", "counter": "countered", "accept": "accepted",
         "decline": "declined", "withdraw": "withdrawn", "bring_in": "broker_joined", "close": "closed"}  # fmt: skip


def traces():
    return (
        list(Negotiation.objects.values().order_by("pk")),
        list(Offer.objects.values().order_by("pk")),
        list(NegotiationBroker.objects.values().order_by("pk")),
        Entry.objects.count(),
        Notification.objects.count(),
    )


def page_call(sides, act):
    """(address, form)."""
    key, offer = sides.negotiation.public_id, sides.offer.public_id
    mandate = sides.other_broker.public_id
    block = {"kind": ["lump_sum"], "o0-template": "lump_sum", "o0-title": "Lump", "o0-upfront_won": "1,000,000"}
    counter = block | {
        "counter_to": str(offer), "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + DAY),
        "no_running_reason": "x",
    }  # fmt: skip
    return {
        "say": (reverse("deals:negotiation_say", args=[key]), {"kind": "message", "text": "x"}),
        "reply": (reverse("deals:negotiation_reply", args=[key, sides.question.serial]), {"text": "x"}),
        "meet": (reverse("deals:negotiation_meet", args=[key]), {"meets_at": "2026-06-12T10:00", "place": "x"}),
        "counter": (reverse("deals:negotiation_offer_new", args=[key]), counter),
        "accept": (
            reverse("deals:negotiation_offer_accept", args=[key, offer]),
            {"option": str(sides.option.public_id)},
        ),
        "decline": (reverse("deals:negotiation_offer_decline", args=[key, offer]), {"text": "x"}),
        "withdraw": (reverse("deals:negotiation_offer_withdraw", args=[key, offer]), {}),
        "bring_in": (reverse("deals:negotiation_bring_in", args=[key]), {"broker": str(mandate)}),
        "close": (reverse("deals:negotiation_close", args=[key]), {"outcome": "price"}),
    }[act]


def api_call(sides, act):
    """(address, body)."""
    key, offer = sides.negotiation.public_id, sides.offer.public_id
    mandate = sides.firm.mandates_given.get(broker=sides.other_broker).public_id
    terms = {"options": [{"terms": LUMP.to_json()}, {"terms": RUNNING.to_json()}]}
    counter = terms | {"deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + DAY), "counter_to": str(offer)}
    said = reverse("deals-api:negotiation-entries", args=[key])
    return {
        "say": (said, {"kind": "message", "text": "x"}),
        "reply": (said, {"kind": "answer", "text": "x", "reply_to": sides.question.serial}),
        "meet": (said, {"kind": "meeting", "meets_at": "2026-06-12T10:00+09:00", "place": "x"}),
        "counter": (reverse("deals-api:negotiation-offers", args=[key]), counter),
        "accept": (
            reverse("deals-api:negotiation-offer-accept", args=[key, offer]),
            {"option": str(sides.option.public_id)},
        ),
        "decline": (reverse("deals-api:negotiation-offer-decline", args=[key, offer]), {"text": "x"}),
        "withdraw": (reverse("deals-api:negotiation-offer-withdraw", args=[key, offer]), {}),
        "bring_in": (reverse("deals-api:negotiation-brokers", args=[key]), {"mandate": str(mandate)}),
        "close": (reverse("deals-api:negotiation-close", args=[key]), {"outcome": "price"}),
    }[act]


def expected(who, act, face):
    status = TABLE[who][1 + ACTS.index(act)]
    if face == "page":
        return {status}
    # A holder's mandate is not the firm's: pages offer none to choose, programs are told that there is none.
    return {302: {401} if who == "anonymous" else {200, 201}, 422: {400}}.get(status, {status})


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("who", TABLE)
def test_seeing_and_acting(client, sides, who, face):
    user = sides.people[who]
    if user:
        sign_in(client, user)
    api = api_of(user)
    key = sides.negotiation.public_id
    page = client.get(reverse("deals:negotiation", args=[key]))
    offer = client.get(reverse("deals:negotiation_offer", args=[key, sides.offer.public_id]))
    detail = api.get(reverse("deals-api:negotiation", args=[key]))
    sees = TABLE[who][0]
    assert (page.status_code, offer.status_code) == (sees, sees)
    assert detail.status_code == {302: 401}.get(sees, sees)
    for text in (page.text, offer.text, detail.text):
        assert (CANARY in text) == (sees == 200)
    for act in ACTS:
        before = traces()
        mark = transaction.savepoint()
        if face == "page":
            address, given = page_call(sides, act)
            got = client.post(address, given)
        else:
            address, given = api_call(sides, act)
            got = api.post(address, given, format="json")
        assert got.status_code in expected(who, act, face), (act, got.text[-2000:])
        done = got.status_code in {200, 201, 302} and user is not None
        assert (traces() != before) == done, act
        if done:
            assert Entry.objects.filter(negotiation=sides.negotiation, kind=WAITS[act]).exists(), act
        transaction.savepoint_rollback(mark)


AGREED = {
    "firm_staff": (403, 403), "broker_manager": (403, 403), "holder_staff": (403, 403), "holder_viewer": (403, 403),
    "rival_manager": (404, 404), "other_broker_manager": (404, 404), "officer": (404, 404), "anonymous": (302, 302),
    "firm_manager": (302, 302), "holder_manager": (302, 302),
}  # fmt: skip


@pytest.mark.parametrize("who", AGREED)
def test_what_is_agreed_is_taken_up_again_or_closed_by_managers(client, sides, who):
    accept(offer=sides.offer, option=sides.option, by=sides.people["firm_manager"], at=NOW)
    user = sides.people[who]
    if user:
        sign_in(client, user)
    key = sides.negotiation.public_id
    before = traces()
    got = client.post(reverse("deals:negotiation_reopen", args=[key]), {"text": "x"})
    assert got.status_code == AGREED[who][0]
    assert (traces() != before) == (got.status_code == 302 and user is not None)
    if got.status_code == 302 and user:
        return
    got = client.post(reverse("deals:negotiation_close", args=[key]), {"outcome": "price"})
    assert got.status_code == AGREED[who][1]
    assert (traces() != before) == (got.status_code == 302 and user is not None)


OUTSIDERS = [
    "stranger", "other_institute", "rival_manager", "other_broker_manager", "officer", "office_viewer",
    "firm_asked_to_join",
]  # fmt: skip


@pytest.mark.parametrize("who", OUTSIDERS)
def test_lists_exports_counts_search_and_mails_of_others_say_nothing(client, sides, who):
    user = sides.people[who]
    sign_in(client, user)
    mine = Negotiation.objects.visible_to(user).count()
    names = (CANARY, sides.negotiation.number)
    pages = [
        client.get(reverse("deals:negotiations")),
        client.get(reverse("deals:negotiations"), {"q": sides.firm.name}),
        client.get(reverse("deals:negotiations"), {"q": sides.negotiation.number[1:]}),
        client.get(reverse("deals:negotiations"), {"tab": "waiting"}),
        api_of(user).get(reverse("deals-api:negotiations")),
        client.get("/"),
        client.get("/inbox/"),
        client.get("/technologies/", {"q": CANARY}),
    ]
    texts = [page.text.replace(f'value="{CANARY}"', "") for page in pages]
    texts.append(b"".join(client.get(reverse("deals:negotiations_export")).streaming_content).decode())
    assert pages[0].context["page"].paginator.count == mine
    assert pages[1].context["page"].paginator.count == 0
    assert pages[4].json()["count"] == mine
    for text in texts[:7] + texts[8:]:
        for name in names:
            assert name not in text
    told = Notification.objects.filter(recipient=user, kind__startswith="negotiation")
    assert not [each for each in told if each.params["number"] == sides.negotiation.number]


def test_mails_name_the_negotiation_and_nothing_else(sides):
    accept(offer=sides.offer, option=sides.option, by=sides.people["firm_manager"], at=NOW)
    reopen(negotiation=sides.negotiation, text=f"{CANARY} again", by=sides.people["holder_manager"], at=NOW)
    close(negotiation=sides.negotiation, outcome="price", text=CANARY, by=sides.people["firm_manager"], at=NOW)
    names = (
        CANARY,
        sides.firm.name,
        sides.holder.name,
        sides.broker.name,
        "30,000,000",
        sides.negotiation.listing.number,
    )
    told = Notification.objects.filter(kind__startswith="negotiation")
    assert len({each.kind for each in told}) >= 6
    for each in told:
        text = f"{each.title} {each.body} {each.params}"
        for name in names:
            assert name not in text


def test_a_broker_who_left_is_sent_nothing_more(client, sides):
    sign_in(client, sides.people["broker_staff"])
    key = sides.negotiation.public_id
    given = {"broker": str(sides.part.public_id)}
    got = client.post(reverse("deals:negotiation_let_go", args=[key]), given)
    assert (got.status_code, got.url) == (302, reverse("deals:negotiations"))
    assert client.get(reverse("deals:negotiation", args=[key])).status_code == 404
    assert client.get(reverse("deals:negotiation_offer", args=[key, sides.offer.public_id])).status_code == 404
    for who in ("rival_manager", "other_broker_manager"):
        sign_in(client, sides.people[who])
        assert client.post(reverse("deals:negotiation_let_go", args=[key]), given).status_code == 404


@pytest.mark.parametrize("who", ["holder_staff", "holder_manager", "firm_viewer"])
def test_only_its_own_side_lets_a_broker_go(client, sides, who):
    sign_in(client, sides.people[who])
    key = sides.negotiation.public_id
    got = client.post(reverse("deals:negotiation_let_go", args=[key]), {"broker": str(sides.part.public_id)})
    api = api_of(sides.people[who]).post(
        reverse("deals-api:negotiation-broker-leave", args=[key, sides.part.public_id]), {}, format="json"
    )
    assert (got.status_code, api.status_code) == (403, 403)
    assert NegotiationBroker.objects.get(pk=sides.part.pk).left_at is None
    for nonsense in ("", "x", str(sides.negotiation.public_id)):
        got = client.post(reverse("deals:negotiation_let_go", args=[key]), {"broker": nonsense})
        assert got.status_code == 404
