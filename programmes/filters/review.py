"""What can be asked of the officer's queue: one filter set for page, export and API."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from marketplace.core.text import tidy
from programmes.enums.applications import ApplicationState
from programmes.models import Application, ApplicationFlag


class QueueFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("Receipt number, or the firm")
    )
    flagged = django_filters.ChoiceFilter(
        label=_("Possible ties"), method="by_flags", empty_label=_("All"),
        choices=[("open", _("Not looked into")), ("any", pgettext_lazy("possible ties", "Any"))],
    )  # fmt: skip

    class Meta:
        model = Application
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        text = tidy(value)
        if text.upper().startswith("PA") and text[2:].isdigit():
            return rows.filter(number=text.upper())
        return rows.filter(organization__in=Organization.objects.matching(text).values("pk"))

    def by_flags(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        flags = ApplicationFlag.objects.filter(application=OuterRef("pk"))
        if value == "open":
            flags = flags.filter(cleared_at=None)
        return rows.filter(Exists(flags))


class QueueApiFilter(QueueFilter):
    """The page has tabs where programs name states."""

    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=ApplicationState.choices)


def narrowed(asked: Any) -> bool:
    return any(asked.get(name) for name in ("q", "flagged"))
