from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from vouchers.enums.claims import HOLDS_MONEY, ClaimState, PaymentState
from vouchers.querysets.money import offices_of, organizations_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

TAKES_PART = (*HOLDS_MONEY, ClaimState.DISALLOWED)
"""Claims whose sums are no more to be claimed of the order: what is not allowed is not claimed again."""


class ClaimQuerySet(models.QuerySet["Claim"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> ClaimQuerySet:
        """Who sees the order; what was never submitted the provider alone."""
        mine, sent = organizations_of(user), Q(submitted_at__isnull=False)
        return self.filter(
            Q(order__provider__in=mine)
            | sent & Q(order__voucher__holder__in=mine)
            | sent & Q(order__voucher__line__call__office__in=offices_of(user))
        )

    def taking_part(self) -> ClaimQuerySet:
        return self.filter(state__in=TAKES_PART)

    def under_way(self) -> ClaimQuerySet:
        """Handed in, and neither paid nor decided against."""
        return self.taking_part().exclude(state__in=[ClaimState.PAID, ClaimState.DISALLOWED])

    def silent_on(self, day: date) -> ClaimQuerySet:
        """Those whose firm let its day pass."""
        return self.filter(state=ClaimState.SUBMITTED, answer_due_on__lt=day)

    def payable(self) -> ClaimQuerySet:
        return self.filter(state=ClaimState.APPROVED)

    def for_list(self) -> ClaimQuerySet:
        rows = self.select_related(
            "order__voucher__holder", "order__voucher__line__call", "order__provider", "checked_by", "approved_by"
        )
        return rows.order_by("-created_at", "-pk")


class ClaimDocumentQuerySet(models.QuerySet["ClaimDocument"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> ClaimDocumentQuerySet:
        """Whoever sees the claim."""
        claims = self.model._meta.get_field("claim").related_model.objects  # type: ignore[union-attr]
        return self.filter(claim__in=claims.visible_to(user).values("pk"))

    def current(self) -> ClaimDocumentQuerySet:
        return self.filter(replaced_at__isnull=True).order_by("key", "sent_at", "pk")


class PaymentBatchQuerySet(models.QuerySet["PaymentBatch"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> PaymentBatchQuerySet:
        """Officers of the office whose call it is."""
        return self.filter(call__office__in=offices_of(user))

    def for_list(self) -> PaymentBatchQuerySet:
        return self.select_related("call", "prepared_by", "sent_by").order_by("-prepared_at", "-pk")


class PaymentQuerySet(models.QuerySet["Payment"]):  # type: ignore[name-defined]
    def alive(self) -> PaymentQuerySet:
        return self.filter(state__in=[PaymentState.WAITING, PaymentState.PAID])

    def for_list(self) -> PaymentQuerySet:
        return self.select_related("claim__order__voucher__holder", "claim__order__provider").order_by("claim__number")
