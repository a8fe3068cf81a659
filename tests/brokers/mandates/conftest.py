import pytest

from accounts.enums import Role
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.mandates import in_force, members, offered, registered
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory

CANARY = "kanarienvogel"


class Sides:
    """Offers and a mandate between a client and a broker with a fellow, each with a canary; and people of every kind.

    The same broker acts for a second client, and the fellow for a third; what these see of the first is nothing.
    """

    def __init__(self):
        self.broker, self.fellow, self.other_broker = registered(), registered(), registered()
        need = NeedFactory(title=f"{CANARY} need")
        self.client = need.organization
        self.people = members(self.client, "client") | members(self.broker, "broker") | members(self.fellow, "fellow")
        given = {"client": self.client, "broker": self.broker, "terms": f"{CANARY} terms"}
        shares = {"shares": {self.broker: 6_000, self.fellow: 4_000}}
        by = {"client": self.people["client_manager"], "broker": self.people["broker_manager"]}
        self.from_client = offered(**given, by=by["client"])
        self.from_broker = offered(**given, by=by["broker"], side="broker")
        self.with_fellow = offered(**given, **shares, by=by["client"])
        self.held = in_force(**given, **shares, need=need, by=by["client"])
        self.held_by_others = in_force(broker=self.broker)
        self.held_by_fellow = in_force(broker=self.fellow)
        listing = ListingFactory()
        NeedMatchFactory(need=need, listing=listing)
        self.asking = offered(
            client=listing.holder, broker=self.broker, listings=[listing], side="broker", by=by["broker"],
            conflict="I act for the other side, too",
        )  # fmt: skip
        self.consent = self.asking.consents.get()
        self.people |= members(self.other_broker, "other_broker")
        self.people |= members(self.held_by_others.client, "other_client")
        self.people |= {
            "anonymous": None,
            "stranger": UserFactory(),
            "institute": MembershipFactory(institute=True, manager=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "client_asked_to_join": MembershipFactory(organization=self.client, requested=True).user,
        }


@pytest.fixture(scope="module")
def new_sides(once):
    return once(Sides, at=NOW)


@pytest.fixture
def sides(at_now, new_sides):
    return new_sides()
