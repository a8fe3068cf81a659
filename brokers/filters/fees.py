"""What can be asked of a list of quotes: one filter set for page and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from brokers.enums.fees import QuoteState
from brokers.models import Quote
from brokers.querysets.fees import QuoteQuerySet
from marketplace.core.text import tidy


class QuoteFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, the deal, broker or client")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=QuoteState.choices, empty_label=_("All"))

    class Meta:
        model = Quote
        fields: list[str] = []

    def by_words(self, rows: QuoteQuerySet, name: str, value: str) -> QuoteQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(
            Q(number__iexact=wanted) | Q(subject__icontains=wanted) | Q(broker__in=named) | Q(client__in=named)
        )
