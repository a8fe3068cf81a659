"""What can be asked of orders, quotations and claims: one filter set for page, export and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.text import tidy
from vouchers.enums.claims import ClaimState
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.models import Claim, Order, Quotation
from vouchers.querysets.claims import ClaimQuerySet
from vouchers.querysets.orders import OrderQuerySet


class OrderFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, or the name of firm or provider")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=OrderState.choices, empty_label=_("All"))

    class Meta:
        model = Order
        fields: list[str] = []

    def by_words(self, rows: OrderQuerySet, name: str, value: str) -> OrderQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(Q(number__iexact=wanted) | Q(provider__in=named) | Q(voucher__holder__in=named))


class QuotationFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=QuotationState.choices, empty_label=_("All"))

    class Meta:
        model = Quotation
        fields: list[str] = []


class ClaimFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, or the name of firm or provider")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=ClaimState.choices, empty_label=_("All"))

    class Meta:
        model = Claim
        fields: list[str] = []

    def by_words(self, rows: ClaimQuerySet, name: str, value: str) -> ClaimQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(
            Q(number__iexact=wanted)
            | Q(order__number__iexact=wanted)
            | Q(order__provider__in=named)
            | Q(order__voucher__holder__in=named)
        )
