import datetime

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import ApiToken
from accounts.services.tokens import digest_of
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, OrganizationFactory, UserFactory, token_text
from tests.factories.brokers.fees import NOW, asked, broker_user, draft, guideline, organization_of, outside, quoted


@pytest.fixture
def at_now():
    """Pages and API read the clock: it stands at the moment of the factories."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


class Sides:
    """A guideline, a draft, and quotes of a broker with a fellow to a company; and people of every kind by name."""

    def __init__(self):
        quoter = broker_user()
        self.broker, self.fellow = organization_of(quoter), OrganizationFactory(broker=True)
        self.client = OrganizationFactory()
        self.guideline, self.draft = guideline(), draft()
        given = {"by": quoter, "client": self.client, "shares": {self.broker: 6_000, self.fellow: 4_000}}
        self.offered = quoted(subject="Canary one", **given)
        self.outside = outside(subject="Canary two", **given)
        self.asked = asked(outside(subject="Canary three", **given)).quote
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "institute": MembershipFactory(institute=True, manager=True).user,
            "other_company": MembershipFactory(manager=True).user,
            "other_broker": broker_user(manager=True),
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "client_viewer": MembershipFactory(organization=self.client, role=Role.VIEWER).user,
            "client_staff": MembershipFactory(organization=self.client).user,
            "client_manager": MembershipFactory(organization=self.client, manager=True).user,
            "client_asked_to_join": MembershipFactory(organization=self.client, requested=True).user,
            "fellow_staff": MembershipFactory(organization=self.fellow).user,
            "broker_viewer": MembershipFactory(organization=self.broker, role=Role.VIEWER).user,
            "broker_staff": quoter,
            "broker_manager": MembershipFactory(organization=self.broker, manager=True).user,
        }


@pytest.fixture
def sides(at_now):
    return Sides()


def api_of(user):
    """A program with a token of the user, so that it acts for the user's organization."""
    api = APIClient()
    if user is not None:
        serial = 1000 + ApiToken.objects.count()
        made = ApiTokenFactory(user=user, serial=serial, second_factor=True, digest=digest_of(token_text(serial)))
        api.credentials(HTTP_AUTHORIZATION=f"Token {token_text(serial)}")
        assert made.expires_at > NOW + datetime.timedelta(days=1)
    return api
