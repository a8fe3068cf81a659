"""Joining, leaving, changing roles."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import events
from accounts.enums import InvitationState, MembershipState, Role
from accounts.models import Membership
from accounts.services.decide import decline_membership, grant_membership
from accounts.services.join import MOST_OPEN_REQUESTS, TooManyRequests, ask_to_join, withdraw_request
from accounts.services.leave import change_role, end_membership
from accounts.services.members import AlreadyOpen, LastManager
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import (
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
    sign_in,
)

NOW = timezone.now()


@pytest.fixture
def heard():
    """The domain signals that were sent, as (name, what)."""
    sent = []
    names = ["membership_requested", "membership_decided", "membership_ended", "role_changed", "invited"]
    receivers = {}
    for name in names:

        def receive(sender, signal, name=name, **what):
            sent.append((name, what))

        receivers[name] = receive
        getattr(events, name).connect(receive)
    yield sent
    for name, receive in receivers.items():
        getattr(events, name).disconnect(receive)


def test_asked_granted_and_at_work(client, heard):
    manager = MembershipFactory(institute=True, manager=True)
    organization, asker = manager.organization, UserFactory()

    sign_in(client, asker)
    found = client.get(reverse("accounts:join"), {"q": organization.business_number_text})
    assert [row[0] for row in found.context["rows"]] == [organization]
    client.post(reverse("accounts:ask", args=[organization.public_id]), {"role": "manager", "message": "연구지원팀"})
    membership = Membership.objects.get(user=asker)
    assert (membership.state, membership.role, membership.message) == ("requested", "manager", "연구지원팀")
    assert asker.active_organizations().exists() is False

    sign_in(client, manager.user)
    assert "연구지원팀" in client.get(reverse("accounts:organization", args=[organization.public_id])).text
    client.post(reverse("accounts:grant", args=[membership.public_id]), {"role": "staff"})
    membership.refresh_from_db()
    assert (membership.state, membership.role, membership.decided_by) == ("active", "staff", manager.user)
    assert list(asker.active_organizations()) == [organization]
    assert [(name, what["membership"]) for name, what in heard] == [
        ("membership_requested", membership),
        ("membership_decided", membership),
    ]
    assert heard[1][1]["granted"] is True


def test_declined_may_ask_again(heard):
    request = MembershipFactory(requested=True)
    manager = MembershipFactory(organization=request.organization, manager=True).user
    decline_membership(membership=request, by=manager, at=NOW)
    assert heard[0][1]["granted"] is False
    again = ask_to_join(organization=request.organization, role=Role.STAFF, by=request.user)
    assert again.pk != request.pk


def test_a_decision_is_made_once():
    request = MembershipFactory(requested=True)
    manager = MembershipFactory(organization=request.organization, manager=True).user
    grant_membership(membership=request, role=Role.STAFF, by=manager, at=NOW)
    for decide in (
        lambda: decline_membership(membership=request, by=manager, at=NOW),
        lambda: grant_membership(membership=request, role=Role.MANAGER, by=manager, at=NOW),
    ):
        with pytest.raises(IllegalTransition):
            decide()
    request.refresh_from_db()
    assert (request.state, request.role) == (MembershipState.ACTIVE, Role.STAFF)


def test_a_request_that_was_granted_cannot_be_withdrawn():
    request = MembershipFactory(requested=True)
    manager = MembershipFactory(organization=request.organization, manager=True).user
    grant_membership(membership=request, role=Role.STAFF, by=manager, at=NOW)
    with pytest.raises(Conflict):
        withdraw_request(membership=request, by=request.user, at=NOW)
    request.refresh_from_db()
    assert request.state == MembershipState.ACTIVE


@pytest.mark.parametrize("state", ["requested", "active"])
def test_asking_twice_is_refused(state):
    membership = MembershipFactory(state=state)
    with pytest.raises(AlreadyOpen):
        ask_to_join(organization=membership.organization, role=Role.STAFF, by=membership.user)
    assert Membership.objects.count() == 1


def test_nobody_floods_managers_with_requests():
    user = UserFactory()
    MembershipFactory.create_batch(MOST_OPEN_REQUESTS, user=user, requested=True)
    with pytest.raises(TooManyRequests):
        ask_to_join(organization=OrganizationFactory(), role=Role.STAFF, by=user)


def test_nobody_lets_themselves_in():
    request = MembershipFactory(requested=True, manager=True)
    MembershipFactory(organization=request.organization, manager=True)
    with pytest.raises(NotAllowed):
        grant_membership(membership=request, role=Role.MANAGER, by=request.user, at=NOW)
    request.refresh_from_db()
    assert request.state == MembershipState.REQUESTED


def test_the_last_manager_stays_whoever_tries():
    manager = MembershipFactory(manager=True)
    MembershipFactory(organization=manager.organization)
    MembershipFactory(organization=manager.organization, manager=True, user__is_active=False)
    MembershipFactory(organization=manager.organization, manager=True, state="ended")
    before = Membership.objects.values().get(pk=manager.pk)
    with pytest.raises(LastManager):
        end_membership(membership=manager, by=manager.user, at=NOW)
    with pytest.raises(LastManager):
        change_role(membership=manager, role=Role.STAFF, by=manager.user)
    assert Membership.objects.values().get(pk=manager.pk) == before


def test_one_of_two_managers_may_go(heard):
    manager = MembershipFactory(manager=True)
    other = MembershipFactory(organization=manager.organization, manager=True)
    end_membership(membership=manager, by=manager.user, at=NOW)
    assert heard == [("membership_ended", {"membership": manager, "by": manager.user})]
    with pytest.raises(LastManager):
        change_role(membership=other, role=Role.VIEWER, by=other.user)


def test_a_role_changes_only_to_one_that_exists(heard):
    manager = MembershipFactory(manager=True)
    member = MembershipFactory(organization=manager.organization)
    with pytest.raises(DomainError):
        change_role(membership=member, role="king", by=manager.user)
    change_role(membership=member, role=Role.VIEWER, by=manager.user)
    member.refresh_from_db()
    assert member.role == Role.VIEWER
    assert [what["before"] for _name, what in heard] == [Role.STAFF]


@pytest.mark.parametrize("how", ["end", "demote"])
def test_who_may_no_longer_invite_leaves_no_open_invitation(how):
    organization = OrganizationFactory()
    boss, other = MembershipFactory.create_batch(2, organization=organization, manager=True)
    mine = InvitationFactory(organization=organization, invited_by=other.user)
    kept = InvitationFactory(organization=organization, invited_by=boss.user)
    if how == "end":
        end_membership(membership=other, by=boss.user, at=NOW)
    else:
        change_role(membership=other, role=Role.STAFF, by=boss.user)
    mine.refresh_from_db()
    kept.refresh_from_db()
    assert (mine.state, kept.state) == (InvitationState.REVOKED, InvitationState.PENDING)


def test_a_refusal_is_said_on_the_page(client):
    manager = MembershipFactory(manager=True)
    sign_in(client, manager.user)
    page = client.post(reverse("accounts:end", args=[manager.public_id]), follow=True)
    assert "would have no manager" in page.text
    assert page.redirect_chain[0][0] == reverse("accounts:organization", args=[manager.organization.public_id])


def test_next_leads_nowhere_else(client):
    member = MembershipFactory()
    sign_in(client, member.user)
    response = client.post(
        reverse("accounts:end", args=[member.public_id]), {"next": "https://elsewhere.example/phish"}
    )
    assert response.url == reverse("accounts:organization", args=[member.organization.public_id])


def test_requests_of_closed_accounts_do_not_wait():
    request = MembershipFactory(requested=True, user__is_active=False)
    assert request.organization.memberships.waiting().exists() is False


@pytest.mark.parametrize(
    ("typed", "found"),
    [("가온", True), ("gaon univ", True), ("高温", True), ("x", False), ("", False), ("101-81", False)],
)
def test_organizations_are_found_by_a_part_of_any_name(client, typed, found):
    OrganizationFactory(institute=True, name="가온대학교", name_en="Gaon University", name_zh="高温大学")
    sign_in(client, UserFactory())
    page = client.get(reverse("accounts:join"), {"q": typed})
    assert bool(page.context["rows"]) is found


def test_old_events_stay_in_the_history():
    membership = MembershipFactory(requested=True)
    manager = MembershipFactory(organization=membership.organization, manager=True).user
    grant_membership(membership=membership, role=Role.STAFF, by=manager, at=NOW)
    end_membership(membership=membership, by=manager, at=NOW + timedelta(days=1))
    assert list(membership.events.order_by("pgh_id").values_list("state", flat=True)) == ["requested", "active"]
