"""Rating after a closed deal, answers to it, what officers hide, and what everybody reads of it."""

import datetime

import pytest
from django.urls import reverse

from brokers.enums.register import TextKind
from brokers.models import Rating, RatingReport, RatingText
from brokers.services.ratings.moderate import hide_text, keep_text, report_text
from brokers.services.ratings.rate import AlreadyRated, edit_rating, rate
from brokers.services.ratings.respond import answer_rating, reply_to_answer
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.ratings import deal, mandate, member, rated

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
GOOD = {"stars": 5, "text": "Good", "at": NOW}


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient", flat=True))


def people(deals, *names):
    return {deals.people[name].pk for name in names}


def test_a_rating_is_kept_and_the_broker_is_told(deals):
    by = deals.people["client_staff"]
    made = rate(deal=deals.closed, organization=deals.client, by=by, names_rater=True, **GOOD)
    made.refresh_from_db()
    assert (made.stars, made.names_rater, made.rated_by, made.rated_at) == (5, True, by, NOW)
    assert [(t.kind, t.text) for t in made.texts.all()] == [(TextKind.RATING, "Good")]
    assert people(deals, "broker_staff", "broker_manager") <= told("broker_rated")
    assert not people(deals, "broker_viewer", "client_staff", "holder_staff") & told("broker_rated")


def test_each_party_rates_once(deals):
    by = deals.people["client_staff"]
    rate(deal=deals.closed, organization=deals.client, by=by, **GOOD)
    with pytest.raises(AlreadyRated):
        rate(deal=deals.closed, organization=deals.client, by=deals.people["client_manager"], **GOOD)
    rate(deal=deals.closed, organization=deals.institute, by=deals.people["holder_staff"], **GOOD)
    assert Rating.objects.filter(deal=deals.closed).count() == 2


def test_the_client_of_the_mandate_is_a_party_though_the_deal_names_others(deals):
    client = OrganizationFactory()
    made = deal(deals.broker, mandate=mandate(deals.broker, client, hours=1))
    assert rate(deal=made, organization=client, by=member(client), **GOOD).organization == client


REFUSED = [
    ("open", "client", "client_staff", NotPossibleNow, "when the deal is closed"),
    ("closed", "broker", "broker_staff", NotAllowed, "members"),
    ("closed", "client", "client_and_broker", NotAllowed, "You belong to the broker"),
    ("closed", "client", "client_viewer", NotAllowed, "members"),
    ("closed", "client", "holder_staff", NotAllowed, "members"),
    ("closed", "client", "officer", NotAllowed, "members"),
]


@pytest.mark.parametrize(("which", "organization", "who", "error", "says"), REFUSED)
def test_who_may_not_rate(deals, which, organization, who, error, says):
    before = Rating.objects.count()
    with pytest.raises(error, match=says):
        rate(deal=getattr(deals, which), organization=getattr(deals, organization), by=deals.people[who], **GOOD)
    assert Rating.objects.count() == before


def test_a_firm_that_was_no_party_does_not_rate(deals):
    other = OrganizationFactory()
    with pytest.raises(NotAllowed, match="Only the parties"):
        rate(deal=deals.closed, organization=other, by=member(other), **GOOD)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"stars": 0}, "stars"), ({"stars": 6}, "stars"), ({"text": " \n"}, "text"), ({"text": "x" * 2001}, "text")],
)
def test_what_is_wrong_is_named(deals, given, field):
    before = Rating.objects.count()
    with pytest.raises(DomainError) as refused:
        rate(deal=deals.closed, organization=deals.client, by=deals.people["client_staff"], **GOOD | given)
    assert refused.value.field == field
    assert Rating.objects.count() == before


