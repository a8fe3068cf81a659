import json
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from open_data.enums import ENDPOINT_STATES, EndpointState, EventKind
from open_data.models import PartnerDeal, WebhookMessage
from open_data.queries.partner_deals import confirmed_by_year
from open_data.queries.waiting import waiting_kinds
from open_data.services import partner_deals
from open_data.services.messages import send_due, tell
from open_data.services.partner_deals import decide_deal
from open_data.services.webhooks import switch
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.open_data import endpoint_of, key_of, partner, program, reported
from tests.factories.tech_listings import ListingFactory
from tests.threads import at_once
from tests.waiting import asks

NOW = timezone.now()
ADDRESS = "/api/v1/partner-deals/"


def holder_of(listing, role=Role.STAFF):
    return MembershipFactory(organization=listing.holder, role=role).user


def body(listing, **also):
    return {
        "own_number": "P-7", "listing": listing.number, "kind": "non_exclusive_licence",
        "happened_on": str(timezone.localdate() - timedelta(days=1)), "amount_won": 5_000_000, **also,
    }  # fmt: skip


def send(client, sent):
    return client.post(ADDRESS, sent, "application/json")


def test_a_partner_reports_once_and_the_holder_is_told():
    listing = ListingFactory()
    staff = holder_of(listing)
    client = program(key_of(partner())[1])
    first, again = send(client, body(listing)), send(client, body(listing))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert [each.recipient for each in Notification.objects.filter(kind="deal_reported")] == [staff]
    differs = send(client, body(listing, amount_won=1))
    assert (differs.status_code, differs.json()["code"]) == (409, "own_number_reused")
    assert PartnerDeal.objects.get().amount_won == 5_000_000
    # The number is the partner's own: another one's is another deal.
    assert send(program(key_of(partner())[1]), body(listing)).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"listing": "S2026999999"}, "listing"),
        ({"listing": "nonsense"}, "listing"),
        ({"happened_on": str(timezone.localdate() + timedelta(days=2))}, "happened_on"),
        ({"happened_on": "2001-01-01"}, "happened_on"),
        ({"kind": "gift"}, "kind"),
        ({"amount_won": -1}, "amount_won"),
        ({"firm_size": "tiny"}, "firm_size"),
        ({"firm_name": "Somebody Ltd."}, "firm_name"),
        ({"own_number": ""}, "own_number"),
    ],
)
def test_what_cannot_be_is_named(change, field):
    answer = send(program(key_of(partner())[1]), body(ListingFactory()) | change)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not PartnerDeal.objects.exists()


def test_a_draft_is_not_there_and_ones_own_is_no_partners():
    client, draft = program(key_of(partner())[1]), ListingFactory(draft=True)
    assert send(client, body(draft) | {"listing": str(draft.public_id)}).status_code == 400
    manager = MembershipFactory(institute=True, role=Role.MANAGER)
    own = ListingFactory(holder=manager.organization)
    with pytest.raises(DomainError):
        reported(manager, own)
    assert not PartnerDeal.objects.exists()


def test_what_was_withdrawn_meanwhile_can_still_be_reported():
    listing = ListingFactory(withdrawn=True)
    assert send(program(key_of(partner())[1]), body(listing)).status_code == 201


def test_the_holder_confirms_or_rejects_and_the_partner_is_told():
    manager, listing = partner(), ListingFactory()
    staff = holder_of(listing)
    endpoint_of(manager, kinds=[EventKind.DEAL_DECIDED])
    endpoint_of(partner(), kinds=[EventKind.DEAL_DECIDED])
    yes, no = reported(manager, listing), reported(manager, listing, own_number="P-2")
    with pytest.raises(DomainError):
        decide_deal(deal=no, confirmed=False, reason=" ", by=staff, at=NOW)
    assert confirmed_by_year() == []
    decide_deal(deal=yes, confirmed=True, reason="", by=staff, at=NOW)
    decide_deal(deal=no, confirmed=False, reason="Not ours", by=staff, at=NOW)
    for deal in (yes, no):
        with pytest.raises(NotPossibleNow):
            decide_deal(deal=deal, confirmed=True, reason="", by=staff, at=NOW)
    assert [many for _year, many in confirmed_by_year()] == [None]  # one or two are not said
    assert Notification.objects.filter(kind="partner_deal_decided", recipient=manager.user).count() == 2
    assert {message.endpoint.organization_id for message in WebhookMessage.objects.all()} == {manager.organization_id}


@pytest.mark.parametrize("state", [EndpointState.FAILED, EndpointState.OFF])
def test_what_is_decided_while_the_partner_cannot_be_told_is_told_later(state, answers):
    manager, listing = partner(), ListingFactory()
    kinds = [EventKind.BULK_READY, EventKind.DEAL_DECIDED]
    endpoint, gone = (endpoint_of(manager, kinds=kinds) for _number in range(2))
    ENDPOINT_STATES.move(endpoint, state)
    ENDPOINT_STATES.move(gone, EndpointState.REMOVED)
    decide_deal(deal=reported(manager, listing), confirmed=True, reason="", by=holder_of(listing), at=NOW)
    assert tell(kind=EventKind.BULK_READY, data={}, at=NOW) == 0
    assert send_due(at=NOW + timedelta(days=40)) == 0
    assert not answers.sent
    switch(endpoint=endpoint, to=EndpointState.ACTIVE, by=manager.user, at=NOW + timedelta(days=40))
    assert send_due(at=NOW + timedelta(days=40)) == 1
    assert json.loads(answers.sent[0]["body"])["type"] == EventKind.DEAL_DECIDED
    assert WebhookMessage.objects.get().endpoint == endpoint


