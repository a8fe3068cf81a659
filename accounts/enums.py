from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.core.states import StateMachine


class OrganizationKind(models.TextChoices):
    INSTITUTE = "institute", _("Public research institute")
    COMPANY = "company", _("Company")
    BROKER = "broker", _("Technology transaction agency")
    GOVERNMENT = "government", _("Government office")


class InstituteKind(models.TextChoices):
    UNIVERSITY = "university", _("University")
    GOVERNMENT_FUNDED = "government_funded", _("Government-funded research institute")
    NATIONAL = "national", _("National or public institute")
    OTHER = "other", _("Other public research institute")


class Role(models.TextChoices):
    MANAGER = "manager", _("Manager")
    STAFF = "staff", _("Staff")
    VIEWER = "viewer", _("Viewer")


class MembershipState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for the manager")
    ACTIVE = "active", _("Member")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")


MEMBERSHIP_STATES = StateMachine(
    field="state",
    moves={
        MembershipState.REQUESTED: frozenset({MembershipState.ACTIVE, MembershipState.DECLINED, MembershipState.ENDED}),
        MembershipState.ACTIVE: frozenset({MembershipState.ENDED}),
    },
)


class InvitationState(models.TextChoices):
    PENDING = "pending", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Taken back")


INVITATION_STATES = StateMachine(
    field="state",
    moves={InvitationState.PENDING: frozenset({InvitationState.ACCEPTED, InvitationState.REVOKED})},
)


class MailRate(models.TextChoices):
    IMMEDIATE = "immediate", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    OFF = "off", _("No mail")
