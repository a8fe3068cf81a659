from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Organization, User
from brokers.enums.mandates import MandateState
from brokers.querysets.registration import governs_brokers

if TYPE_CHECKING:
    from brokers.models import BrokeredDeal, Mandate  # noqa: F401 (in strings below)


class MandateQuerySet(models.QuerySet["Mandate"]):
    def visible_to(self, user: User | AnonymousUser) -> MandateQuerySet:
        """To the members of both sides, a fellow broker's among them, and to officers who watch over brokers."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        mine = Organization.objects.of(user).values("pk")
        parts = self.model._meta.get_field("partners").related_model.objects  # type: ignore[union-attr]
        part = parts.filter(mandate=OuterRef("pk"), organization__in=mine)
        return self.filter(Q(broker__in=mine) | Q(client__in=mine) | Exists(part))

    def offered_on(self, day: date) -> MandateQuerySet:
        """Offers that can still be answered that day."""
        return self.filter(state=MandateState.OFFERED, offer_until__gte=day)

    def in_force_on(self, day: date) -> MandateQuerySet:
        return self.filter(state=MandateState.ACCEPTED, starts_on__lte=day, ends_on__gte=day)

    def for_list(self) -> MandateQuerySet:
        """Newest first with what a row shows."""
        return self.select_related("broker", "client", "schedule", "need").order_by("-offered_at", "-pk")


class BrokeredDealQuerySet(models.QuerySet["BrokeredDeal"]):
    def visible_to(self, user: User | AnonymousUser) -> BrokeredDealQuerySet:
        """To the broker, both parties, the mandate's client, and officers. What the register counts names nobody."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        mine = Organization.objects.of(user).values("pk")
        parties = Q(holder__in=mine) | Q(taker__in=mine) | Q(mandate__client__in=mine)
        return self.filter(Q(broker__in=mine) | parties)

    def signed_between(self, first: date, last: date) -> BrokeredDealQuerySet:
        """Both days included."""
        return self.filter(signed_on__range=(first, last))
