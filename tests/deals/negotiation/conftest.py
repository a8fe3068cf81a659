import copy

import pytest
import time_machine

from accounts.enums import Role
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.mandates import in_force, members, registered
from tests.factories.deals.negotiation import asked, brokered, offered, opened
from tests.factories.deals.requests import TransferRequestFactory

CANARY = "kanarienvogel"


@pytest.fixture
def at_now():
    """Pages and API read the clock: it stands at the moment of the factories."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


class Sides:
    """A negotiation with a broker of the firm, a question of the firm and an offer of the holder, full of canaries; and
    people of every kind. Another broker has a mandate of the firm, too, and takes part nowhere.
    """

    def __init__(self):
        request = TransferRequestFactory(talk=True, intended_use=CANARY)
        self.holder, self.firm = request.holder, request.requester
        self.broker, self.other_broker = registered(), registered()
        self.people = (
            members(self.holder, "holder") | members(self.firm, "firm") | members(self.broker, "broker")
            | members(self.other_broker, "other_broker")
        )  # fmt: skip
        in_force(client=self.firm, broker=self.other_broker)
        self.negotiation = opened(request=request, by=self.people["holder_staff"], text=f"{CANARY} begins")
        self.part = brokered(self.negotiation, broker=self.broker)
        self.question = asked(self.negotiation, f"{CANARY} asks")
        self.offer = offered(
            self.negotiation, by=self.people["holder_staff"], text=f"{CANARY} offers", territory=CANARY
        )
        self.option = self.offer.options.all()[0]
        # The same broker in another negotiation, and another firm about the same technology.
        brokered(opened(), broker=self.broker)
        rival = opened(request=TransferRequestFactory(talk=True, listing=request.listing))
        self.people |= members(rival.firm, "rival")
        self.people |= {
            "anonymous": None,
            "stranger": UserFactory(),
            "other_institute": MembershipFactory(institute=True, manager=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "firm_asked_to_join": MembershipFactory(organization=self.firm, requested=True).user,
        }


@pytest.fixture(scope="module")
def made_once(rows_of_the_module):
    with time_machine.travel(NOW, tick=False):
        return Sides()


@pytest.fixture
def sides(made_once, at_now):
    return copy.deepcopy(made_once)
