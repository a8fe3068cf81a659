"""Who may do what with ratings and their texts, as one table: pages and API; what is refused has no effect."""

import pytest
from django.urls import reverse

from brokers.models import Rating, RatingReport, RatingText
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import sign_in

pytestmark = pytest.mark.django_db
OUT, OUT_API = (302,) * 7, (401,) * 7
UNSEEN = (404,) * 7
BROKER = ((200, 403, 403, 302, 403, 302, 403), (200, 403, 403, 200, 403, 204, 403))
PARTY = ((200, 302, 302, 403, 302, 302, 403), (200, 201, 200, 403, 200, 204, 403))
LOOKS = ((200, 403, 403, 403, 403, 302, 403), (200, 403, 403, 403, 403, 204, 403))
#            see the rating, rate a closed deal, edit, answer, reply, report a text, hide it
TABLE = {
    "anonymous": (OUT, OUT_API),
    "stranger": (UNSEEN, (404, 403, *UNSEEN[2:])),
    "other_firm": (UNSEEN, UNSEEN),
    "other_broker": (UNSEEN, (404, 403, *UNSEEN[2:])),
    "office_viewer": (UNSEEN, (404, 403, *UNSEEN[2:])),
    "client_asked_to_join": (UNSEEN, (404, 403, *UNSEEN[2:])),
    "officer": ((200, 403, 403, 403, 403, 302, 302), (200, 403, 403, 403, 403, 204, 200)),
    "client_viewer": LOOKS,
    "client_staff": PARTY,
    "client_manager": PARTY,
    "client_and_broker": LOOKS,
    "holder_staff": ((404, 302, 404, 404, 404, 404, 404), (404, 201, 404, 404, 404, 404, 404)),
    "broker_viewer": LOOKS,
    "broker_staff": BROKER,
    "broker_manager": BROKER,
}
WORDS = {"text": "Something"}
RATE = {"stars": 5, "text": "Good"}
#          name: (place in the row, page, its form, API, method, its body)
ACTIONS = {
    "rate": (1, "rating_new", RATE, "ratings", "post", RATE),
    "edit": (2, "rating_edit", RATE | {"revision": 1}, "rating", "patch", RATE | {"revision": 1}),
    "answer": (3, "rating_answer", WORDS, "rating-answer", "post", WORDS),
    "reply": (4, "rating_reply", WORDS, "rating-reply", "post", WORDS),
    "report": (5, "rating_text_report", {"reason": "x"}, "text-report", "post", {"reason": "x"}),
    "hide": (6, "rating_text_hide", {"reason": "x"}, "text-hide", "post", {"reason": "x"}),
}


def traces():
    return (
        list(Rating.objects.values().order_by("pk")),
        list(RatingText.objects.values().order_by("pk")),
        list(RatingReport.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


@pytest.mark.parametrize("who", TABLE)
def test_seeing(client, deals, who):
    user = deals.people[who]
    if user:
        sign_in(client, user)
    page, api = (row[0] for row in TABLE[who])
    shown = client.get(reverse("brokers:rating", args=[deals.rating.public_id]))
    answer = api_of(user).get(reverse("brokers-api:rating", args=[deals.rating.public_id]))
    assert (shown.status_code, answer.status_code) == (page, api)
    for text in (shown.text, answer.text):
        assert ("Slow to call back" in text) == (page == 200)
    rows = client.get(reverse("brokers:ratings"))
    assert ("Canary firm" in rows.text) == (page == 200 and user is not None)


DONE = {200, 201, 204, 302}


def does(client, deals, who, action, face):
    """What `who` gets for the action, by page or program."""
    user, (_place, page, form, api, method, body) = deals.people[who], ACTIONS[action]
    subject = {"rate": deals.closed, "report": deals.text, "hide": deals.text}.get(action, deals.rating)
    if face == "page":
        if user:
            sign_in(client, user)
        return client.post(reverse(f"brokers:{page}", args=[subject.public_id]), form)
    if action == "rate":
        sent = body | {"deal": str(subject.public_id)}
        return api_of(user).post(reverse("brokers-api:ratings"), sent, format="json")
    return getattr(api_of(user), method)(reverse(f"brokers-api:{api}", args=[subject.public_id]), body, format="json")


def cells(*, allowed):
    for who, faces in TABLE.items():
        for face, row in zip(("page", "api"), faces, strict=True):
            for action, (place, *_rest) in ACTIONS.items():
                if (who != "anonymous" and row[place] in DONE) == allowed:
                    yield who, action, face, row[place]


@pytest.mark.parametrize("who", TABLE)
def test_refused_without_any_effect(client, deals, who):
    deals.answered()
    before = traces()
    for _who, action, face, expected in (cell for cell in cells(allowed=False) if cell[0] == who):
        assert does(client, deals, who, action, face).status_code == expected, (action, face)
    assert traces() == before


@pytest.mark.parametrize(("who", "action", "face", "expected"), list(cells(allowed=True)))
def test_allowed(client, deals, who, action, face, expected):
    if action == "reply":
        deals.answered()
    before = traces()
    got = does(client, deals, who, action, face)
    assert got.status_code == expected, got.content[:300]
    assert traces() != before


def test_reported_texts_are_for_officers(client, deals):
    deals.reported()
    for who, user in deals.people.items():
        client.logout()
        if user:
            sign_in(client, user)
        page = client.get(reverse("brokers:reported_texts"))
        assert page.status_code == (200 if who == "officer" else 302 if user is None else 403), who
        assert ("Slow to call back" in page.text) == (who == "officer")


@pytest.mark.parametrize("who", ["officer", "office_viewer", "stranger", "broker_manager", "client_manager"])
@pytest.mark.parametrize("action", ["hide", "keep"])
def test_deciding_about_a_report(client, deals, who, action):
    deals.reported()
    before = traces()
    sign_in(client, deals.people[who])
    got = client.post(reverse(f"brokers:rating_text_{action}", args=[deals.text.public_id]), {"reason": "A name"})
    assert (got.status_code == 302) == (who == "officer")
    assert (traces() != before) == (who == "officer")
    assert RatingReport.objects.get().outcome == (
        {"hide": "hidden", "keep": "kept"}[action] if who == "officer" else ""
    )


def test_what_others_wait_for_is_not_told(client, deals):
    """The home page of each shows its own work only."""
    for who, title in (("client_staff", "Rate the broker of a closed deal"), ("broker_staff", "A client rated you")):
        sign_in(client, deals.people[who])
        assert title in client.get("/").text
    for who in ("stranger", "other_firm", "other_broker", "client_viewer", "client_and_broker"):
        sign_in(client, deals.people[who])
        page = client.get("/").text
        assert "Rate the broker" not in page
        assert "rated you" not in page
