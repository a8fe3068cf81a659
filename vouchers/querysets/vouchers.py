from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import BigIntegerField, Case, F, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest

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

    def to_pay_back(self) -> VoucherQuerySet:
        """Those that owe their firm something of its own share (as `queries.life.refund_due` counts it), and `since`
        when: since the last part came in, or it was over and its money came to rest."""
        deposits = self.model._meta.get_field("deposits").related_model.objects.filter(voucher=OuterRef("pk"))
        entries = self.model._meta.get_field("entries").related_model.objects.filter(voucher=OuterRef("pk"))
        whole: BigIntegerField[int, int] = BigIntegerField()
        way = Case(When(is_refund=True, then=-F("amount_won")), default=F("amount_won"), output_field=whole)
        held = deposits.order_by().values("voucher").annotate(won=Sum(way)).values("won")
        came = deposits.filter(is_refund=False).order_by().values("voucher").annotate(at=Max("entered_at")).values("at")
        moved = entries.order_by().values("voucher").annotate(last=Max("at")).values("last")
        kept = Case(When(Q(state__in=ACTIVE) | Q(bound_won__gt=0), then=F("own_won")), default=F("own_used_won"))
        over = Greatest(Coalesce("ended_at", "closed_at", "updated_at"), Subquery(moved))
        rows = self.annotate(held_won=Coalesce(Subquery(held), Value(0), output_field=whole))
        return rows.filter(held_won__gt=kept).annotate(
            since=Case(When(state__in=ACTIVE, then=Subquery(came)), default=over)
        )

    def for_list(self) -> VoucherQuerySet:
        return self.select_related("holder", "line__call")

    def for_page(self) -> VoucherQuerySet:
        return self.select_related(
            "holder", "line__call__office", "line__call__current", "agreement__application__version"
        )
