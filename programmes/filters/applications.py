"""What can be asked of a list of applications."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from programmes.enums.applications import ApplicationState
from programmes.models import Application
from programmes.wording.applications import FOR_APPLICANTS

STATES = [(key, FOR_APPLICANTS[key]) for key in ApplicationState if key != ApplicationState.DISCARDED]


class ApplicationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Receipt number or call"), method="find")
    state = django_filters.ChoiceFilter(label=_("State"), choices=STATES)

    class Meta:
        model = Application
        fields: list[str] = []

    def find(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        text = value.strip()
        return rows.filter(
            Q(number__icontains=text)
            | Q(call__number__icontains=text)
            | Q(call__title_ko__icontains=text)
            | Q(call__title_en__icontains=text)
        )
