import datetime

import pytest

from accounts.enums import Role
from brokers.services.ratings.moderate import report_text
from brokers.services.ratings.rate import rate
from brokers.services.ratings.respond import answer_rating
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.ratings import deal, member, rated
from tests.factories.brokers.register import agency


class Deals:
    """A broker with three clients, of whom one is a party here: deals open, closed, rated; people of every kind."""

    def __init__(self):
        self.agency = agency()
        self.broker = self.agency.organization
        self.client, self.institute = (
            OrganizationFactory(name="Canary firm", name_en=""),
            OrganizationFactory(institute=True),
        )
        staff = member(self.client)
        made = {"taker": self.client, "holder": self.institute}
        self.open = deal(self.broker, closed=False, **made)
        self.closed = deal(self.broker, technology="Canary valve", **made)
        self.rating = rate(
            deal=deal(self.broker, **made),
            organization=self.client,
            stars=2,
            text="Slow to call back",
            by=staff,
            at=NOW,
        )
        self.text = self.rating.texts.get()
        both = MembershipFactory(organization=self.client, manager=True).user
        MembershipFactory(organization=self.broker, user=both, role=Role.VIEWER)
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "other_firm": MembershipFactory(manager=True).user,
            "other_broker": MembershipFactory(broker=True, manager=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "client_viewer": MembershipFactory(organization=self.client, role=Role.VIEWER).user,
            "client_asked_to_join": MembershipFactory(organization=self.client, requested=True).user,
            "client_staff": staff,
            "client_manager": MembershipFactory(organization=self.client, manager=True).user,
            "client_and_broker": both,
            "holder_staff": member(self.institute),
            "broker_viewer": MembershipFactory(organization=self.broker, role=Role.VIEWER).user,
            "broker_staff": member(self.broker),
            "broker_manager": MembershipFactory(organization=self.broker, manager=True).user,
        }

    def answered(self):
        return answer_rating(
            rating=self.rating,
            text="We are sorry",
            by=self.people["broker_staff"],
            at=NOW + datetime.timedelta(hours=1),
        )

    def reported(self):
        return report_text(text=self.text, reason="A name", by=self.people["stranger"], at=NOW)

    def public(self):
        """Two ratings of others beside it: from three on they are shown."""
        return [rated(self.broker, stars=stars, text=f"Others say {stars}") for stars in (4, 5)]


@pytest.fixture
def deals(at_now):
    return Deals()
