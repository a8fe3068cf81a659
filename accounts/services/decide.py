"""A manager grants or declines a request to join."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import MEMBERSHIP_STATES, MembershipState, Role
from accounts.events import membership_decided
from accounts.models import Membership, User
from accounts.services.members import lock_membership, refuse_unless_manager
from marketplace.core.errors import DomainError


@transaction.atomic
def grant_membership(*, membership: Membership, role: str, by: User, at: datetime) -> Membership:
    """Let the asker in with `role`. Raises `IllegalTransition` when somebody decided before, `NotAllowed`."""
    locked = lock_membership(membership)
    refuse_unless_manager(by, locked.organization)
    if role not in Role.values:
        raise DomainError(_("Choose a role."), field="role")
    MEMBERSHIP_STATES.move(locked, MembershipState.ACTIVE, role=role, decided_at=at, decided_by=by)
    membership_decided.send(sender=Membership, membership=locked, granted=True)
    return locked


@transaction.atomic
def decline_membership(*, membership: Membership, by: User, at: datetime) -> Membership:
    """Say no. The person may ask again later."""
    locked = lock_membership(membership)
    refuse_unless_manager(by, locked.organization)
    MEMBERSHIP_STATES.move(locked, MembershipState.DECLINED, decided_at=at, decided_by=by)
    membership_decided.send(sender=Membership, membership=locked, granted=False)
    return locked
