import itertools

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from accounts.enums import INVITATION_STATES, MEMBERSHIP_STATES, InvitationState, MembershipState
from accounts.models import Invitation, Membership
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import InvitationFactory, MembershipFactory, OrganizationFactory, UserFactory


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(MembershipState, 2)))
def test_python_and_the_database_agree_on_memberships(before, after):
    membership = MembershipFactory(state=before)
    if MEMBERSHIP_STATES.can(membership, after):
        MEMBERSHIP_STATES.move(membership, after)
        membership.refresh_from_db()
        assert membership.state == after
    else:
        with pytest.raises(IllegalTransition):
            MEMBERSHIP_STATES.move(membership, after)
        with pytest.raises(InternalError), transaction.atomic():
            Membership.objects.filter(pk=membership.pk).update(state=after)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(InvitationState, 2)))
def test_python_and_the_database_agree_on_invitations(before, after):
    accepted = {"accepted_by": UserFactory(), "accepted_at": timezone.now()}
    nobody = {"accepted_by": None, "accepted_at": None}
    invitation = InvitationFactory(state=before, **(accepted if before == InvitationState.ACCEPTED else nobody))
    also = accepted if after == InvitationState.ACCEPTED else nobody
    if INVITATION_STATES.can(invitation, after):
        INVITATION_STATES.move(invitation, after, **also)
        invitation.refresh_from_db()
        assert invitation.state == after
    else:
        with pytest.raises(IllegalTransition):
            INVITATION_STATES.move(invitation, after, **also)
        with pytest.raises(InternalError), transaction.atomic():
            Invitation.objects.filter(pk=invitation.pk).update(state=after, **also)


@pytest.mark.parametrize("second", ["active", "requested"])
def test_one_open_membership_per_person_and_organization(second):
    first = MembershipFactory()
    with pytest.raises(IntegrityError, match="one_open_membership"), transaction.atomic():
        MembershipFactory(user=first.user, organization=first.organization, state=second)


@pytest.mark.parametrize("closed", ["declined", "ended"])
def test_closed_memberships_do_not_stand_in_the_way(closed):
    first = MembershipFactory(state=closed)
    assert MembershipFactory(user=first.user, organization=first.organization).pk


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"business_number": "12481009"}, "business_number_digits"),
        ({"kind": "club"}, "organization_kind_known"),
        ({"institute_kind": "university"}, "organization_institute_kind"),
        ({"kind": "institute"}, "organization_institute_kind"),
        ({"answer_days": 0}, "organization_answer_days"),
        ({"answer_days": 61}, "organization_answer_days"),
    ],
)
def test_the_database_refuses_organizations_that_cannot_be(changes, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        OrganizationFactory(**changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"decided_at": None}, "membership_decided"),
        ({"decided_by": None}, "membership_decided"),
        ({"decided_at": None, "decided_by": None}, "membership_decided_when_not_requested"),
        ({"role": "king"}, "membership_role_known"),
    ],
)
def test_the_database_refuses_memberships_that_cannot_be(changes, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        MembershipFactory(**changes)


def test_history_keeps_who_was_what():
    membership = MembershipFactory(role="viewer")
    membership.role = "manager"
    membership.save()
    assert list(membership.events.values_list("role", flat=True)) == ["viewer"]
