import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.enums import INVITATION_STATES, MEMBERSHIP_STATES, InvitationState, MembershipState, Role
from accounts.models.organizations import Organization
from accounts.models.people import User
from accounts.querysets import InvitationQuerySet, MembershipQuerySet
from marketplace.core.models import PublicId, TimeStamped


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Membership(PublicId, TimeStamped):
    """A person's role in an organization: asked for, granted or declined by its manager, ended by either."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    state = models.CharField(max_length=20, choices=MembershipState, default=MembershipState.REQUESTED)
    message = models.CharField(_("Message to the manager"), max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                name="one_open_membership_per_organization",
                condition=Q(state__in=[MembershipState.REQUESTED, MembershipState.ACTIVE]),
            ),
            models.CheckConstraint(name="membership_state_known", condition=Q(state__in=MembershipState.values)),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_decided_pair",
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="membership_decided_when_not_requested",
                condition=Q(state=MembershipState.REQUESTED) | Q(decided_at__isnull=False),
            ),
        ]
        triggers = [pgtrigger.FSM(name="membership_moves", field="state", transitions=MEMBERSHIP_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} · {self.get_role_display()}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), exclude=["token_digest"])
class Invitation(PublicId, TimeStamped):
    """A manager's word that the owner of `email` may join. Only a digest of the token is kept (lessons F27)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("E-mail"))
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    token_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=20, choices=InvitationState, default=InvitationState.PENDING)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                name="one_pending_invitation_per_email",
                condition=Q(state=InvitationState.PENDING),
            ),
            models.CheckConstraint(name="invitation_state_known", condition=Q(state__in=InvitationState.values)),
            models.CheckConstraint(name="invitation_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="invitation_email_lower", condition=Q(email=Lower("email"))),
            models.CheckConstraint(
                name="invitation_token_is_digest", condition=Q(token_digest__regex="^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="invitation_accepted_pair",
                condition=Q(state=InvitationState.ACCEPTED, accepted_by__isnull=False, accepted_at__isnull=False)
                | (~Q(state=InvitationState.ACCEPTED) & Q(accepted_by__isnull=True, accepted_at__isnull=True)),
            ),
        ]
        triggers = [pgtrigger.FSM(name="invitation_moves", field="state", transitions=INVITATION_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.email} · {self.organization}"
