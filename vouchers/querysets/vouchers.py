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
