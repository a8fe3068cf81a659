"""Which organization a person acts for, and that no combination of roles locks anybody out (lessons F62)."""

import itertools

import pytest
from django.urls import reverse

from accounts.enums import OrganizationKind, Role
from accounts.roles import Permission, has_permission, organizations_with, permissions_of
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in


def current(client):
    return client.get(reverse("accounts:organizations")).wsgi_request.organization


@pytest.fixture
def person(client):
    user = UserFactory(second_factor=True)
    sign_in(client, user)
    return user


def test_nobody_acts_for_nothing(client, person):
    assert current(client) is None


def test_a_visitor_acts_for_nothing(client):
    assert client.get(reverse("accounts:roles")).wsgi_request.organization is None


def test_the_first_by_name_until_one_chooses(client, person):
    second = MembershipFactory(user=person, organization__name="나").organization
    first = MembershipFactory(user=person, organization__name="가").organization
    assert current(client) == first
    page = reverse("accounts:roles") + "?page=2"
    response = client.post(reverse("accounts:switch"), {"organization": second.public_id, "next": page})
    assert response.url == page
    assert current(client) == second


def test_it_falls_back_when_the_membership_ends(client, person):
    kept = MembershipFactory(user=person, organization__name="가").organization
    left = MembershipFactory(user=person, organization__name="나")
    client.post(reverse("accounts:switch"), {"organization": left.organization.public_id})
    assert current(client) == left.organization
    left.state = "ended"
    left.save()
    assert current(client) == kept


@pytest.mark.parametrize("state", ["requested", "declined", "ended", "of somebody else", "nonsense"])
def test_one_cannot_switch_to_what_one_does_not_belong_to(client, person, state):
    mine = MembershipFactory(user=person).organization
    if state in {"of somebody else", "nonsense"}:
        other = OrganizationFactory()
    else:
        other = MembershipFactory(user=person, state=state).organization
    wanted = "nonsense" if state == "nonsense" else other.public_id
    assert client.post(reverse("accounts:switch"), {"organization": wanted}).status_code == 404
    assert current(client) == mine


def test_switching_needs_a_post(client, person):
    assert client.get(reverse("accounts:switch")).status_code == 302


def test_next_leads_nowhere_else(client, person):
    mine = MembershipFactory(user=person).organization
    for wanted in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        response = client.post(reverse("accounts:switch"), {"organization": mine.public_id, "next": wanted})
        assert response.url == reverse("portal:home")


ROLES = list(itertools.product(OrganizationKind.values, Role.values))
COMBINATIONS = [
    *itertools.combinations(ROLES, 2),
    *(combination for number, combination in enumerate(itertools.combinations(ROLES, 3)) if number % 5 == 0),
]


def test_every_combination_of_roles_opens_all_its_own_work():
    for combination in COMBINATIONS:
        user = UserFactory.build()
        user.pk = 1
        user._memberships_of_request = [
            MembershipFactory.build(
                user=user,
                role=role,
                organization=OrganizationFactory.build(pk=number, **{kind: True}),
                decided_by=None,
            )
            for number, (kind, role) in enumerate(combination, start=1)
        ]
        for membership, (kind, role) in zip(user.active_memberships(), combination, strict=True):
            allowed = {p for p in Permission if has_permission(user, p, membership.organization)}
            assert allowed == permissions_of(kind, role)
            assert all(membership.organization in organizations_with(user, p) for p in allowed)


@pytest.mark.parametrize("kinds", list(itertools.combinations(OrganizationKind.values, 2)))
def test_two_roles_open_both_pages_whichever_is_current(client, person, kinds):
    organizations = [MembershipFactory(user=person, manager=True, **{kind: True}).organization for kind in kinds]
    for chosen in organizations:
        client.post(reverse("accounts:switch"), {"organization": chosen.public_id})
        for organization in organizations:
            page = client.get(reverse("accounts:edit", args=[organization.public_id]))
            assert page.status_code == 200
