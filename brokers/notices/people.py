"""Whom to tell."""

from django.db.models import QuerySet

from accounts.enums import OrganizationKind, Role
from accounts.models import Membership, User
from accounts.roles import Permission, permissions_of


def everybody_with(permission: Permission, kind: str) -> QuerySet[User]:
    """All who may do this in some organization of `kind`, each once."""
    roles = [role for role in Role.values if permission in permissions_of(kind, role)]
    members = Membership.objects.active().filter(organization__kind=kind, role__in=roles)
    return User.objects.filter(pk__in=members.values("user"))


def officers() -> QuerySet[User]:
    """Everybody who registers brokers and watches over them, each once."""
    return everybody_with(Permission.GOVERN_BROKERS, OrganizationKind.GOVERNMENT).order_by("pk")
