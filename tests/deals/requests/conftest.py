import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import ApiToken, User
from accounts.services.tokens import digest_of
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, OrganizationFactory, UserFactory, token_text
from tests.factories.tech_listings import ListingFactory


class World:
    """A published technology, those who act on both sides, and others, who come into being when first named."""

    def __init__(self):
        self.listing = ListingFactory()
        holder, requester = self.listing.holder, OrganizationFactory()
        self.company = requester
        self.makers = {
            "anonymous": lambda: None,
            "stranger": UserFactory,
            "other_company": lambda: MembershipFactory().user,
            "other_institute": lambda: MembershipFactory(institute=True).user,
            "officer": lambda: MembershipFactory(government=True, user__second_factor=True).user,
            "holder_staff": lambda: MembershipFactory(organization=holder).user,
            "holder_manager": lambda: MembershipFactory(organization=holder, manager=True).user,
            "holder_viewer": lambda: MembershipFactory(organization=holder, role=Role.VIEWER).user,
            "holder_asked_to_join": lambda: MembershipFactory(organization=holder, requested=True).user,
            "company_staff": lambda: MembershipFactory(organization=requester).user,
            "company_manager": lambda: MembershipFactory(organization=requester, manager=True).user,
            "company_viewer": lambda: MembershipFactory(organization=requester, role=Role.VIEWER).user,
        }
        self.made: dict[str, User | None] = {}
        for name in ("holder_staff", "holder_manager", "company_staff", "company_manager"):
            self.person(name)

    def person(self, name: str) -> User | None:
        if name not in self.made:
            self.made[name] = self.makers[name]()
        return self.made[name]

    def __getattr__(self, name: str) -> User | None:
        if name.startswith("__") or name == "makers":  # whoever copies this asks for them before there are any
            raise AttributeError(name)
        return self.person(name)


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.fixture
def world(new_world):
    return new_world()


@pytest.fixture
def company(world):
    return world.company


def api_of(user: User | None) -> APIClient:
    """A program with a token of the user, so that it acts for the user's organization."""
    api = APIClient()
    if user is not None:
        serial = 1000 + ApiToken.objects.count()
        ApiTokenFactory(user=user, serial=serial, second_factor=True)
        assert ApiToken.objects.filter(digest=digest_of(token_text(serial))).exists()
        api.credentials(HTTP_AUTHORIZATION=f"Token {token_text(serial)}")
    return api
