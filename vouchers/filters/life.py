"""What can be asked of the list of vouchers: one filter set for page, export and API."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from marketplace.core.text import tidy
from vouchers.enums.vouchers import ChangeState, VoucherState
from vouchers.models import Voucher

ORDER = (
    ("end", pgettext_lazy("order of vouchers", "Ends first")),
    ("new", pgettext_lazy("order of vouchers", "Newest first")),
    ("open", pgettext_lazy("order of vouchers", "Most left first")),
)
ASKED = (("", _("All")), ("true", _("Yes")), ("false", _("No")))
BY: dict[str, tuple[str, ...]] = {
    "end": ("valid_until", "deposit_by", "pk"), "new": ("-pk",), "open": ("-open_won", "pk"),
}  # fmt: skip


class VoucherFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("Number of voucher or call, or a firm")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=VoucherState.choices, empty_label=_("All"))
    ends_before = django_filters.DateFilter(label=_("Ends by"), field_name="valid_until", lookup_expr="lte")
    asked = django_filters.BooleanFilter(
        label=_("Waits for a decision"), method="by_change", widget=forms.Select(choices=ASKED)
    )
    to_pay_back = django_filters.BooleanFilter(
        label=_("To be paid back to the firm"), method="by_refund", widget=forms.Select(choices=ASKED)
    )
    order = django_filters.ChoiceFilter(label=_("Order"), choices=ORDER, method="by_order", empty_label=None)

    class Meta:
        model = Voucher
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Voucher]) -> QuerySet[Voucher]:
        found: QuerySet[Voucher] = super().filter_queryset(queryset)
        return found if found.query.order_by else found.order_by(*BY["new"])

    def by_words(self, rows: QuerySet[Voucher], name: str, value: str) -> QuerySet[Voucher]:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(Q(number__iexact=wanted) | Q(line__call__number__iexact=wanted) | Q(holder__in=named))

    def by_change(self, rows: QuerySet[Voucher], name: str, value: bool) -> QuerySet[Voucher]:
        asked = {"changes__state": ChangeState.ASKED}
        return rows.filter(**asked).distinct() if value else rows.exclude(**asked)

    def by_refund(self, rows: QuerySet[Voucher], name: str, value: bool) -> QuerySet[Voucher]:
        owing = Voucher.objects.to_pay_back().values("pk")
        return rows.filter(pk__in=owing) if value else rows.exclude(pk__in=owing)

    def by_order(self, rows: QuerySet[Voucher], name: str, value: str) -> QuerySet[Voucher]:
        chosen: Any = BY.get(value, BY["new"])
        return rows.order_by(*chosen)
