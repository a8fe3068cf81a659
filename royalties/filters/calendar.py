"""What can be asked of a list of dues: one filter set for page, export and API."""

import re

import django_filters
from django import forms
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deals.models import Contract
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.text import tidy
from royalties.enums.calendar import DueKind, DueState
from royalties.models import Due
from royalties.querysets.calendar import DueQuerySet

NUMBER = re.compile(r"[CS](19|20)[0-9]{8}", re.IGNORECASE)


class DueTab(TextChoices):
    OPEN = "open", pgettext_lazy("due", "Open")
    OVERDUE = "overdue", pgettext_lazy("due", "Overdue")
    DONE = "done", pgettext_lazy("due", "Done")
    WAIVED = "waived", pgettext_lazy("due", "Not owed")


class DueSort(TextChoices):
    """Within a tab; what is open comes by its day, what is over newest first."""

    SOONEST = "soonest", _("Earliest day first")
    LATEST = "latest", _("Latest day first")


def _day(label: object) -> django_filters.DateFilter:
    return django_filters.DateFilter(
        label=label, validators=PLAUSIBLE_DAY, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class DueFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A contract number, or words of the title")
    )
    tab = django_filters.ChoiceFilter(label=_("State"), choices=DueTab.choices, method="by_tab", empty_label=_("All"))
    kind = django_filters.MultipleChoiceFilter(
        label=pgettext_lazy("money", "What"), choices=DueKind.choices, widget=forms.CheckboxSelectMultiple
    )
    contract = django_filters.UUIDFilter(label=_("Contract"), field_name="contract__public_id")
    due_from = _day(_("Due from"))
    due_to = _day(_("Due to"))
    sort = django_filters.ChoiceFilter(
        label=_("Order"), choices=DueSort.choices, method="by_sort", empty_label=_("Earliest day first")
    )

    class Meta:
        model = Due
        fields: list[str] = []

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.filters["due_from"].field_name, self.filters["due_from"].lookup_expr = "due_on", "gte"
        self.filters["due_to"].field_name, self.filters["due_to"].lookup_expr = "due_on", "lte"

    def by_words(self, rows: DueQuerySet, name: str, value: str) -> DueQuerySet:
        """Of the contracts of the organization whose dues are listed."""
        here = getattr(self.request, "organization", None)
        found = Contract.objects.of_organization(here.pk) if here else Contract.objects.none()
        for word in tidy(value).split():
            if NUMBER.fullmatch(word):
                found = found.filter(Q(number=word.upper()) | Q(listing__number=word.upper()))
            else:
                found = found.filter(
                    Q(listing__title_ko__icontains=word)
                    | Q(listing__title_en__icontains=word)
                    | Q(listing__title_zh__icontains=word)
                )
        # Named one by one: how many titles have a word the database guesses wrongly, and then sorts all of their dues.
        return rows.filter(contract__in=list(found.values_list("pk", flat=True)))

    def by_tab(self, rows: DueQuerySet, name: str, value: str) -> DueQuerySet:
        if value == DueTab.OPEN:
            return rows.open()
        if value == DueTab.OVERDUE:
            return rows.overdue_on(timezone.localdate())
        return rows.filter(state=DueState.DONE if value == DueTab.DONE else DueState.WAIVED)

    def by_sort(self, rows: DueQuerySet, name: str, value: str) -> DueQuerySet:
        return rows.order_by("-due_on", "-pk") if value == DueSort.LATEST else rows
