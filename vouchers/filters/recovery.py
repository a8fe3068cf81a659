"""What can be asked of the list of recoveries: one filter set for page, export and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.text import tidy
from vouchers.enums.recovery import RecoveryState, SanctionState
from vouchers.models import Recovery, Sanction
from vouchers.querysets.recovery import RecoveryQuerySet, SanctionQuerySet


class RecoveryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("Number of recovery or voucher, or a name")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=RecoveryState.choices, empty_label=_("All"))

    class Meta:
        model = Recovery
        fields: list[str] = []

    def by_words(self, rows: RecoveryQuerySet, name: str, value: str) -> RecoveryQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(Q(number__iexact=wanted) | Q(voucher__number__iexact=wanted) | Q(debtor__in=named))


class SanctionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("Number of a recovery, or a name")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=SanctionState.choices, empty_label=_("All"))

    class Meta:
        model = Sanction
        fields: list[str] = []

    def by_words(self, rows: SanctionQuerySet, name: str, value: str) -> SanctionQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(Q(recovery__number__iexact=wanted) | Q(organization__in=named))
