import pytest

from accounts.enums import Role
from accounts.models import User
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.obligations import rules


class World:
    """An institute that owes, an officer, and others, who come into being when first named."""

    def __init__(self):
        rules()
        self.institute = OrganizationFactory(institute=True)
        self.office = OrganizationFactory(government=True)
        own = {"organization": self.institute}
        self.makers = {
            "stranger": UserFactory,
            "firm": lambda: MembershipFactory().user,
            "broker": lambda: MembershipFactory(broker=True, manager=True).user,
            "other_institute": lambda: MembershipFactory(institute=True, manager=True).user,
            "viewer": lambda: MembershipFactory(role=Role.VIEWER, **own).user,
            "asked_to_join": lambda: MembershipFactory(requested=True, **own).user,
            "staff": lambda: MembershipFactory(**own).user,
            "manager": lambda: MembershipFactory(manager=True, **own).user,
            "officer": lambda: MembershipFactory(organization=self.office).user,
            "officers_manager": lambda: MembershipFactory(organization=self.office, manager=True).user,
            "officer_viewer": lambda: MembershipFactory(organization=self.office, role=Role.VIEWER).user,
            "officer_of_the_institute": self.both,
        }
        self.made: dict[str, User] = {}

    def both(self) -> User:
        """An officer who is a member of the institute too."""
        user = MembershipFactory(organization=self.institute, role=Role.VIEWER).user
        MembershipFactory(organization=self.office, user=user)
        return user

    def person(self, name: str) -> User:
        if name not in self.made:
            self.made[name] = self.makers[name]()
        return self.made[name]

    def __getattr__(self, name: str) -> User:
        if name.startswith("__") or name == "makers":  # whoever copies this asks for them before there are any
            raise AttributeError(name)
        return self.person(name)


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.fixture
def world(new_world):
    return new_world()
