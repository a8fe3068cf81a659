from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Sum, When

from vouchers.enums.claims import HOLDS_MONEY, ClaimState
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.querysets.money import offices_of, organizations_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


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

    def taking(self) -> OrderQuerySet:
        """Those that take something of their service, with how much: `taken_won` of the government's money, placed,
        bound, paid or on its way. Trigger `vouchers_order_within_the_cap` counts the same."""
        held = Sum("claims__government_won", filter=Q(claims__state__in=HOLDS_MONEY), default=0)
        refused = Sum("claims__government_won", filter=Q(claims__state=ClaimState.DISALLOWED), default=0)
        rows = self.exclude(state__in=[OrderState.DECLINED, OrderState.WITHDRAWN]).annotate(held=held, refused=refused)
        taken = Case(
            When(state=OrderState.PLACED, then=F("government_won")),
            When(state=OrderState.RUNNING, then=F("government_won") - F("refused")),
            default=F("held"),
        )
        return rows.annotate(taken_won=taken).filter(taken_won__gt=0)

    def for_list(self) -> OrderQuerySet:
        rows = self.select_related("voucher__holder", "voucher__line__call", "provider")
        return rows.order_by("-ordered_at", "-pk")
