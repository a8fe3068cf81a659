from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import Organization, User
from royalties.querysets.income import keepers
from tech_listings.models import Listing


class OfHolderQuerySet(models.QuerySet[Any]):
    """Rows of a company about one of its results."""

    def visible_to(self, user: User | AnonymousUser) -> OfHolderQuerySet:
        """To those who keep the company's royalties."""
        return self.filter(holder__in=keepers(user))

    def standing(self) -> OfHolderQuerySet:
        return self.filter(undone_at__isnull=True)

    def about(self, holder: Organization, listing: Listing) -> OfHolderQuerySet:
        return self.filter(holder=holder, listing=listing)
