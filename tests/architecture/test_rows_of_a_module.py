"""What a module makes once is as it was made for each of its tests, whatever the tests before did, in any order."""

from copy import deepcopy

import pytest

from accounts.models import Organization, User
from tests.factories.accounts import MembershipFactory


@pytest.fixture(scope="module")
def made(rows_of_the_module):
    return MembershipFactory(organization__name="가온", user__name="Made once")


@pytest.fixture
def member(made):
    return deepcopy(made)


@pytest.mark.parametrize("turn", range(4))
def test_each_finds_what_was_made_and_nothing_else(member, turn):
    assert list(Organization.objects.order_by("pk")) == [member.organization]
    assert [(user.pk, user.name) for user in User.objects.order_by("pk")] == [(member.user_id, "Made once")]
    assert member.organization.name == "가온"

    MembershipFactory()
    member.user.name = f"Changed in turn {turn}"
    member.user.save()
    member.delete()
    Organization.objects.filter(pk=member.organization_id).update(name="Another")
