"""Contracts in each state between two sides with a broker, and people of every kind."""

from dataclasses import replace

import pytest
import time_machine

from accounts.enums import Role
from deals.services.contracts.approve import refuse
from deals.services.contracts.end import propose_end
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.brokers.mandates import in_force, manager_of, members
from tests.factories.deals.agreements import (
    AT,
    CLAUSES,
    DAY,
    TODAY,
    about,
    agreed,
    approved,
    brokered,
    drafted,
    signed,
)
from tests.factories.tech_listings import ListingFactory

CANARY = "kanarienvogel"


@pytest.fixture
def at_now():
    """Pages and API read the clock: it stands at the moment of the factories."""
    with time_machine.travel(AT, tick=False):
        yield AT


class Sides:
    """A holder and a firm with a broker, and one contract for each thing that can be done. All say the canary."""

    def __init__(self):
        self.holder, self.firm = OrganizationFactory(institute=True), OrganizationFactory(name=f"{CANARY} firm")
        self.broker, self.other_broker = OrganizationFactory(broker=True), OrganizationFactory(broker=True)
        self.people = (
            members(self.holder, "holder") | members(self.firm, "firm") | members(self.broker, "broker")
            | members(self.other_broker, "other_broker")
        )  # fmt: skip
        self.mandate = in_force(client=self.holder, broker=self.broker, at=AT)
        in_force(client=self.firm, broker=self.other_broker, at=AT)
        self.to_write = self.negotiation()
        self.to_approve = self.make(drafted)
        self.to_refuse = self.make(drafted)
        self.to_redraft = self.make(drafted)
        refuse(version=self.to_redraft.versions.get(), text="Not so", by=manager_of(self.firm), at=AT)
        self.to_sign, self.to_cancel = self.make(approved), self.make(approved)
        self.to_amend, self.to_end, self.ending = self.make(signed), self.make(signed), self.make(signed)
        propose_end(
            contract=self.ending, reason="agreed", last_day=TODAY + DAY, text=CANARY, by=manager_of(self.firm), at=AT
        )
        rival = about(self.to_amend.listing)
        self.people |= members(rival.firm, "rival")
        self.people |= {
            "anonymous": None,
            "stranger": UserFactory(),
            "other_institute": MembershipFactory(institute=True, manager=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "office_viewer": MembershipFactory(government=True, role=Role.VIEWER, user__second_factor=True).user,
            "firm_asked_to_join": MembershipFactory(organization=self.firm, requested=True).user,
        }

    def negotiation(self):
        made = about(ListingFactory(holder=self.holder), requester=self.firm)
        brokered(made, self.mandate)
        return agreed(negotiation=made)

    def make(self, how):
        return how(negotiation=self.negotiation(), clauses=replace(CLAUSES, special=CANARY))


@pytest.fixture(scope="module")
def new_sides(once):
    return once(Sides, AT)


@pytest.fixture
def sides(new_sides, at_now):
    return new_sides()
