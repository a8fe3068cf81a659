"""From page to page: the tabs of the register, the way to a mandate, and which entry of the menu is the current one."""

import pytest
from django.urls import reverse

from brokers.enums.registration import RegistrationState
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.brokers.fees import guideline
from tests.factories.brokers.mandates import in_force, manager_of
from tests.factories.brokers.register import agency, trader
from tests.factories.tech_listings import ListingFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def page_of(client, broker):
    return client.get(reverse("brokers:broker", args=[broker.number])).text


def way_to(broker, firm=None):
    start = f"{reverse('brokers:mandate_new')}?broker={broker.public_id}"
    return f"{start}&amp;as={firm.public_id}" if firm else start


def test_who_gives_mandates_finds_the_way_on_the_page_of_a_broker(client):
    guideline()
    broker, firm = agency(), OrganizationFactory()
    assert way_to(broker) in page_of(client, broker)  # for a visitor by the sign-in page
    sign_in(client, manager_of(firm))
    assert way_to(broker, firm) in page_of(client, broker)
    assert broker.organization.name in client.get(way_to(broker, firm).replace("&amp;", "&")).text


def test_who_gives_none_is_offered_none(client):
    broker, other = agency(), agency()
    for user in (UserFactory(), MembershipFactory().user, manager_of(other.organization)):
        sign_in(client, user)
        assert reverse("brokers:mandate_new") not in page_of(client, broker)


@pytest.mark.parametrize("state", [RegistrationState.SUSPENDED, RegistrationState.CANCELLED])
def test_a_closed_broker_is_given_none(client, state):
    broker = agency(state=state)
    sign_in(client, manager_of(OrganizationFactory()))
    assert reverse("brokers:mandate_new") not in page_of(client, broker)


def test_a_trader_without_an_office_is_given_none(client):
    assert reverse("brokers:mandate_new") not in page_of(client, trader(UserFactory()))


def test_the_tabs_lead_to_what_is_ones_own(client):
    broker = agency()
    shown = client.get(reverse("brokers:register")).text
    assert reverse("brokers:apply") in shown
    assert reverse("brokers:ratings") not in shown
    sign_in(client, MembershipFactory().user)
    shown = client.get(reverse("brokers:register")).text
    assert reverse("brokers:mandates") in shown
    assert reverse("brokers:ratings") in shown
    assert reverse("brokers:my_entries") not in shown
    sign_in(client, manager_of(broker.organization))
    assert reverse("brokers:my_entries") in client.get(reverse("brokers:register")).text


@pytest.mark.parametrize("address", ["brokers:work", "brokers:apply", "brokers:register"])
def test_one_entry_of_the_menu_is_current(client, address):
    sign_in(client, manager_of(agency().organization))
    response = client.get(reverse(address))
    assert [item.url for item in response.context["menu"].items if item.current] == [reverse(address)]


def test_an_organization_and_a_technology_lead_to_the_register(client):
    broker, listing = agency(), ListingFactory()
    own = reverse("brokers:broker", args=[broker.number])
    in_force(client=listing.holder, broker=broker.organization, listings=[listing])
    assert own in client.get(reverse("tech_listings:detail", args=[listing.reference])).text
    assert own in client.get(reverse("accounts:organization", args=[broker.organization.public_id])).text
    assert own not in client.get(reverse("accounts:organization", args=[listing.holder.public_id])).text


def test_nonsense_in_an_address_is_passed_over(client):
    broker = agency()
    shown = client.get(reverse("brokers:register_compare"), {"broker": ["\0", "x", broker.number]})
    assert shown.status_code == 200
    assert [entry.registration for entry in shown.context["entries"]] == [broker]
    guideline()
    sign_in(client, manager_of(OrganizationFactory()))
    asked = dict.fromkeys(("broker", "listing", "need", "renew", "as"), "\0")
    assert client.get(reverse("brokers:mandate_new"), asked).status_code == 200
