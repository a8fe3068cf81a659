"""What the pages show, and that nothing typed is lost."""

from uuid import uuid4

import pytest
from django.urls import reverse

from deals.models import Entry, Negotiation, Offer
from deals.services.negotiation.close import close
from deals.services.offers.answer import withdraw
from tests.brokers.conftest import api_of
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.brokers.mandates import in_force
from tests.factories.deals.negotiation import DAY, LUMP, RUNNING, offered, opened, staff_of
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.matching import NeedAnswerFactory, NeedFactory

pytestmark = pytest.mark.django_db
ROWS = {
    "kind": ["lump_sum", "initial_running"],
    "o0-template": "lump_sum", "o0-title": "Once", "o0-upfront_won": "20,000,000",
    "o1-template": "initial_running", "o1-title": "By sales", "o1-upfront_won": "4,000,000", "o1-running_bp": "3",
    "o1-statement_due_months": "3", "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + 20 * DAY),
}  # fmt: skip


TOO_MUCH = RUNNING.to_json() | {"running_bp": 20_000}


def page(name, *args):
    return reverse(f"deals:{name}", args=args)


def test_the_list_says_what_waits_on_whom_and_narrows(client, sides):
    sign_in(client, sides.people["firm_staff"])
    found = client.get(page("negotiations"))
    assert "Your answer is waited for until" in found.text
    assert sides.negotiation.number in found.text
    for query, many in (
        ({"q": sides.negotiation.number}, 1), ({"q": sides.holder.name}, 1), ({"q": "nowhere"}, 0),
        ({"tab": "waiting"}, 1), ({"tab": "open"}, 1), ({"tab": "agreed"}, 0), ({"tab": "closed"}, 0),
        ({"role": "firm"}, 1), ({"role": "holder"}, 0), ({"role": "broker"}, 0), ({"late": "true"}, 0),
    ):  # fmt: skip
        got = client.get(page("negotiations"), query)
        assert got.context["page"].paginator.count == many, query
        assert ("No negotiation has all of this" in got.text) == (many == 0)
        api = api_of(sides.people["firm_staff"]).get(reverse("deals-api:negotiations"), query)
        assert api.json()["count"] == many
    sign_in(client, sides.people["holder_staff"])
    assert "is waited for until" in client.get(page("negotiations")).text
    assert client.get(page("negotiations"), {"tab": "waiting"}).context["page"].paginator.count == 1  # the rival's
    sign_in(client, sides.people["broker_staff"])
    assert client.get(page("negotiations"), {"role": "broker", "tab": "waiting"}).context["page"].paginator.count == 2


def test_the_export_is_the_list_as_shown(client, sides):
    sign_in(client, sides.people["firm_staff"])
    text = b"".join(client.get(page("negotiations_export"), {"tab": "waiting"}).streaming_content).decode("utf-8-sig")
    head, row = text.strip().split("\r\n")
    assert head.startswith("Number,State,Listing number")
    for part in (sides.negotiation.number, sides.firm.name, sides.broker.name, str(TODAY + 14 * DAY), "No"):
        assert part in row
    text = b"".join(client.get(page("negotiations_export"), {"tab": "closed"}).streaming_content).decode("utf-8-sig")
    assert len(text.strip().split("\r\n")) == 1


def test_nobody_has_a_negotiation_yet(client, at_now):
    sign_in(client, MembershipFactory().user)
    assert "No negotiation yet" in client.get(page("negotiations")).text


def test_the_page_has_the_thread_the_offers_and_who_takes_part(client, sides):
    sign_in(client, sides.people["holder_staff"])
    text = client.get(page("negotiation", sides.negotiation.public_id)).text
    for part in (
        "kanarienvogel begins", "kanarienvogel asks", "Not answered yet", "Answer this question", "Offer 1",
        sides.broker.name, "an assumption of this house", "Transfer request", "KRW 30,000,000 at signing",
    ):  # fmt: skip
        assert part in text
    assert "Make an offer" not in text  # its own waits
    sign_in(client, sides.people["firm_staff"])
    text = client.get(page("negotiation", sides.negotiation.public_id)).text
    assert "Make a counter-offer" in text
    assert "Answer this question" not in text
    sign_in(client, sides.people["broker_staff"])
    text = client.get(page("negotiation", sides.negotiation.public_id)).text
    assert "Make a counter-offer" in text
    assert reverse("deals:detail", args=[sides.negotiation.request.public_id]) not in text
    assert "Close the negotiation" not in text


