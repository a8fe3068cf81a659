"""What can be asked of the list of calls: one filter set for page, export and API."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.text import tidy
from programmes.enums.calls import CallState, SchemeKind
from programmes.models import Call
from programmes.querysets.calls import CallQuerySet

WHEN = (
    ("open", _("Open now")),
    ("coming", _("Opens soon")),
    ("closed", pgettext_lazy("calls", "Closed")),
)


class CallFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("Of the title, or a number")
    )
    when = django_filters.ChoiceFilter(
        label=pgettext_lazy("of calls", "When"), choices=WHEN, method="by_time", empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=SchemeKind.choices, empty_label=_("All"))

    class Meta:
        model = Call
        fields: list[str] = []

    def by_words(self, rows: CallQuerySet, name: str, value: str) -> Any:
        wanted = tidy(value)
        titles = Q(title_ko__icontains=wanted) | Q(title_en__icontains=wanted) | Q(title_zh__icontains=wanted)
        return rows.filter(titles | Q(number__iexact=wanted))

    def by_time(self, rows: CallQuerySet, name: str, value: str) -> Any:
        at = timezone.now()
        if value == "open":
            return rows.taking_at(at)
        if value == "coming":
            return rows.filter(state=CallState.PUBLISHED, opens_at__gt=at)
        return rows.filter(Q(closes_at__lte=at) | ~Q(state=CallState.PUBLISHED)).exclude(state=CallState.DRAFT)
