import pytest
import time_machine

from accounts.enums import Role
from tests.brokers.conftest import api_of  # noqa: F401 - beside the people it is used with
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.duties import (
    LONG_AGO,
    NOW,
    counted,
    due_report,
    licence,
    manager_of,
    minimum,
    named,
    reported_deal,
    submitted,
    suggested,
    told,
    warned,
)
from tests.factories.brokers.register import agency


class House:
    """A registered agency with everything of its duties in several states, and people of every kind by name."""

    def __init__(self):
        minimum(3)
        self.agency = agency(at=LONG_AGO)
        self.broker = self.agency.organization
        manager = manager_of(self.broker)
        self.counted, self.waiting = counted(self.broker), named(self.broker)
        self.licence = licence(self.waiting.user, number="Canary-1")
        self.due, self.done = due_report(self.agency), submitted(due_report(self.agency, day=LONG_AGO.date()), deals=1)
        self.deal = reported_deal(self.broker, technology="Canary deal")
        self.suggested = suggested(self.agency)
        self.told = told(self.agency, text="Canary change")
        self.warning = warned(self.agency, text="Canary warning")
        insider = MembershipFactory(government=True, user__second_factor=True).user
        MembershipFactory(organization=self.broker, user=insider, role=Role.VIEWER)
        self.people = {
            "anonymous": None,
            "stranger": UserFactory(),
            "firm": MembershipFactory(manager=True).user,
            "other_broker": manager_of(agency(at=LONG_AGO).organization),
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "insider": insider,
            "person": self.waiting.user,
            "asked_to_join": MembershipFactory(organization=self.broker, requested=True).user,
            "viewer": MembershipFactory(organization=self.broker, role=Role.VIEWER).user,
            "staff": MembershipFactory(organization=self.broker).user,
            "manager": manager,
        }


@pytest.fixture(scope="module")
def new_house(once):
    return once(House, at=NOW)


@pytest.fixture
def house(new_house):
    with time_machine.travel(NOW, tick=False):
        yield new_house()
