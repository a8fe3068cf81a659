"""What the pages show, and that nothing typed is lost."""

from uuid import uuid4

import pytest
from django.urls import reverse

from deals.models import Entry, Negotiation, Offer
from deals.services.negotiation.clocks import tell
from deals.services.negotiation.close import close
from deals.services.negotiation.say import say
from deals.services.offers.answer import withdraw
from deals.services.offers.lapse import lapse
from tests.brokers.conftest import api_of
from tests.factories.accounts import sign_in
from tests.factories.brokers.fees import NOW, TODAY
from tests.factories.deals.negotiation import DAY, RUNNING

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
    assert client.get(page("negotiations"), {"tab": "waiting"}).context["page"].paginator.count == 0
    sign_in(client, sides.people["broker_staff"])
    assert client.get(page("negotiations"), {"role": "broker", "tab": "waiting"}).context["page"].paginator.count == 2


def test_the_export_is_the_list_as_shown(client, sides):
    sign_in(client, sides.people["firm_staff"])
    text = b"".join(client.get(page("negotiations_export"), {"tab": "waiting"}).streaming_content).decode("utf-8-sig")
    head, row = text.strip().split("\r\n")
    assert head.startswith("Number,State,Listing number")
    for part in (
        sides.negotiation.number,
        sides.firm.display_name,
        sides.broker.display_name,
        str(TODAY + 14 * DAY),
        "No",
    ):
        assert part in row
    text = b"".join(client.get(page("negotiations_export"), {"tab": "closed"}).streaming_content).decode("utf-8-sig")
    assert len(text.strip().split("\r\n")) == 1


def test_the_page_has_the_thread_the_offers_and_who_takes_part(client, sides):
    sign_in(client, sides.people["holder_staff"])
    text = client.get(page("negotiation", sides.negotiation.public_id)).text
    for part in (
        "kanarienvogel begins", "kanarienvogel asks", "Not answered yet", "Answer this question", "Offer 1",
        sides.broker.display_name, "an assumption of this house", "Transfer request", "KRW 30,000,000 at signing",
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
    ("negotiation_meet", {"meets_at": "kept", "place": "x"}),
    ("negotiation_meet", {"meets_at": "2026-06-01T10:00", "place": "kept"}),
])  # fmt: skip
def test_what_is_wrong_is_shown_at_its_field_with_what_was_typed(client, sides, name, given):
    sign_in(client, sides.people["firm_staff"])
    got = client.post(page(name, sides.negotiation.public_id), given)
    assert got.status_code == 422
    assert "kept" not in str(given) or "kept" in got.text
    assert Entry.objects.filter(negotiation=sides.negotiation).count() == 4


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


def test_a_long_thread_is_leafed_through_and_no_open_question_is_lost(client, sides, monkeypatch):
    for module in ("deals.queries.negotiation", "deals.views.negotiations", "deals.api.negotiation_serializers"):
        monkeypatch.setattr(f"{module}.LINES", 3)
    firm, holder = sides.people["firm_staff"], sides.people["holder_staff"]
    before = sides.negotiation.entries.count()
    asked = say(negotiation=sides.negotiation, kind="question", text="How hot does it get?", by=firm, at=NOW).entry
    for place in range(6):
        say(negotiation=sides.negotiation, kind="message", text=f"Word {place}", by=firm, at=NOW)
    address = page("negotiation", sides.negotiation.public_id)
    place = (asked.serial - 1) // 3 + 1
    sign_in(client, holder)
    newest = client.get(address)
    assert newest.context["thread"].number == newest.context["thread"].paginator.num_pages == (before + 9) // 3
    assert "Word 5" in newest.text
    assert "Word 0" not in newest.text
    assert "Not answered yet, on other pages of the thread" in newest.text
    assert f'href="{address}?page={place}#entry-{asked.serial}"' in newest.text
    older = client.get(address, {"page": place})
    assert "How hot does it get?" in older.text
    assert f"#entry-{asked.serial}" not in older.text
    # A refused answer stands at its question, whichever page that is on.
    refused = client.post(page("negotiation_reply", sides.negotiation.public_id, asked.serial), {"text": ""})
    assert refused.status_code == 422
    assert refused.context["thread"].number == place
    assert client.get(address, {"page": "x"}).context["thread"].number == 1

    api = api_of(holder)
    lines = api.get(reverse("deals-api:negotiation-entries", args=[sides.negotiation.public_id]), {"limit": 2}).json()
    assert lines["count"] == before + 7
    assert [each["serial"] for each in lines["results"]] == [1, 2]
    shown = api.get(reverse("deals-api:negotiation", args=[sides.negotiation.public_id])).json()
    assert [each["text"] for each in shown["thread"]] == ["Word 3", "Word 4", "Word 5"]


def test_the_firm_is_led_to_the_comparison_from_the_negotiation(client, sides):
    address = page("negotiation", sides.negotiation.public_id)
    compare = page("studio", sides.offer.public_id)
    sign_in(client, sides.people["firm_staff"])
    assert f'href="{compare}"' in client.get(address).text
    for other in ("holder_staff", "broker_staff"):
        sign_in(client, sides.people[other])
        assert compare not in client.get(address).text
    withdraw(offer=sides.offer, by=sides.people["holder_staff"], at=NOW)
    sign_in(client, sides.people["firm_staff"])
    assert compare not in client.get(address).text


def test_what_the_house_says_itself_stands_in_the_thread_without_a_name(client, sides):
    """A late answer, a lapsed offer: nobody said it."""
    later = NOW + 40 * DAY
    assert tell(negotiation_id=sides.negotiation.pk, at=later)
    assert lapse(negotiation_id=sides.negotiation.pk, at=later)
    lines = sides.negotiation.entries.filter(organization=None)
    assert set(lines.values_list("kind", flat=True)) == {"lapsed", "late"}
    for who in ("firm_staff", "holder_staff", "broker_staff"):
        sign_in(client, sides.people[who])
        got = client.get(page("negotiation", sides.negotiation.public_id))
        assert got.status_code == 200
        assert "Offer lapsed" in got.text
        assert "Answer is late" in got.text
        api = api_of(sides.people[who]).get(reverse("deals-api:negotiation", args=[sides.negotiation.public_id]))
        assert [each["kind"] for each in api.json()["thread"]][-2:] == ["late", "lapsed"]
