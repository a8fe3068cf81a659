import pytest

from accounts.enums import Role
from accounts.models import User
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.tech_listings import ListingFactory


class World:
    """A firm that looks for something, an institute with a technology, an agency, and others when first named."""

    def __init__(self):
        self.firm = OrganizationFactory()
        self.listing = ListingFactory(
            title_ko="수소 저장 합금의 반응 속도 향상", summary_ko="수소를 저장하는 합금 분말의 반응 속도를 높인다."
        )
        self.institute = self.listing.holder
        self.agency = OrganizationFactory(broker=True)

        def member(organization, **given):
            return lambda: MembershipFactory(organization=organization, **given).user

        self.makers = {
            "anonymous": lambda: None,
            "stranger": UserFactory,
            "other_firm": lambda: MembershipFactory().user,
            "officer": lambda: MembershipFactory(government=True, user__second_factor=True).user,
            "firm_asked_to_join": member(self.firm, requested=True),
            "firm_viewer": member(self.firm, role=Role.VIEWER),
            "firm_staff": member(self.firm),
            "firm_manager": member(self.firm, manager=True),
            "institute_viewer": member(self.institute, role=Role.VIEWER),
            "institute_staff": member(self.institute),
            "institute_manager": member(self.institute, manager=True),
            "other_institute": lambda: MembershipFactory(institute=True).user,
            "agency_staff": member(self.agency),
        }
        self.made: dict[str, User | None] = {}
        for name in ("firm_staff", "institute_staff", "agency_staff"):
            self.person(name)

    def person(self, name: str) -> User | None:
        if name not in self.made:
            self.made[name] = self.makers[name]()
        return self.made[name]

    def __getattr__(self, name: str) -> User | None:
        if name.startswith("__") or name == "makers":
            raise AttributeError(name)
        return self.person(name)


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.fixture
def world(new_world):
    return new_world()


@pytest.fixture
def firm(world):
    return world.firm


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def signed_in(client, owner):
    return sign_in(client, owner)