def test_words_that_come_too_late_are_shown_to_be_kept(client, sides):
    sign_in(client, sides.people["firm_staff"])
    close(negotiation=sides.negotiation, outcome="price", by=sides.people["holder_manager"], at=NOW)
    key = sides.negotiation.public_id
    got = client.post(page("negotiation_say", key), {"kind": "message", "text": "Long thought about"})
    assert got.status_code == 409
    assert "Long thought about" in got.text
    got = client.post(page("negotiation_meet", key), {"meets_at": "2026-06-12T10:00", "place": "x", "text": "Samples"})
    assert (got.status_code, "Samples" in got.text) == (409, True)
    sign_in(client, sides.people["holder_staff"])
    got = client.post(page("negotiation_reply", key, sides.question.serial), {"text": "Two tons"})
    assert (got.status_code, "Two tons" in got.text) == (409, True)
    got = client.get(page("negotiation", key))
    assert "No agreement on what is paid" in got.text
    assert 'id="say"' not in got.text


def test_a_form_sent_twice_says_it_once_and_with_other_words_is_asked_about(client, sides):
    sign_in(client, sides.people["firm_staff"])
    address, given = page("negotiation_say", sides.negotiation.public_id), {"kind": "message", "key": str(uuid4())}
    for _ in range(2):
        assert client.post(address, given | {"text": "Once"}).status_code == 302
    assert Entry.objects.filter(text="Once").count() == 1
    got = client.post(address, given | {"text": "Changed after going back"})
    assert got.status_code == 409
    assert "Changed after going back" in got.text
    assert given["key"] not in got.text
    assert Entry.objects.filter(text="Changed after going back").count() == 0


@pytest.mark.parametrize(("name", "given"), [
    ("negotiation_say", {"kind": "message", "text": " "}), ("negotiation_say", {"kind": "moon", "text": "kept"}),
    ("negotiation_meet", {"meets_at": "kept", "place": "x"}), ("negotiation_meet", {"meets_at": "2026-06-01T10:00", "place": "kept"}),
])  # fmt: skip
def test_what_is_wrong_is_shown_at_its_field_with_what_was_typed(client, sides, name, given):
    sign_in(client, sides.people["firm_staff"])
    got = client.post(page(name, sides.negotiation.public_id), given)
    assert got.status_code == 422
    assert "kept" not in str(given) or "kept" in got.text
    assert Entry.objects.filter(negotiation=sides.negotiation).count() == 4


def test_an_offer_is_made_by_the_form_and_shown(client, at_now):
    found = opened()
    sign_in(client, staff_of(found.holder))
    address = page("negotiation_offer_new", found.public_id)
    text = client.get(address).text
    assert "Offer at least two ways to pay" in text
    got = client.post(address, ROWS | {"territory": "Korea"})
    offer = Offer.objects.get()
    assert (got.status_code, got.url) == (302, page("negotiation_offer", found.public_id, offer.public_id))
    assert [option.title for option in offer.options.order_by("position")] == ["Once", "By sales"]
    shown = client.get(got.url).text
    for part in ("KRW 20,000,000", "3 % of net sales", "Korea", "Withdraw the offer"):
        assert part in shown
    assert client.get(address).status_code == 409  # its own waits


def test_adding_and_removing_a_way_keep_what_is_typed(client, at_now):
    found = opened()
    sign_in(client, staff_of(found.holder))
    address = page("negotiation_offer_new", found.public_id)
    got = client.post(address, ROWS | {"add": "1", "template": "swap", "territory": "Korea"})
    assert got.status_code == 200
    for part in ("Once", "20,000,000", "Korea", "Way to pay 3"):
        assert part in got.text
    got = client.post(address, ROWS | {"remove": "0"})
    assert "Once" not in got.text
    assert "By sales" in got.text
    assert not Offer.objects.exists()


