import pytest
import time_machine

from accounts.enums import Role
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.cases import HEARD, held, mandate, noticed, opened, stated
from tests.factories.brokers.fees import officer
from tests.factories.brokers.register import agency, trader


class Case:
    """A case of an agency and one of a trader, and people of every kind by name."""

    def __init__(self):
        self.agency, self.trader = agency(), trader(office=agency().organization)
        office = self.agency.organization
        self.opener, self.chair = officer(user__second_factor=True), officer(user__second_factor=True)
        other = officer(user__second_factor=True)
        of_broker = officer(user__second_factor=True)
        MembershipFactory(user=of_broker, organization=office)
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "institute": MembershipFactory(institute=True, manager=True).user,
            "company": MembershipFactory(manager=True).user,
            "other_broker": MembershipFactory(broker=True, manager=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "opener": self.opener,
            "chair": self.chair,
            "officer": other,
            "officer_of_broker": of_broker,
            "broker_viewer": MembershipFactory(organization=office, role=Role.VIEWER).user,
            "broker_staff": MembershipFactory(organization=office).user,
            "broker_manager": office.memberships.active().order_by("pk").first().user,
            "broker_asked_to_join": MembershipFactory(organization=office, requested=True).user,
            "trader": self.trader.user,
            "office_of_trader": self.trader.organization.memberships.active().order_by("pk").first().user,
        }

    def in_state(self, state):
        case = opened(self.agency, by=self.opener, text="Canary case")
        stated(case, text="Canary statement")
        if state == "opened":
            return case
        case = noticed(case, chair=self.chair)
        return case if state == "noticed" else held(case)

    def of_trader(self):
        return opened(self.trader, ground="name_lending", by=self.opener, text="Canary of the trader")

    def running(self, **also):
        return mandate(self.agency.organization, **also)


@pytest.fixture
def at_hearing():
    """Pages and API read the clock: it stands at the moment of the hearing."""
    with time_machine.travel(HEARD, tick=False):
        yield HEARD


@pytest.fixture(scope="module")
def new_world(once):
    return once(Case, at=HEARD)


@pytest.fixture
def world(at_hearing, new_world):
    return new_world()


@pytest.fixture
def time_machine_at():
    """Sets the clock of pages and API."""
    travels = []

    def go(moment):
        travel = time_machine.travel(moment, tick=False)
        travel.start()
        travels.append(travel)

    yield go
    for travel in reversed(travels):
        travel.stop()
