"""What every change of members shares: the organization's row is the lock, and one manager must remain."""

from django.utils.translation import gettext as _

from accounts.enums import MembershipState, Role
from accounts.models import Membership, Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import Conflict, NotAllowed


class LastManager(Conflict):
    code = "last_manager"


class AlreadyOpen(Conflict):
    """A second request or membership of the same person in the same organization."""

    code = "membership_exists"


def lock_organization(organization: Organization) -> Organization:
    """Taken first by every service that changes members. Rows that point to the organization can still be written."""
    return Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def lock_membership(membership: Membership) -> Membership:
    """The organization, then the membership, always in this order."""
    lock_organization(membership.organization)
    locked = Membership.objects.select_for_update(of=["self"]).select_related("user", "organization")
    return locked.get(pk=membership.pk)


def refuse_unless_manager(by: User, organization: Organization) -> None:
    """Inside the lock: a manager whose role has just ended decides nothing."""
    by.forget_memberships()
    if not has_permission(by, Permission.MANAGE_MEMBERS, organization):
        raise NotAllowed(_("Only a manager of the organization may do this."))


def refuse_last_manager(membership: Membership) -> None:
    """Raise `LastManager` when `membership` is the only active manager of its organization."""
    if membership.state != MembershipState.ACTIVE or membership.role != Role.MANAGER:
        return
    if membership.organization.is_gone:
        return  # nothing is left to manage
    others = Membership.objects.managers().filter(organization=membership.organization).exclude(pk=membership.pk)
    if not others.exists():
        raise LastManager(
            _("“%(name)s” would have no manager. Make somebody else a manager first.")
            % {"name": membership.organization.name}
        )