@pytest.mark.parametrize(("change", "said"), [
    ({"o1-running_bp": ""}, "Give the share of net sales in percent."),
    ({"o0-upfront_won": "123.6"}, "Write whole won"),
    ({"valid_until": "2026-06-01"}, "Choose a day from"),
    ({"kind": ["lump_sum"]}, "at least two ways to pay"),
    ({"kind": []}, "Say how it is to be paid."),
    ({"term_months": "601"}, "600"),
])  # fmt: skip
def test_a_refused_offer_keeps_what_was_typed(client, at_now, change, said):
    found = opened()
    sign_in(client, staff_of(found.holder))
    got = client.post(page("negotiation_offer_new", found.public_id), ROWS | {"territory": "Kept here"} | change)
    assert got.status_code == 422
    assert said in got.text
    assert "Kept here" in got.text
    assert not Offer.objects.exists()


def test_a_counter_offer_begins_with_the_offer_and_says_what_it_changes(client, sides):
    sign_in(client, sides.people["firm_staff"])
    key = sides.negotiation.public_id
    address = page("negotiation_offer_new", key)
    text = client.get(address).text
    for part in ("30,000,000", "kanarienvogel", str(sides.offer.public_id)):
        assert part in text
    got = client.post(address, ROWS | {"counter_to": str(sides.offer.public_id)})
    counter = Offer.objects.get(counter_to=sides.offer)
    shown = client.get(got.url).text
    for part in ("What it changes", "KRW 30,000,000", "KRW 20,000,000", "Territory"):
        assert part in shown
    sign_in(client, sides.people["holder_manager"])
    shown = client.get(page("negotiation_offer", key, counter.public_id)).text
    assert "Accept this way to pay" in shown
    old = client.get(page("negotiation_offer", key, sides.offer.public_id)).text
    assert "Counter-offer 2" in old
    assert "Accept this way to pay" not in old


def test_a_counter_offer_to_what_was_withdrawn_meanwhile_keeps_everything(client, sides):
    sign_in(client, sides.people["firm_staff"])
    withdraw(offer=sides.offer, by=sides.people["holder_staff"], at=NOW)
    address = page("negotiation_offer_new", sides.negotiation.public_id)
    given = ROWS | {"counter_to": str(sides.offer.public_id), "territory": "Kept here", "key": str(uuid4())}
    got = client.post(address, given)
    assert got.status_code == 409
    for part in ("Withdrawn", "Kept here", "20,000,000"):
        assert part in got.text
    assert str(sides.offer.public_id) not in got.text
    # Sent again, it is an offer of its own.
    assert client.post(address, {**given, "counter_to": "", "key": str(uuid4())}).status_code == 302


def test_closing_and_taking_up_again_tell_what_was_decided_meanwhile(client, sides):
    sign_in(client, sides.people["firm_manager"])
    key = sides.negotiation.public_id
    address = page("negotiation_close", key)
    assert client.get(page("negotiation_reopen", key)).url == page("negotiation", key)
    seen = str(Negotiation.objects.get(pk=sides.negotiation.pk).revision)
    assert f'value="{seen}"' in client.get(address).text
    withdraw(offer=sides.offer, by=sides.people["holder_staff"], at=NOW)
    given = {"outcome": "price", "text": "Kept here", "seen_revision": seen}
    got = client.post(address, given)
    assert got.status_code == 409
    assert "Kept here" in got.text
    assert "after you opened the page" in got.text
    assert client.post(address, {"outcome": "other", "text": ""}).status_code == 422
    newer = str(int(seen) + 1)
    assert f'value="{newer}"' in got.text
    assert client.post(address, given | {"seen_revision": newer}).url == page("negotiation", key)
    assert client.get(address).url == page("negotiation", key)


