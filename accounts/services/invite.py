"""Invite somebody by e-mail, take an invitation back, accept one (lessons F27, F28)."""

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import mails
from accounts.enums import INVITATION_STATES, MEMBERSHIP_STATES, InvitationState, MembershipState, Role
from accounts.events import invited
from accounts.models import Invitation, Membership, Organization, User
from accounts.services.members import AlreadyOpen, lock_organization, refuse_unless_manager
from marketplace.core.errors import Conflict, DomainError, NotAllowed

LIFETIME = timedelta(days=7)
MOST_PER_DAY = 50


class InvitationOver(Conflict):
    """Used, taken back or past its day."""

    code = "invitation_over"


class WrongAccount(NotAllowed):
    """Signed in with an account that has not confirmed the invited address."""

    code = "invitation_wrong_account"


class TooManyInvitations(Conflict):
    code = "too_many_invitations"


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_invitation(token: str) -> Invitation | None:
    """By the token in the mail, in whatever state; the page says why an old one no longer works."""
    if len(token) < 20:
        return None
    found = Invitation.objects.select_related("organization", "invited_by")
    return found.filter(token_digest=digest_of(token)).first()


def has_confirmed(user: User, email: str) -> bool:
    return EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists()


@transaction.atomic
def invite(*, organization: Organization, email: str, role: str, by: User, at: datetime) -> Invitation:
    """Send a link that lets the owner of `email` join with `role` within seven days, once.

    An earlier invitation of the same address stops working. Raises `AlreadyOpen`, `TooManyInvitations`, `NotAllowed`.
    """
    locked = lock_organization(organization)
    refuse_unless_manager(by, locked)
    if role not in Role.values:
        raise DomainError(_("Choose a role."), field="role")
    email = email.strip().lower()
    receiver = User.objects.filter(email=email, is_active=True).first()
    if Membership.objects.active().filter(organization=locked, user__email=email).exists():
        raise AlreadyOpen(_("%(email)s is a member already.") % {"email": email}, field="email")
    if locked.invitations.filter(created_at__gt=at - timedelta(days=1)).count() >= MOST_PER_DAY:
        raise TooManyInvitations(_("An organization may send %(most)d invitations a day.") % {"most": MOST_PER_DAY})
    for earlier in locked.invitations.select_for_update().filter(email=email, state=InvitationState.PENDING):
        INVITATION_STATES.move(earlier, InvitationState.REVOKED)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=locked,
        email=email,
        role=role,
        token_digest=digest_of(token),
        invited_by=by,
        expires_at=at + LIFETIME,
    )
    invited.send(sender=Invitation, invitation=invitation, user=receiver)
    mails.send_invitation(invitation, token=token, language=(receiver or by).language)
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> Invitation:
    """The link stops working. Raises `IllegalTransition` when it was accepted meanwhile, `NotAllowed`."""
    locked = _lock(invitation)
    refuse_unless_manager(by, locked.organization)
    INVITATION_STATES.move(locked, InvitationState.REVOKED)
    return locked


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User, at: datetime) -> Membership:
    """`by` becomes a member with the role offered. Raises `InvitationOver`, `WrongAccount`."""
    locked = _lock(invitation)
    if not has_confirmed(by, locked.email):
        raise WrongAccount(_("This invitation is for another e-mail address. Sign in with the account that has it."))
    if locked.state != InvitationState.PENDING:
        raise InvitationOver(_("This invitation was used or taken back. Ask the organization for a new one."))
    if locked.expires_at <= at:
        raise InvitationOver(_("This invitation has expired. Ask the organization for a new one."))
    INVITATION_STATES.move(locked, InvitationState.ACCEPTED, accepted_by=by, accepted_at=at)
    opened = Membership.objects.open().filter(user=by, organization=locked.organization).first()
    decision = {"decided_at": at, "decided_by": locked.invited_by}
    if opened is None:
        opened = Membership.objects.create(
            user=by, organization=locked.organization, role=locked.role, state=MembershipState.ACTIVE, **decision
        )
    elif opened.state == MembershipState.REQUESTED:
        MEMBERSHIP_STATES.move(opened, MembershipState.ACTIVE, role=locked.role, **decision)
    by.forget_memberships()
    return opened


def _lock(invitation: Invitation) -> Invitation:
    lock_organization(invitation.organization)
    locked = Invitation.objects.select_for_update(of=["self"]).select_related("organization", "invited_by")
    return locked.get(pk=invitation.pk)
