from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import BaseUserManager
from django.db import models

from accounts.enums import MembershipState, OrganizationKind

if TYPE_CHECKING:
    from accounts.models import Membership, Organization, User


class UserQuerySet(models.QuerySet["User"]):
    def active_in(self, organization: Organization) -> UserQuerySet:
        return self.filter(
            is_active=True,
            memberships__organization=organization,
            memberships__state=MembershipState.ACTIVE,
        )


class UserManager(BaseUserManager):  # type: ignore[type-arg]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def of(self, user: User) -> OrganizationQuerySet:
        """The organizations in which `user` is an active member."""
        return self.filter(memberships__user=user, memberships__state=MembershipState.ACTIVE)

    def visible_to(self, user: object) -> OrganizationQuerySet:
        """Organizations are public: name, kind, region. Members are not, see `MembershipQuerySet.visible_to`."""
        return self



class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        return self.filter(state=MembershipState.ACTIVE, user__is_active=True)

    def officers(self) -> MembershipQuerySet:
        return self.active().filter(organization__kind=OrganizationKind.GOVERNMENT)
