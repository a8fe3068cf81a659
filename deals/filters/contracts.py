"""What can be asked of a list of contracts: one filter set for page, export and API."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from deals.enums.contracts import ContractState
from deals.enums.terms import Method
from deals.models import Contract, ContractVersion
from deals.querysets.contracts import ContractQuerySet
from marketplace.core.text import tidy
from tech_listings.enums import DealKind

FEW = 500


class ContractFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, a side or a technology")
    )
    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=ContractState.choices)
    deal_kind = django_filters.ChoiceFilter(label=_("Deal type"), choices=DealKind.choices, empty_label=_("All"))
    method = django_filters.ChoiceFilter(
        label=_("How it is paid"), choices=Method.choices, method="by_method", empty_label=_("All")
    )
    ends_to = django_filters.DateFilter(label=_("Term ends by"), field_name="ends_on", lookup_expr="lte")

    class Meta:
        model = Contract
        fields: list[str] = []

    def by_words(self, rows: ContractQuerySet, name: str, value: str) -> ContractQuerySet:
        wanted = tidy(value)
        named = self._named(wanted)
        numbered = Q(number__iexact=wanted) | Q(listing__number__iexact=wanted)
        titled = Q(listing__title_ko__icontains=wanted) | Q(listing__title_en__icontains=wanted)
        titled |= Q(listing__title_zh__icontains=wanted)
        return rows.filter(numbered | titled | Q(holder__in=named) | Q(firm__in=named))

    def in_any_state(self) -> ContractQuerySet:
        """What was asked but for the state: what the tabs count, as their links keep the rest. Call after `qs`."""
        rows = self.queryset.all()
        for name, value in self.form.cleaned_data.items():
            if name != "state":
                rows = self.filters[name].filter(rows, value)
        return rows

    def _named(self, wanted: str) -> "list[int] | QuerySet[Organization, Any]":
        """Keys of the organizations of that name, looked for once for all questions of a page; where they are many, as
        a question of its own.
        """
        if wanted not in self._found:
            rows = Organization.objects.matching(wanted).values_list("pk", flat=True)
            keys = list(rows.order_by("pk")[: FEW + 1])
            self._found[wanted] = keys if len(keys) <= FEW else rows
        return self._found[wanted]

    @cached_property
    def _found(self) -> dict[str, Any]:
        return {}

    def by_method(self, rows: ContractQuerySet, name: str, value: str) -> ContractQuerySet:
        """Of the newest version."""
        return rows.filter(pk__in=ContractVersion.objects.newest().filter(method=value).values("contract"))