@pytest.mark.parametrize(("after", "possible"), [(0 * DAY, True), (14 * DAY, True), (14 * DAY + DAY / 86400, False)])
def test_it_is_edited_for_two_weeks_then_frozen(deals, after, possible):
    by, found = deals.people["client_manager"], deals.rating
    changed = {"stars": 4, "text": "Better now", "names_rater": True, "revision": 1, "by": by, "at": NOW + after}
    if possible:
        made = edit_rating(rating=found, **changed)
        assert (made.stars, made.revision, made.edited_at) == (4, 2, NOW + after)
        assert made.texts.get().text == "Better now"
        with pytest.raises(ChangedMeanwhile):
            edit_rating(rating=found, **changed)
    else:
        with pytest.raises(NotPossibleNow, match="14 days"):
            edit_rating(rating=found, **changed)
        found.refresh_from_db()
        assert (found.stars, found.revision) == (2, 1)


def test_both_answer_once_and_are_told(deals):
    client, broker = deals.people["client_staff"], deals.people["broker_staff"]
    with pytest.raises(NotPossibleNow, match="has not answered"):
        reply_to_answer(rating=deals.rating, text="x", by=client, at=NOW)
    answer_rating(rating=deals.rating, text="Sorry", by=broker, at=NOW)
    assert people(deals, "client_staff", "client_manager") <= told("rating_answered")
    answer_rating(rating=deals.rating, text="We are sorry", by=broker, at=NOW + DAY)  # takes the place of the first
    reply_to_answer(rating=deals.rating, text="Thanks", by=client, at=NOW + 2 * DAY)
    assert people(deals, "broker_staff", "broker_manager") <= told("rating_replied")
    with pytest.raises(NotPossibleNow, match="stays as it is"):
        answer_rating(rating=deals.rating, text="Again", by=broker, at=NOW + 3 * DAY)
    texts = [(t.kind, t.text) for t in deals.rating.texts.order_by("pk")]
    assert texts == [("rating", "Slow to call back"), ("answer", "We are sorry"), ("reply", "Thanks")]
    with pytest.raises(NotPossibleNow, match="14 days"):
        reply_to_answer(rating=deals.rating, text="Late", by=client, at=NOW + 17 * DAY)


def test_reported_hidden_and_the_stars_stay(client, deals):
    deals.public()
    report_text(text=deals.text, reason="A name", by=deals.people["stranger"], at=NOW)
    again = report_text(text=deals.text, reason="A name!", by=deals.people["stranger"], at=NOW)
    assert RatingReport.objects.get() == again
    assert people(deals, "officer") <= told("rating_text_reported")
    assert not people(deals, *(who for who in deals.people if who not in {"officer", "anonymous"})) & told(
        "rating_text_reported"
    )
    hide_text(text=deals.text, reason="It names a person", by=deals.people["officer"], at=NOW)
    assert people(deals, "client_staff", "client_manager") <= told("rating_text_hidden")
    report = RatingReport.objects.get()
    assert (report.outcome, report.decided_by) == ("hidden", deals.people["officer"])
    address = reverse("brokers:broker", args=[deals.agency.number])
    page, api = client.get(address), client.get(reverse("brokers-api:broker", args=[deals.agency.number]))
    for text in (page.text, api.text):
        assert "Slow to call back" not in text
        assert "It names a person" in text
    assert api.json()["stars"] == {"count": 3, "median": 4.0, "mean": pytest.approx(11 / 3)}
    for refused in (hide_text, report_text):
        with pytest.raises(NotPossibleNow):
            refused(text=deals.text, reason="x", by=deals.people["officer"], at=NOW)
    with pytest.raises(NotPossibleNow, match="hidden this text"):
        edit_rating(
            rating=deals.rating,
            stars=1,
            text="x",
            names_rater=False,
            revision=1,
            by=deals.people["client_staff"],
            at=NOW,
        )
    # Both sides still read what was written, with the reason.
    sign_in(client, deals.people["broker_staff"])
    inside = client.get(reverse("brokers:rating", args=[deals.rating.public_id])).text
    assert "Slow to call back" in inside
    assert "It names a person" in inside


