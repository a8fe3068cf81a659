from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import User
from deals.enums.contracts import CONCLUDED, ContractState, VersionState
from deals.querysets.negotiation import seen_by
from tech_listings.enums import DealKind

if TYPE_CHECKING:
    from brokers.models import Quote
    from deals.models import Contract, ContractVersion, Ending, SignedCopy  # noqa: F401


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

    def of_organization(self, pk: int) -> ContractQuerySet:
        """Those in which it is a side, or a broker who takes part."""
        parts = apps.get_model("deals", "NegotiationBroker").objects.acting_on(timezone.localdate())
        brokered = parts.filter(organization=pk).values("negotiation")
        return self.filter(Q(holder=pk) | Q(firm=pk) | Q(negotiation__in=brokered))

    def in_the_way(self, listing: int, deal_kind: str) -> ContractQuerySet:
        """Contracts in force about the listing that leave no room for one of this kind, and the other way round.

        The trigger `deals_guard_contract` asks the same.
        """
        blocking = [DealKind.EXCLUSIVE_LICENCE, DealKind.ASSIGNMENT]
        if deal_kind == DealKind.EXCLUSIVE_LICENCE:
            blocking.append(DealKind.NON_EXCLUSIVE_LICENCE)
        return self.in_force().filter(listing=listing, deal_kind__in=blocking)

    def with_method(self) -> ContractQuerySet:
        """Each with `method`, how it is paid by its newest version."""
        versions = apps.get_model("deals", "ContractVersion").objects.filter(contract=OuterRef("pk"))
        return self.annotate(method=Subquery(versions.order_by("-serial").values("method")[:1]))

    def for_list(self) -> ContractQuerySet:
        return self.with_method().select_related("listing", "holder", "firm").order_by("-drafted_at", "-pk")

    def for_page(self) -> ContractQuerySet:
        return self.select_related(
            "negotiation", "listing", "holder", "firm", "drafted_by", "exclusive_ground", "ended_by", "cancelled_by"
        )


class ContractVersionQuerySet(models.QuerySet["ContractVersion"]):
    def newest(self) -> ContractVersionQuerySet:
        """Of each contract the last one written."""
        later = self.model._default_manager.filter(contract=OuterRef("contract"), serial__gt=OuterRef("serial"))
        return self.filter(~Exists(later))

    def freezing(self, quote: Quote) -> ContractVersionQuerySet:
        """Those that froze it for good: not refused, and of a contract that was not cancelled."""
        client = Q(contract__holder=quote.client_id) | Q(contract__firm=quote.client_id)
        rows = self.filter(client, rules__fees__contains=[{"quote": quote.number}])
        return rows.exclude(contract__state=ContractState.CANCELLED).exclude(state=VersionState.REFUSED)

    def visible_to(self, user: User | AnonymousUser) -> ContractVersionQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)

    def for_page(self) -> ContractVersionQuerySet:
        return self.select_related(
            "contract__negotiation", "contract__listing", "contract__holder", "contract__firm", "proposed_by",
            "refused_by", "fee_quote__schedule", "signed_copy__sent_by",
        ).prefetch_related("approvals__approved_by")  # fmt: skip


class SignedCopyQuerySet(models.QuerySet["SignedCopy"]):
    def visible_to(self, user: User | AnonymousUser) -> SignedCopyQuerySet:
        condition = seen_by(user, "version__contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)


class EndingQuerySet(models.QuerySet["Ending"]):
    def visible_to(self, user: User | AnonymousUser) -> EndingQuerySet:
        condition = seen_by(user, "contract__negotiation__")
        return self.none() if condition is None else self.filter(condition)
