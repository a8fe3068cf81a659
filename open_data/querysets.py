from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q, Window
from django.db.models.functions import RowNumber

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from open_data.enums import EndpointState, MessageState, PartnerDealState

if TYPE_CHECKING:
    from open_data.models import OrganizationKey, PartnerDeal, WebhookEndpoint, WebhookMessage  # noqa: F401 (in strings)


def managed_by(user: User | AnonymousUser) -> list[int]:
    """The organizations (keys) whose programs the user looks after."""
    return [organization.pk for organization in organizations_with(user, Permission.MANAGE_KEYS)]


class KeyQuerySet(models.QuerySet["OrganizationKey"]):
    def usable(self, at: datetime) -> KeyQuerySet:
        """Neither revoked nor over, of an organization that stands."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=at, organization__merged_into__isnull=True)

    def visible_to(self, user: User | AnonymousUser) -> KeyQuerySet:
        """Those of organizations whose manager one is; all for officers who oversee them."""
        if organizations_with(user, Permission.OVERSEE_KEYS):
            return self
        return self.filter(organization__in=managed_by(user))

    def for_list(self) -> KeyQuerySet:
        return self.select_related("organization", "created_by", "revoked_by").order_by("-created_at", "-pk")


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, user: User | AnonymousUser) -> EndpointQuerySet:
        """Those of organizations whose manager one is."""
        return self.filter(organization__in=managed_by(user)).standing()

    def standing(self) -> EndpointQuerySet:
        return self.exclude(state=EndpointState.REMOVED)

    def followed(self) -> EndpointQuerySet:
        """What happens to their organizations is kept for them until they are on; of organizations that stand."""
        return self.standing().filter(organization__merged_into__isnull=True)

    def active(self) -> EndpointQuerySet:
        return self.filter(state=EndpointState.ACTIVE, organization__merged_into__isnull=True)

    def active_alone(self) -> EndpointQuerySet:
        """As `active`, without a join: for rows that are locked."""
        return self.filter(state=EndpointState.ACTIVE)

    def for_list(self) -> EndpointQuerySet:
        return self.select_related("organization").order_by("-created_at", "-pk")


class MessageQuerySet(models.QuerySet["WebhookMessage"]):
    def visible_to(self, user: User | AnonymousUser) -> MessageQuerySet:
        return self.filter(endpoint__organization__in=managed_by(user)).exclude(endpoint__state=EndpointState.REMOVED)

    def due(self, at: datetime) -> MessageQuerySet:
        """Those to be sent now, to endpoints that are on, of organizations that stand."""
        on = {"endpoint__state": EndpointState.ACTIVE, "endpoint__organization__merged_into__isnull": True}
        return self.filter(state=MessageState.WAITING, next_at__lte=at, **on)

    def in_turn(self) -> MessageQuerySet:
        """One of each endpoint, then the second of each: one that is far behind holds nobody else up."""
        turn = Window(RowNumber(), partition_by="endpoint", order_by=["next_at", "pk"])
        return self.annotate(turn=turn).order_by("turn", "next_at", "pk")

    def newest_first(self) -> MessageQuerySet:
        return self.order_by("-made_at", "-pk")


class PartnerDealQuerySet(models.QuerySet["PartnerDeal"]):
    def visible_to(self, user: User | AnonymousUser) -> PartnerDealQuerySet:
        """The partner's managers, the holder's members, and officers who look at technologies."""
        if not user.is_authenticated:
            return self.none()
        if organizations_with(user, Permission.REVIEW_LISTINGS):
            return self
        mine = Organization.objects.of(user).values("pk")
        return self.filter(Q(organization__in=managed_by(user)) | Q(listing__holder__in=mine))

    def confirmed(self) -> PartnerDealQuerySet:
        return self.filter(state=PartnerDealState.CONFIRMED)

    def for_list(self) -> PartnerDealQuerySet:
        """Those that wait first, then the newest."""
        waits = models.Case(models.When(state=PartnerDealState.REPORTED, then=0), default=1)
        return self.select_related("organization", "listing__holder", "decided_by").order_by(
            waits, "-reported_at", "-pk"
        )
