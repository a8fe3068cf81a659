"""What can be asked of a list of needs: one filter set for the pages, their exports and the API."""

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.core.text import tidy
from matching.enums import NeedState
from matching.models import Match, Need
from taxonomy.enums import Level, System
from taxonomy.queries import choices
from tech_listings.filters import TRL_CHOICES, ChecksFilter
from tech_listings.queries import st_majors


class NeedOrder(models.TextChoices):
    NEWEST = "newest", _("Newest first")
    ANSWER_BY = "answer_by", _("To be answered soonest")
    BUDGET = "budget", _("Largest budget first")


ORDERS: dict[str, tuple[Any, ...]] = {
    NeedOrder.NEWEST: ("-opened_at", "-pk"),
    NeedOrder.ANSWER_BY: ("answer_by", "pk"),
    NeedOrder.BUDGET: (F("budget_won").desc(nulls_last=True), "-pk"),
}


def regions() -> list[tuple[str, str]]:
    """Provinces and metropolitan cities, in the reader's language."""
    return choices(System.REGION, Level.SIDO)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class NeedFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, or words of the need")
    )
    st = ChecksFilter(label=_("Science and technology class"), choices=st_majors, method="by_st")
    trl = ChecksFilter(label=_("Technology readiness level"), choices=TRL_CHOICES, method="by_trl")
    region = django_filters.ChoiceFilter(
        label=_("Region"), choices=regions, method="by_region", empty_label=_("Everywhere")
    )
    answer_by_from = django_filters.DateFilter(
        label=_("Answer by, from"), field_name="answer_by", lookup_expr="gte", widget=_day()
    )
    answer_by_until = django_filters.DateFilter(
        label=_("Answer by, until"), field_name="answer_by", lookup_expr="lte", widget=_day()
    )
    budget_from = django_filters.NumberFilter(
        label=_("Budget from (won)"), field_name="budget_won", lookup_expr="gte", min_value=0, max_value=10**15
    )
    state = ChecksFilter(label=_("State"), choices=NeedState.choices, field_name="state")
    sort = django_filters.ChoiceFilter(
        label=_("Order"), choices=NeedOrder.choices, method="by_order", empty_label=None, null_label=None
    )

    class Meta:
        model = Need
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        """Words of the need itself only: looking for a firm's name must not bring up what it posted anonymously."""
        for word in tidy(value).split():
            rows = rows.filter(Q(number__iexact=word) | Q(title__icontains=word) | Q(problem__icontains=word))
        return rows

    def by_st(self, rows: QuerySet[Need], name: str, value: list[str]) -> QuerySet[Need]:
        return rows.filter(Q(*[("st_class__startswith", code) for code in value], _connector=Q.OR)) if value else rows

    def by_trl(self, rows: QuerySet[Need], name: str, value: list[str]) -> QuerySet[Need]:
        """Needs for which one of these levels will do: those that say nothing about it, too."""
        wanted = Q()
        for level in value:
            low = Q(trl_from__isnull=True) | Q(trl_from__lte=int(level))
            wanted |= low & (Q(trl_to__isnull=True) | Q(trl_to__gte=int(level)))
        return rows.filter(wanted)

    def by_region(self, rows: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        return rows.filter(region_code__startswith=value[:2])  # whatever lies in the province

    def by_order(self, rows: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        return rows.order_by(*ORDERS[value])


class MatchFilter(django_filters.FilterSet):
    judged = django_filters.BooleanFilter(
        label=_("Put aside"), widget=forms.CheckboxInput, help_text=_("true: those that were said not to fit")
    )

    class Meta:
        model = Match
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Match]) -> QuerySet[Match]:
        """Those that may fit, or those that were put aside; never both, as counts would not add up."""
        if self.form.cleaned_data.get("judged"):
            return queryset.exclude(why_not="")
        return queryset.filter(why_not="")
