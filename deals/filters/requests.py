"""What can be asked of a list of requests: one filter set for the page, its export and the API."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deals.enums.requests import RequestState, Side
from deals.models import TransferRequest
from marketplace.core.text import tidy


class TransferRequestFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, or words of the title")
    )
    side = django_filters.ChoiceFilter(label=_("Side"), choices=Side, method="by_side", empty_label=_("Both sides"))
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=RequestState, widget=forms.CheckboxSelectMultiple
    )
    overdue = django_filters.BooleanFilter(
        label=_("Overdue only"), method="by_overdue", widget=forms.CheckboxInput, help_text=_("true narrows")
    )

    class Meta:
        model = TransferRequest
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        for word in tidy(value).split():
            rows = rows.filter(
                Q(number__iexact=word)
                | Q(listing__number__iexact=word)
                | Q(listing__title_ko__icontains=word)
                | Q(listing__title_en__icontains=word)
                | Q(listing__title_zh__icontains=word)
            )
        return rows

    def by_side(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(is_received=True) if value == Side.RECEIVED else rows.filter(is_sent=True)

    def by_overdue(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        if not value:
            return rows
        return rows.filter(state=RequestState.RECEIVED, answer_due_on__lt=timezone.localdate())
