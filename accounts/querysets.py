from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser, BaseUserManager
from django.db import models
from django.db.models import Q

from accounts.enums import InvitationState, MembershipState, MergeState, OrganizationKind, Role
from accounts.numbers import digits
from marketplace.core.text import tidy

if TYPE_CHECKING:
    from accounts.models import (  # noqa: F401 (in strings below)
        ApiToken,
        BusinessProfile,
        Invitation,
        Membership,
        MergeProposal,
        Organization,
        User,
    )


class UserManager(BaseUserManager["User"]):
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

    def visible_to(self, user: User | AnonymousUser) -> OrganizationQuerySet:
        """Organizations are public: name, kind, region. Members are not, see `MembershipQuerySet.visible_to`."""
        return self

    def standing(self) -> OrganizationQuerySet:
        """Those that were not merged into another one: what lists and searches show."""
        return self.filter(merged_into__isnull=True)

    def matching(self, text: str) -> OrganizationQuerySet:
        """By a part of a name in any language, or by the whole business number however it is typed."""
        wanted = tidy(text)
        if not wanted:
            return self.none()
        by_name = Q(name__icontains=wanted) | Q(name_en__icontains=wanted) | Q(name_zh__icontains=wanted)
        return self.filter(by_name | Q(business_number=digits(text)))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        return self.filter(state=MembershipState.ACTIVE, user__is_active=True)

    def waiting(self) -> MembershipQuerySet:
        return self.filter(state=MembershipState.REQUESTED, user__is_active=True)

    def open(self) -> MembershipQuerySet:
        return self.filter(state__in=[MembershipState.REQUESTED, MembershipState.ACTIVE])

    def managers(self) -> MembershipQuerySet:
        return self.active().filter(role=Role.MANAGER)

    def officers(self) -> MembershipQuerySet:
        return self.active().filter(organization__kind=OrganizationKind.GOVERNMENT)

    def visible_to(self, user: User | AnonymousUser) -> MembershipQuerySet:
        """One's own, and those of the organizations one belongs to. Requests: only the asker and managers."""
        if not user.is_authenticated:
            return self.none()
        mine = user.memberships.active()
        member_of = mine.values("organization")
        managed = mine.filter(role=Role.MANAGER).values("organization")
        return self.filter(
            Q(user=user) | Q(state=MembershipState.ACTIVE, organization__in=member_of) | Q(organization__in=managed)
        )


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self, at: datetime) -> InvitationQuerySet:
        return self.filter(state=InvitationState.PENDING, expires_at__gt=at)

    def visible_to(self, user: User | AnonymousUser) -> InvitationQuerySet:
        """To the managers of the organization that invites."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(organization__in=user.memberships.managers().values("organization"))


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, at: datetime) -> ApiTokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=at, user__is_active=True)

    def visible_to(self, user: User | AnonymousUser) -> ApiTokenQuerySet:
        return self.filter(user=user) if user.is_authenticated else self.none()


class BusinessProfileQuerySet(models.QuerySet["BusinessProfile"]):
    def with_account(self, organization: Organization) -> BusinessProfileQuerySet:
        """Its profile, if that names an account for payments."""
        return self.filter(organization=organization).exclude(bank_account="")

    def visible_to(self, user: User | AnonymousUser) -> BusinessProfileQuerySet:
        """To members of the organization, of the one it was merged into, and to officers."""
        if not user.is_authenticated:
            return self.none()
        if user.is_officer:
            return self
        mine = user.memberships.active().values("organization")
        return self.filter(Q(organization__in=mine) | Q(organization__merged_into__in=mine))


class MergeProposalQuerySet(models.QuerySet["MergeProposal"]):
    def waiting(self) -> MergeProposalQuerySet:
        return self.filter(state=MergeState.PROPOSED)

    def visible_to(self, user: User | AnonymousUser) -> MergeProposalQuerySet:
        """To officers; what was carried out also to the managers of both, whose history it is."""
        if not user.is_authenticated:
            return self.none()
        if user.is_officer:
            return self
        managed = user.memberships.managers().values("organization")
        return self.filter(Q(gone__in=managed) | Q(into__in=managed), state=MergeState.CARRIED_OUT)
