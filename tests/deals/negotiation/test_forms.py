"""The ways into a negotiation, and the form of an offer."""

import pytest
from django.urls import reverse

from deals.models import Negotiation, Offer
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.brokers.fees import TODAY
from tests.factories.brokers.mandates import in_force
from tests.factories.deals.negotiation import DAY, RUNNING, opened, staff_of
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


def test_nobody_has_a_negotiation_yet(client, at_now):
    sign_in(client, MembershipFactory().user)
    assert "No negotiation yet" in client.get(page("negotiations")).text


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
    assert mandate.client.display_name in client.get(begin).text
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
