from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from deals.enums.contracts import CONCLUDED, ContractState
from deals.querysets.negotiation import seen_by

if TYPE_CHECKING:
    from deals.models import Contract, ContractVersion  # noqa: F401


class ContractQuerySet(models.QuerySet["Contract"]):
    def visible_to(self, user: User | AnonymousUser) -> ContractQuerySet:
        """To those who see the negotiation that it came from."""
        condition = seen_by(user, "negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def in_force(self) -> ContractQuerySet:
        return self.filter(state=ContractState.IN_FORCE)

    def concluded(self) -> ContractQuerySet:
        """In force, or ended after having been."""
        return self.filter(state__in=CONCLUDED)

    def for_list(self) -> ContractQuerySet:
        return self.select_related("listing", "holder", "firm").order_by("-drafted_at", "-pk")

    def for_page(self) -> ContractQuerySet:
        return self.select_related("negotiation", "listing", "holder", "firm", "drafted_by")


class ContractVersionQuerySet(models.QuerySet["ContractVersion"]):
    def visible_to(self, user: User | AnonymousUser) -> ContractVersionQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)
