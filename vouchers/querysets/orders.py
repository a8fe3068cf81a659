from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from vouchers.enums.orders import OrderState, QuotationState
from vouchers.querysets.money import offices_of, organizations_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

ALIVE = (OrderState.PLACED, OrderState.RUNNING, OrderState.DONE)
"""Orders that take up a place of the menu."""


class ProviderChoiceQuerySet(models.QuerySet["ProviderChoice"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> ProviderChoiceQuerySet:
        """Members of the firm, and officers of the office. No provider learns who else was seen."""
        return self.filter(
            Q(voucher__holder__in=organizations_of(user)) | Q(voucher__line__call__office__in=offices_of(user))
        )

    def for_list(self) -> ProviderChoiceQuerySet:
        return self.select_related("voucher__holder", "chosen", "seen_by", "order").order_by("-seen_at", "-pk")


class QuotationQuerySet(models.QuerySet["Quotation"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> QuotationQuerySet:
        """The provider its own; the firm that asked and officers of the office all."""
        mine = organizations_of(user)
        return self.filter(
            Q(provider__in=mine)
            | Q(choice__voucher__holder__in=mine)
            | Q(choice__voucher__line__call__office__in=offices_of(user))
        )

    def to_answer(self) -> QuotationQuerySet:
        return self.filter(state=QuotationState.ASKED)

    def for_list(self) -> QuotationQuerySet:
        rows = self.select_related("choice__voucher__holder", "choice__voucher__line__call", "provider", "fee_schedule")
        return rows.order_by("-asked_at", "-pk")


class OrderQuerySet(models.QuerySet["Order"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> OrderQuerySet:
        """The firm that ordered, the provider, officers of the office."""
        mine = organizations_of(user)
        return self.filter(
            Q(voucher__holder__in=mine) | Q(provider__in=mine) | Q(voucher__line__call__office__in=offices_of(user))
        )

    def alive(self) -> OrderQuerySet:
        return self.filter(state__in=ALIVE)

    def for_list(self) -> OrderQuerySet:
        rows = self.select_related("voucher__holder", "voucher__line__call", "provider")
        return rows.order_by("-ordered_at", "-pk")