def test_a_request_leads_to_its_negotiation(client, at_now):
    request = TransferRequestFactory(talk=True)
    sign_in(client, staff_of(request.holder))
    detail = reverse("deals:detail", args=[request.public_id])
    begin = page("negotiation_begin", request.public_id)
    assert begin in client.get(detail).text
    assert client.get(begin).status_code == 200
    got = client.post(begin, {"text": "Hello"})
    found = Negotiation.objects.get()
    assert got.url == page("negotiation", found.public_id)
    text = client.get(detail).text
    assert got.url in text
    assert begin not in text
    assert client.get(begin).url == got.url
    viewer = MembershipFactory(organization=request.holder, role="viewer").user
    sign_in(client, viewer)
    assert client.get(detail).status_code == 200
    declined = TransferRequestFactory(declined=True, listing=request.listing)
    sign_in(client, staff_of(declined.holder))
    assert "Begin a negotiation" not in client.get(reverse("deals:detail", args=[declined.public_id])).text


def test_a_broker_begins_with_the_mandate_of_a_firm(client, at_now):
    mandate = in_force()
    request = TransferRequestFactory(talk=True, requester=mandate.broker)
    begin = page("negotiation_begin", request.public_id)
    sign_in(client, staff_of(request.holder))
    assert begin not in client.get(reverse("deals:detail", args=[request.public_id])).text
    sign_in(client, staff_of(mandate.broker))
    assert mandate.client.name in client.get(begin).text
    assert client.post(begin, {}).status_code == 422
    assert client.post(begin, {"mandate": str(mandate.public_id)}).status_code == 302
    assert Negotiation.objects.get().firm == mandate.client


def test_a_need_leads_to_a_negotiation(client, at_now):
    answer = NeedAnswerFactory(need=NeedFactory(anonymous=True))
    sign_in(client, staff_of(answer.need.organization))
    need = reverse("matching:need", args=[answer.need.public_id])
    begin = page("negotiation_begin_from_need", answer.public_id)
    assert begin in client.get(need).text
    assert "The holder learns who you are" in client.get(begin).text
    got = client.post(begin, {"deal_kind": answer.listing.deal_kinds[0]})
    found = Negotiation.objects.get()
    assert got.url == page("negotiation", found.public_id)
    assert got.url in client.get(need).text
    assert client.get(begin).url == got.url
    sign_in(client, answer.answered_by)
    assert client.get(begin).status_code == 403


# --- programs ---------------------------------------------------------------------------------------------------------


def test_programs_begin_speak_offer_and_agree(at_now):
    request = TransferRequestFactory(talk=True)
    holder, firm = staff_of(request.holder), MembershipFactory(organization=request.requester, manager=True).user
    seller, buyer = api_of(holder), api_of(firm)
    listed = reverse("deals-api:negotiations")
    begun = seller.post(listed, {"request": str(request.public_id), "text": "Hello"}, format="json")
    assert begun.status_code == 201
    assert seller.post(listed, {"request": str(request.public_id)}, format="json").status_code == 200
    key = begun.json()["id"]
    entries = reverse("deals-api:negotiation-entries", args=[key])
    head = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    asked = buyer.post(entries, {"kind": "question", "text": "How long?"}, format="json", **head)
    again = buyer.post(entries, {"kind": "question", "text": "How long?"}, format="json", **head)
    assert (asked.status_code, again.status_code) == (201, 200)
    other = buyer.post(entries, {"kind": "question", "text": "How wide?"}, format="json", **head)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    serial = asked.json()["serial"]
    got = seller.post(entries, {"kind": "answer", "text": "An hour", "reply_to": serial}, format="json")
    assert got.json()["reply_to"] == serial
    body = {
        "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + DAY),
        "options": [{"title": "Once", "terms": LUMP.to_json()}, {"terms": RUNNING.to_json()}],
    }  # fmt: skip
    offers = reverse("deals-api:negotiation-offers", args=[key])
    made = seller.post(offers, body, format="json")
    assert made.status_code == 201, made.text
    assert [option["title"] for option in made.json()["options"]] == ["Once", "Running royalty"]
    less = RUNNING.to_json() | {"running_bp": 250}
    counter = buyer.post(
        offers, body | {"options": [{"terms": less}], "counter_to": made.json()["id"]}, format="json"
    ).json()
    assert {(row["label"], row["before"], row["after"]) for row in counter["differences"]} >= {
        ("Running royalty", "3 % of net sales", "2.5 % of net sales")
    }
    manager = api_of(MembershipFactory(organization=request.holder, manager=True).user)
    accepted = manager.post(
        reverse("deals-api:negotiation-offer-accept", args=[key, counter["id"]]),
        {"option": counter["options"][0]["id"]}, format="json",
    )  # fmt: skip
    assert accepted.json()["state"] == "accepted"
    shown = buyer.get(reverse("deals-api:negotiation", args=[key])).json()
    assert (shown["state"], shown["turn"], [each["state"] for each in shown["offers"]]) == (
        "agreed", "", ["accepted", "countered"],
    )  # fmt: skip
    assert [each["kind"] for each in shown["thread"]] == [
        "opened", "question", "answer", "offered", "countered", "accepted",
    ]  # fmt: skip
    reopened = manager.post(reverse("deals-api:negotiation-reopen", args=[key]), {"text": "Not yet"}, format="json")
    assert reopened.json()["state"] == "open"
    stale = {"outcome": "price", "seen_revision": 1}
    closing = reverse("deals-api:negotiation-close", args=[key])
    assert manager.post(closing, stale, format="json").json()["code"] == "changed_meanwhile"
    assert manager.post(closing, {"outcome": "price"}, format="json").json()["outcome"] == "price"


