"""One entry of the menu for all work with brokers, and one entry that is the current one."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.context import NAVIGATION
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.brokers.register import agency

pytestmark = pytest.mark.django_db
OFFICE = ("office_queue", "qualification_queue", "duties", "reports", "changes", "warnings", "cases", "hand_over_queue",
          "office_register", "office_requirements")  # fmt: skip
BROKER = ("apply", "staff", "reports", "changes", "warnings", "my_cases", "hand_overs")


def current(client, name):
    return [item.label for item in client.get(reverse(f"brokers:{name}")).context["menu"].items if item.current]


def test_every_page_of_officers_stands_under_oversight_and_links_to_the_others(client):
    sign_in(client, MembershipFactory(government=True, user__second_factor=True).user)
    for name in OFFICE:
        assert current(client, name) == ["Oversight of brokers"], name
        html = client.get(reverse(f"brokers:{name}")).content.decode()
        assert all(f'href="{reverse(f"brokers:{other}")}"' in html for other in OFFICE), name


def test_every_page_of_a_registered_broker_stands_under_its_duties(client):
    sign_in(client, agency().application.applicant)
    for name in BROKER:
        assert current(client, name) == ["Registration and duties"], name
        html = client.get(reverse(f"brokers:{name}")).content.decode()
        assert all(f'href="{reverse(f"brokers:{other}")}"' in html for other in BROKER), name


def test_the_register_is_current_where_nothing_nearer_is_offered(client):
    assert current(client, "register") == ["Brokers"]
    assert current(Client(), "apply") == ["Brokers"]
    assert len({address for _label, address, _who in NAVIGATION}) == len(NAVIGATION)
