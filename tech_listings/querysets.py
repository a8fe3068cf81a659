from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.models import Organization, User
from tech_listings.enums import PRICE_BOUNDS, ListingState, PriceBand

if TYPE_CHECKING:
    from tech_listings.models import Listing  # noqa: F401


class ListingQuerySet(models.QuerySet["Listing"]):
    def published(self) -> ListingQuerySet:
        return self.filter(state=ListingState.PUBLISHED)

    def visible_to(self, user: User | AnonymousUser) -> ListingQuerySet:
        """Published ones for everybody, all but discarded ones for the holder's members.

        Officers also see what was withdrawn: it was public once.
        """
        if not user.is_authenticated:
            return self.published()
        seen = Q(state=ListingState.PUBLISHED)
        seen |= Q(holder__in=Organization.objects.of(user)) & ~Q(state=ListingState.DISCARDED)
        if user.is_officer:
            seen |= Q(state=ListingState.WITHDRAWN)
        return self.filter(seen)

    def held_by(self, organization: Organization) -> ListingQuerySet:
        return self.filter(holder=organization).exclude(state=ListingState.DISCARDED)

    def in_price_bands(self, bands: list[str]) -> ListingQuerySet:
        wanted = Q(pk__in=[])
        for band in bands:
            if band == PriceBand.NEGOTIABLE:
                wanted |= Q(price_won__isnull=True)
            else:
                low, high = PRICE_BOUNDS[band]
                wanted |= Q(price_won__gte=low) & (Q(price_won__lt=high) if high is not None else Q())
        return self.filter(wanted)

    def newest_first(self) -> ListingQuerySet:
        return self.order_by("-registered_at", "-pk")

    def for_list(self) -> ListingQuerySet:
        """Newest first with what a row of a list shows, in one query; long texts stay behind."""
        return (
            self.select_related("holder")
            .defer("summary_zh", "problem", "effect", "field_of_use", "conditions_of_use", "confidential_text")
            .newest_first()
        )