def test_kept_and_reported_again_by_another(deals):
    deals.reported()
    keep_text(text=deals.text, by=deals.people["officer"], at=NOW)
    assert RatingReport.objects.get().outcome == "kept"
    with pytest.raises(NotPossibleNow):
        keep_text(text=deals.text, by=deals.people["officer"], at=NOW)
    assert not RatingText.objects.get(pk=deals.text.pk).is_hidden


def test_an_officer_of_one_side_does_not_decide(deals):
    officer = deals.people["officer"]
    MembershipFactory(organization=deals.client, user=officer)
    officer.forget_memberships()
    with pytest.raises(NotAllowed):
        hide_text(text=deals.text, reason="x", by=officer, at=NOW)


# --- what everybody reads ---------------------------------------------------------------------------------------------


def test_below_three_neither_stars_nor_texts_are_shown(client, deals):
    rated(deals.broker, text="Second words")
    address = reverse("brokers:broker", args=[deals.agency.number])
    for text in (client.get(address).text, client.get(f"/api/v1{address}").text):
        assert "Slow to call back" not in text
        assert "Second words" not in text
    assert client.get(f"/api/v1{address}").json()["stars"] is None
    sign_in(client, deals.people["stranger"])
    assert client.get(reverse("brokers:rating_text_report", args=[deals.text.public_id])).status_code == 404


def test_who_rated_is_named_only_where_it_agreed(client, deals):
    deals.public()
    named = OrganizationFactory(name="Named firm", name_en="")
    rated(deals.broker, organization=named, names_rater=True, text="We gladly say so")
    deals.answered()
    address = reverse("brokers:broker", args=[deals.agency.number])
    page, api = client.get(address).text, client.get(f"/api/v1{address}")
    for text in (page, api.text):
        assert "Named firm" in text
        assert "Canary" not in text
        assert "We are sorry" in text
    assert api.json()["ratings"][0]["rated_in"] == "2026-06"
    assert "4 ratings" in page


def test_the_page_of_what_is_to_be_rated(client, deals):
    sign_in(client, deals.people["client_staff"])
    page = client.get(reverse("brokers:ratings"))
    assert list(page.context["to_rate"]) == [deals.closed]
    done = client.get(reverse("brokers:rating_new", args=[deals.rating.deal.public_id]))
    assert done["Location"] == reverse("brokers:rating", args=[deals.rating.public_id])
    assert client.get(reverse("brokers:rating_new", args=[deals.open.public_id])).status_code == 403


def test_wrong_forms_say_what_to_do_and_keep_the_text(client, deals):
    sign_in(client, deals.people["client_staff"])
    page = client.post(reverse("brokers:rating_new", args=[deals.closed.public_id]), {"text": "Without stars"})
    assert (page.status_code, "Without stars" in page.text) == (422, True)
    page = client.post(
        reverse("brokers:rating_edit", args=[deals.rating.public_id]), {"stars": 3, "text": "", "revision": 1}
    )
    assert page.status_code == 422
    late = client.post(
        reverse("brokers:rating_edit", args=[deals.rating.public_id]), {"stars": 3, "text": "Mine", "revision": 9}
    )
    assert (late.status_code, "Mine" in late.text, "2 of 5" in late.text) == (409, True, True)
    sign_in(client, deals.people["broker_staff"])
    assert client.post(reverse("brokers:rating_answer", args=[deals.rating.public_id]), {"text": ""}).status_code == 422


def test_the_api_rates_for_the_current_organization(deals):
    api = api_of(deals.people["client_staff"])
    sent = {"deal": str(deals.closed.public_id), "stars": 4, "text": "By a program"}
    made = api.post(reverse("brokers-api:ratings"), sent, format="json")
    assert made.status_code == 201
    assert made.json()["organization"]["name"] == "Canary firm"
    again = api.post(reverse("brokers-api:ratings"), sent, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_rated")
    wrong = api.post(reverse("brokers-api:ratings"), sent | {"stars": 9, "colour": "red"}, format="json")
    assert {e["field"] for e in wrong.json()["errors"]} == {"stars", "colour"}
