"""End a membership (by the member or a manager) and change a role. One manager always remains."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import INVITATION_STATES, MEMBERSHIP_STATES, InvitationState, MembershipState, Role
from accounts.events import membership_ended, role_changed
from accounts.models import Invitation, Membership, User
from accounts.services.members import lock_membership, refuse_last_manager, refuse_unless_manager
from marketplace.core.errors import Conflict, DomainError


@transaction.atomic
def end_membership(*, membership: Membership, by: User, at: datetime) -> Membership:
    """Raises `LastManager` when nobody could manage the organization afterwards, `NotAllowed`, `Conflict`."""
    locked = lock_membership(membership)
    if locked.user_id != by.pk:
        refuse_unless_manager(by, locked.organization)
    if locked.state != MembershipState.ACTIVE:
        raise Conflict(_("This person is no member any more. Reload the page."))
    refuse_last_manager(locked)
    MEMBERSHIP_STATES.move(locked, MembershipState.ENDED, decided_at=at, decided_by=by)
    _take_back_invitations(locked)
    by.forget_memberships()
    membership_ended.send(sender=Membership, membership=locked, by=by)
    return locked


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    """Raises `LastManager` when the last manager would become something else, `NotAllowed`, `Conflict`."""
    locked = lock_membership(membership)
    refuse_unless_manager(by, locked.organization)
    if locked.state != MembershipState.ACTIVE:
        raise Conflict(_("This person is no member any more. Reload the page."))
    if role not in Role.values:
        raise DomainError(_("Choose a role."), field="role")
    before = locked.role
    if role == before:
        return locked
    if role != Role.MANAGER:
        refuse_last_manager(locked)
        _take_back_invitations(locked)
    locked.role = role
    locked.save(update_fields=["role", "updated_at"])
    by.forget_memberships()
    role_changed.send(sender=Membership, membership=locked, before=before, by=by)
    return locked


def _take_back_invitations(membership: Membership) -> None:
    """Who may invite no longer must not come back through an invitation sent before."""
    sent = Invitation.objects.select_for_update().filter(
        organization=membership.organization, invited_by=membership.user, state=InvitationState.PENDING
    )
    for invitation in sent.order_by("pk"):
        INVITATION_STATES.move(invitation, InvitationState.REVOKED)
