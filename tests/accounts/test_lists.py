"""Pages with lists ask the same number of questions however long the lists are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.accounts import (
    ApiTokenFactory,
    InvitationFactory,
    MembershipFactory,
    UserFactory,
    sign_in,
)


def questions(client, url):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.fixture
def manager(client):
    membership = MembershipFactory(institute=True, manager=True)
    sign_in(client, membership.user)
    return membership


def fill(manager):
    organization = manager.organization
    MembershipFactory.create_batch(4, organization=organization)
    MembershipFactory.create_batch(4, organization=organization, requested=True)
    InvitationFactory.create_batch(4, organization=organization, invited_by=manager.user)
    MembershipFactory.create_batch(4, user=manager.user)
    MembershipFactory.create_batch(4, user=manager.user, requested=True)
    ApiTokenFactory.create_batch(4, user=manager.user)


@pytest.mark.parametrize(
    ("name", "most"), [("organization", 16), ("organizations", 10), ("tokens", 10), ("join", 11), ("profile", 12)]
)
def test_the_number_of_questions_does_not_grow(client, manager, name, most):
    MembershipFactory(user=manager.user)
    MembershipFactory(user=manager.user, requested=True)
    MembershipFactory(organization=manager.organization, requested=True)
    InvitationFactory(organization=manager.organization, invited_by=manager.user)
    ApiTokenFactory(user=manager.user)
    url = reverse(f"accounts:{name}", args=[manager.organization.public_id] if name == "organization" else [])
    if name == "join":
        url += "?q=한빛"
    few = questions(client, url)
    fill(manager)
    many = questions(client, url)
    assert many == few
    assert many <= most


def test_a_visitor_costs_one_question(client, django_assert_num_queries):
    organization = MembershipFactory(institute=True).organization
    with django_assert_num_queries(1):
        client.get(reverse("accounts:organization", args=[organization.public_id]))


def test_long_lists_of_members_come_in_pages(client, manager):
    MembershipFactory.create_batch(55, organization=manager.organization)
    first = client.get(reverse("accounts:organization", args=[manager.organization.public_id]))
    second = client.get(reverse("accounts:organization", args=[manager.organization.public_id]) + "?page=2")
    assert len(first.context["members"]) + len(second.context["members"]) == 56


def test_a_person_of_no_organization_sees_the_way_in(client):
    sign_in(client, UserFactory())
    page = client.get(reverse("accounts:organizations")).text
    assert reverse("accounts:join") in page
    assert reverse("accounts:register") in page