def test_how_many_came_about_is_said_from_three_on(client):
    manager, listing = partner(), ListingFactory()
    staff = holder_of(listing)
    pages = []
    for number in range(3):
        decide_deal(
            deal=reported(manager, listing, own_number=f"P-{number}"), confirmed=True, reason="", by=staff, at=NOW
        )
        pages.append(client.get("/open-data/", headers={"accept-language": "en"}).content.decode())
    assert ["fewer than 3" in page for page in pages] == [True, True, False]
    assert [many for _year, many in confirmed_by_year()] == [3]


@pytest.mark.parametrize(
    ("of_years", "said", "total"),
    [([], [], 0), ([1, 2], [None, None], None), ([4, 1], [4, None], 4), ([3, 4], [3, 4], 7)],
)
def test_the_total_gives_no_year_away_that_is_not_said(client, of_years, said, total):
    manager, listing = partner(), ListingFactory()
    staff = holder_of(listing)
    for year, many in enumerate(of_years, NOW.year - len(of_years)):
        for number in range(many):
            deal = reported(manager, listing, own_number=f"P-{year}-{number}")
            PartnerDeal.objects.filter(pk=deal.pk).update(happened_on=date(year, 6, 1))
            decide_deal(deal=deal, confirmed=True, reason="", by=staff, at=NOW)
    assert [many for _year, many in confirmed_by_year()] == said
    assert client.get("/api/v1/totals/").json()["confirmed_deals"] == total


def test_only_the_holders_people_decide():
    manager, listing = partner(), ListingFactory()
    deal = reported(manager, listing)
    viewer = holder_of(listing, Role.VIEWER)
    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    for person in (viewer, officer, manager.user, partner().user):
        with pytest.raises(NotAllowed):
            decide_deal(deal=deal, confirmed=True, reason="", by=person, at=NOW)
    deal.refresh_from_db()
    assert deal.state == "reported"


def test_who_sees_it():
    manager, listing = partner(), ListingFactory()
    deal = reported(manager, listing)
    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    sees = [manager.user, holder_of(listing), holder_of(listing, Role.VIEWER), officer]
    blind = [UserFactory(), partner().user, MembershipFactory(institute=True).user]
    blind.append(MembershipFactory(organization=manager.organization).user)
    for person in sees:
        assert list(PartnerDeal.objects.visible_to(person)) == [deal]
    for person in blind:
        assert not PartnerDeal.objects.visible_to(person).exists()


def test_the_page_and_the_api_decide(client):
    manager, listing = partner(), ListingFactory()
    first, second = reported(manager, listing), reported(manager, listing, own_number="P-2")
    sign_in(client, holder_of(listing))
    address = f"/open-data/deals/{first.public_id}/"
    assert client.post(address, {"confirmed": "no"}).status_code == 422
    assert client.post(address, {"confirmed": "yes"}).status_code == 302
    answer = client.post(f"{ADDRESS}{second.public_id}/decide/", {"confirmed": True}, "application/json")
    assert answer.status_code == 200
    assert PartnerDeal.objects.confirmed().count() == 2
    of_partner = program(key_of(manager)[1])
    assert (
        of_partner.post(f"{ADDRESS}{second.public_id}/decide/", {"confirmed": True}, "application/json").status_code
        == 404
    )
    assert of_partner.get(ADDRESS).json()["count"] == 2
    assert program(key_of(partner())[1]).get(ADDRESS).json()["count"] == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_number_at_the_same_moment_is_one_deal(locked):
    manager, listing = partner(), ListingFactory()
    results = at_once(*[lambda: reported(manager, listing)] * 4)
    assert PartnerDeal.objects.count() == 1
    if locked:
        assert {getattr(found, "pk", found) for found in results} == {PartnerDeal.objects.get().pk}


def test_a_reported_deal_waits_on_those_who_answer_for_the_holder_until_one_does(client):
    waiting_on, manager, listing = asks(waiting_kinds), partner(), ListingFactory()
    staff, viewer = holder_of(listing), holder_of(listing, Role.VIEWER)
    stranger = MembershipFactory(institute=True, role=Role.STAFF)
    deal = reported(manager, listing)
    (told,) = waiting_on(staff, listing.holder)
    assert told.url == f"/open-data/deals/{deal.public_id}/"
    assert listing.number in told.title
    assert manager.organization.name in told.title
    others = [(viewer, listing.holder), (staff, None), (stranger.user, stranger.organization)]
    others.append((manager.user, manager.organization))
    assert [waiting_on(*each) for each in others] == [[], [], [], []]
    sign_in(client, staff)
    assert told.title in [each.title for each in client.get("/").context["waiting"]]
    decide_deal(deal=deal, confirmed=True, reason="", by=staff, at=NOW)
    assert waiting_on(staff, listing.holder) == []


def test_one_partner_does_not_bury_a_holder_in_reports(monkeypatch):
    monkeypatch.setattr(partner_deals, "MOST_WAITING", 2)
    manager, listing = partner(), ListingFactory()
    client = program(key_of(manager)[1])
    first = reported(manager, listing, own_number="P-1")
    reported(manager, listing, own_number="P-2")
    refused = send(client, body(listing))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_reports")
    assert PartnerDeal.objects.count() == 2
    # What is there is still answered; other holders, and this one once it has decided, can be reported to.
    assert reported(manager, listing, own_number="P-1") == first
    reported(manager, ListingFactory(), own_number="P-3")
    decide_deal(deal=first, confirmed=True, reason="", by=holder_of(listing), at=NOW)
    assert send(client, body(listing)).status_code == 201
