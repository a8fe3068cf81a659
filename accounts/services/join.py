"""Ask to join an organization, and take the request back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import MEMBERSHIP_STATES, MembershipState
from accounts.events import membership_ended, membership_requested
from accounts.models import Membership, Organization, User
from accounts.services.members import AlreadyOpen, lock_membership, lock_organization
from marketplace.core.errors import Conflict, NotAllowed, NotPossibleNow

MOST_OPEN_REQUESTS = 10


class TooManyRequests(Conflict):
    code = "too_many_requests"


@transaction.atomic
def ask_to_join(*, organization: Organization, role: str, message: str = "", by: User) -> Membership:
    """A request that the organization's managers decide. `role` is a wish: they may grant another one."""
    if lock_organization(organization).is_gone:
        message = _("“%(name)s” was merged into another organization. Ask to join that one.")
        raise NotPossibleNow(message % {"name": organization})
    opened = Membership.objects.open().filter(user=by)
    if existing := opened.filter(organization=organization).first():
        if existing.state == MembershipState.ACTIVE:
            raise AlreadyOpen(_("You are a member of “%(name)s” already.") % {"name": organization.name})
        raise AlreadyOpen(_("You asked to join “%(name)s” already. Its manager will answer.") % {"name": organization})
    if opened.filter(state=MembershipState.REQUESTED).count() >= MOST_OPEN_REQUESTS:
        raise TooManyRequests(
            _("You have %(most)d requests without an answer. Withdraw one before you ask again.")
            % {"most": MOST_OPEN_REQUESTS}
        )
    membership = Membership.objects.create(user=by, organization=organization, role=role, message=message)
    membership_requested.send(sender=Membership, membership=membership)
    return membership


@transaction.atomic
def withdraw_request(*, membership: Membership, by: User, at: datetime) -> Membership:
    """The asker no longer wants to join."""
    locked = lock_membership(membership)
    if locked.user_id != by.pk:
        raise NotAllowed(_("Only the person who asked may withdraw the request."))
    if locked.state != MembershipState.REQUESTED:
        raise Conflict(_("The request was answered meanwhile. Reload the page."))
    MEMBERSHIP_STATES.move(locked, MembershipState.ENDED, decided_at=at, decided_by=by)
    membership_ended.send(sender=Membership, membership=locked, by=by)
    return locked