@pytest.mark.parametrize(("body", "field"), [
    ({"options": [{"terms": {"version": 1}}, {"terms": RUNNING.to_json()}]}, "options.0.method"),
    ({"options": [{"terms": "x"}, {"terms": RUNNING.to_json()}]}, "options.0.terms"),
    ({"counter_to": str(uuid4())}, "counter_to"),
    ({"options": [{"terms": TOO_MUCH}, {"terms": LUMP.to_json()}]}, "options.0.running_bp"),
])  # fmt: skip
def test_programs_are_told_which_field_is_wrong(at_now, body, field):
    found = opened()
    base = {
        "deal_kind": "non_exclusive_licence", "valid_until": str(TODAY + DAY),
        "options": [{"terms": LUMP.to_json()}, {"terms": RUNNING.to_json()}],
    }  # fmt: skip
    got = api_of(staff_of(found.holder)).post(
        reverse("deals-api:negotiation-offers", args=[found.public_id]), base | body, format="json"
    )
    assert got.status_code == 400
    assert got.json()["errors"][0]["field"] == field
    assert not Offer.objects.exists()


@pytest.mark.parametrize("body", [{}, {"request": str(uuid4()), "need_answer": str(uuid4())}])
def test_programs_name_one_thing_to_begin_from(at_now, body):
    got = api_of(MembershipFactory().user).post(reverse("deals-api:negotiations"), body, format="json")
    assert got.status_code == 400
    missing = api_of(MembershipFactory().user).post(
        reverse("deals-api:negotiations"), {"request": str(uuid4())}, format="json"
    )
    assert missing.status_code == 404


def test_programs_bring_a_broker_in_and_let_it_go(at_now):
    found = opened()
    mandate = in_force(client=found.firm)
    api = api_of(staff_of(found.firm))
    brokers = reverse("deals-api:negotiation-brokers", args=[found.public_id])
    assert api.post(brokers, {"mandate": str(uuid4())}, format="json").status_code == 400
    got = api.post(brokers, {"mandate": str(mandate.public_id)}, format="json")
    part = got.json()["brokers"][0]
    assert part["side"] == "firm"
    gone = reverse("deals-api:negotiation-broker-leave", args=[found.public_id, part["id"]])
    assert api.post(gone, {}, format="json").status_code == 204
    assert api.get(reverse("deals-api:negotiation", args=[found.public_id])).json()["brokers"] == []


def test_the_offer_of_the_other_side_cannot_be_withdrawn_or_answered_twice(at_now):
    offer = offered()
    key, public_id = offer.negotiation.public_id, offer.public_id
    firm = api_of(staff_of(offer.negotiation.firm))
    declining = reverse("deals-api:negotiation-offer-decline", args=[key, public_id])
    assert firm.post(declining, {"text": "No"}, format="json").json()["state"] == "declined"
    colleague = api_of(MembershipFactory(organization=offer.negotiation.firm).user)
    assert colleague.post(declining, {"text": "No"}, format="json").status_code == 409
    wrong = reverse("deals-api:negotiation-offer", args=[uuid4(), public_id])
    assert firm.get(wrong).status_code == 404
