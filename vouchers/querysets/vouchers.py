from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from vouchers.enums.vouchers import ACTIVE
from vouchers.querysets.money import offices_of, organizations_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class VoucherQuerySet(models.QuerySet["Voucher"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> VoucherQuerySet:
        """Members of the firm that holds it, and officers of the office. Providers see orders only."""
        return self.filter(Q(holder__in=organizations_of(user)) | Q(line__call__office__in=offices_of(user)))

    def active(self) -> VoucherQuerySet:
        return self.filter(state__in=ACTIVE)

    def for_list(self) -> VoucherQuerySet:
        return self.select_related("holder", "line__call")

    def for_page(self) -> VoucherQuerySet:
        return self.select_related(
            "holder", "line__call__office", "line__call__current", "agreement__application__version"
        )


class OrderQuerySet(models.QuerySet["Order"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> OrderQuerySet:
        """The firm that ordered, the provider, officers of the office."""
        mine = organizations_of(user)
        return self.filter(
            Q(voucher__holder__in=mine) | Q(provider__in=mine) | Q(voucher__line__call__office__in=offices_of(user))
        )


class ClaimQuerySet(models.QuerySet["Claim"]):  # type: ignore[name-defined]
    def visible_to(self, user: User | AnonymousUser) -> ClaimQuerySet:
        """Who sees the order; a draft the provider alone."""
        mine, sent = organizations_of(user), ~Q(state="draft")
        return self.filter(
            Q(order__provider__in=mine)
            | sent & Q(order__voucher__holder__in=mine)
            | sent & Q(order__voucher__line__call__office__in=offices_of(user))
        )
