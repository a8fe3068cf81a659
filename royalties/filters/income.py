"""What can be asked of lists of royalty money: one filter set for page, export and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.text import tidy
from royalties.enums.income import InvoiceState, ReceiptState
from royalties.models import FeeShare, Invoice, PersonShare, Receipt
from royalties.querysets.income import InvoiceQuerySet, ReceiptQuerySet


class InvoiceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("Number of invoice or contract, or a firm")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=InvoiceState.choices, empty_label=_("All"))

    class Meta:
        model = Invoice
        fields: list[str] = []

    def by_words(self, rows: InvoiceQuerySet, name: str, value: str) -> InvoiceQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(
            Q(number__iexact=wanted)
            | Q(contract__number__iexact=wanted)
            | Q(contract__firm__in=named)
            | Q(contract__holder__in=named)
        )


class ReceiptFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, or a payer")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=ReceiptState.choices, empty_label=_("All"))

    class Meta:
        model = Receipt
        fields: list[str] = []

    def by_words(self, rows: ReceiptQuerySet, name: str, value: str) -> ReceiptQuerySet:
        wanted = tidy(value)
        return rows.filter(
            Q(number__iexact=wanted)
            | Q(payer__icontains=wanted)
            | Q(memo__icontains=wanted)
            | Q(allocations__invoice__number__iexact=wanted)
        ).distinct()


class PeriodFilter(django_filters.FilterSet):
    """When it was shared out: days in Korea, both included."""

    start = django_filters.DateFilter(label=_("From"), field_name="distribution__shared_at", lookup_expr="date__gte")
    end = django_filters.DateFilter(label=_("To"), field_name="distribution__shared_at", lookup_expr="date__lte")


class PersonShareFilter(PeriodFilter):
    class Meta:
        model = PersonShare
        fields: list[str] = []


class FeeFilter(PeriodFilter):
    class Meta:
        model = FeeShare
        fields: list[str] = []
