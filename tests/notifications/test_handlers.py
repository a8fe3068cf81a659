import pytest
from django.utils import timezone, translation

from accounts.enums import Role
from accounts.services.close import personal_data
from accounts.services.decide import decline_membership, grant_membership
from accounts.services.join import ask_to_join
from notifications.models import Notification
from notifications.queries import unread_count
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory


def titles(user):
    return [row.title for row in Notification.objects.visible_to(user).for_list()]


@pytest.fixture
def organization():
    return OrganizationFactory(name="한빛정밀", name_en="Hanbit Precision")


@pytest.mark.parametrize(
    ("decide", "told"),
    [
        (lambda m, by: grant_membership(membership=m, role=Role.STAFF, by=by, at=timezone.now()), "now a member of"),
        (lambda m, by: decline_membership(membership=m, by=by, at=timezone.now()), "was declined"),
    ],
)
def test_managers_hear_of_a_request_and_the_asker_of_the_decision(organization, decide, told):
    manager = MembershipFactory(organization=organization, manager=True).user
    colleague = MembershipFactory(organization=organization).user
    asker = UserFactory()

    membership = ask_to_join(organization=organization, role=Role.STAFF, by=asker)
    assert titles(manager) == ["Somebody asks to join Hanbit Precision"]
    assert (titles(colleague), titles(asker)) == ([], [])

    decide(membership, manager)
    assert len(titles(asker)) == 1
    assert told in titles(asker)[0]


def test_a_manager_who_is_one_no_longer_no_longer_sees_requests(organization):
    MembershipFactory(organization=organization, manager=True)
    membership = MembershipFactory(organization=organization, manager=True)
    ask_to_join(organization=organization, role=Role.STAFF, by=UserFactory())
    assert unread_count(membership.user) == 1

    membership.role = Role.STAFF
    membership.save()

    assert unread_count(membership.user) == 0


def test_the_name_is_the_one_in_the_readers_language(organization):
    manager = MembershipFactory(organization=organization, manager=True).user
    ask_to_join(organization=organization, role=Role.STAFF, by=UserFactory())
    row = Notification.objects.get(recipient=manager)
    with translation.override("ko"):
        assert "한빛정밀" in row.title


def test_personal_data_holds_what_the_inbox_holds(organization):
    manager = MembershipFactory(organization=organization, manager=True).user
    ask_to_join(organization=organization, role=Role.STAFF, by=UserFactory())
    assert [row["kind"] for row in personal_data(manager)["notifications"]] == ["membership_requested"]
