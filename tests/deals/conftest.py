from dataclasses import dataclass

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import ApiToken, User
from accounts.services.tokens import digest_of
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, UserFactory, token_text
from tests.factories.tech_listings import ListingFactory


@dataclass
class World:
    """A published technology, its holder's people, a company's people, and others who have no part in it."""

    listing: object
    people: dict[str, User | None]

    def __getattr__(self, name):
        return self.people[name]


@pytest.fixture
def world():
    listing = ListingFactory()
    company = MembershipFactory(manager=True)
    holder, requester = listing.holder, company.organization
    return World(
        listing,
        {
            "anonymous": None,
            "stranger": UserFactory(),
            "other_company": MembershipFactory().user,
            "other_institute": MembershipFactory(institute=True).user,
            "officer": MembershipFactory(government=True, user__second_factor=True).user,
            "holder_staff": MembershipFactory(organization=holder).user,
            "holder_manager": MembershipFactory(organization=holder, manager=True).user,
            "holder_viewer": MembershipFactory(organization=holder, role=Role.VIEWER).user,
            "holder_asked_to_join": MembershipFactory(organization=holder, requested=True).user,
            "company_staff": MembershipFactory(organization=requester).user,
            "company_manager": company.user,
            "company_viewer": MembershipFactory(organization=requester, role=Role.VIEWER).user,
        },
    )


@pytest.fixture
def company(world):
    return world.company_manager.active_organizations().get()


def api_of(user: User | None) -> APIClient:
    """A program with a token of the user, so that it acts for the user's organization."""
    api = APIClient()
    if user is not None:
        serial = 1000 + ApiToken.objects.count()
        ApiTokenFactory(user=user, serial=serial, second_factor=True)
        assert ApiToken.objects.filter(digest=digest_of(token_text(serial))).exists()
        api.credentials(HTTP_AUTHORIZATION=f"Token {token_text(serial)}")
    return api
