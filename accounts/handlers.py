"""What accounts hears from allauth and from itself."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver

from accounts.enums import MembershipState, Role
from accounts.events import membership_decided, role_changed
from accounts.models import Membership
from accounts.services.merge import let_managers_read


@receiver([membership_decided, role_changed], dispatch_uid="accounts.managers_read_what_was_merged")
def managers_read_what_was_merged(sender: Any, membership: Membership, **kwargs: Any) -> None:
    """Who becomes a manager later reads the history of what was merged into the organization before."""
    if membership.role == Role.MANAGER and membership.state == MembershipState.ACTIVE and membership.decided_by:
        for gone in membership.organization.merged_from.order_by("pk"):
            at = membership.decided_at or membership.updated_at
            let_managers_read(gone, membership.organization, by=membership.decided_by, at=at)


@receiver(authenticator_added, dispatch_uid="accounts.authenticator_added")
def setting_up_is_using(sender: Any, request: Any, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    """Adding a factor proves that one has it: the officer need not show it a second time."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=str(authenticator.type))
