from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from accounts.models import Organization, User
from accounts.roles import Permission, organizations_with
from brokers.querysets.registration import governs_brokers

if TYPE_CHECKING:
    from brokers.models import BrokeredDeal, Rating, RatingReport, RatingText  # noqa: F401 (in strings below)


def party_of(mine: list[int]) -> Q:
    """Deals in which one of these organizations is a party, and the broker is none of them."""
    parties = Q(holder__in=mine) | Q(taker__in=mine) | Q(mandate__client__in=mine)
    return parties & ~Q(broker__in=mine)


def deals_to_rate(rows: models.QuerySet[BrokeredDeal], user: User | AnonymousUser) -> models.QuerySet[BrokeredDeal]:
    """Of the deals: closed ones that an organization of the user may rate and has not rated."""
    mine = [organization.pk for organization in organizations_with(user, Permission.RATE_BROKERS)]
    if not mine:
        return rows.none()
    is_member = Exists(Organization.objects.of(user).filter(pk=OuterRef("broker")))  # type: ignore[arg-type]
    ratings = rows.model._meta.get_field("ratings").related_model.objects  # type: ignore[union-attr]
    rated = Exists(ratings.filter(deal=OuterRef("pk"), organization__in=mine))
    return rows.filter(party_of(mine), ~is_member, ~rated, closed_on__isnull=False)


class RatingQuerySet(models.QuerySet["Rating"]):
    def visible_to(self, user: User | AnonymousUser) -> RatingQuerySet:
        """To the members of the party and of the broker, and to officers. The public page names nobody by itself."""
        if not user.is_authenticated:
            return self.none()
        if governs_brokers(user):
            return self
        mine = Organization.objects.of(user).values("pk")
        return self.filter(Q(organization__in=mine) | Q(deal__broker__in=mine))

    def of_broker(self, organization_id: int | None) -> RatingQuerySet:
        return self.filter(deal__broker=organization_id) if organization_id else self.none()

    def for_list(self) -> RatingQuerySet:
        """Newest first, with the deal, both sides and the texts in their order."""
        texts = self.model._meta.get_field("texts").related_model.objects.in_order()  # type: ignore[union-attr]
        rows = self.select_related("deal__broker", "organization", "rated_by")
        return rows.prefetch_related(Prefetch("texts", queryset=texts)).order_by("-rated_at", "-pk")


class RatingTextQuerySet(models.QuerySet["RatingText"]):
    def in_order(self) -> RatingTextQuerySet:
        return self.select_related("written_by").order_by("written_at", "pk")


class RatingReportQuerySet(models.QuerySet["RatingReport"]):
    def visible_to(self, user: User | AnonymousUser) -> RatingReportQuerySet:
        """To officers, and to who reported."""
        if not user.is_authenticated:
            return self.none()
        return self if governs_brokers(user) else self.filter(reported_by=user)

    def open(self) -> RatingReportQuerySet:
        return self.filter(outcome="")

    def for_list(self) -> RatingReportQuerySet:
        """Who waits longest first."""
        people = ("text__rating__deal__broker", "text__rating__organization", "text__written_by", "reported_by")
        return self.select_related(*people).order_by("reported_at", "pk")
