"""What can be asked of lists of projects and of duties: one filter set for page, export and API."""

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import Organization
from marketplace.core.text import tidy
from obligations.enums import DONE_STATES, DutyState
from obligations.models import Obligation, ResearchResult, RnDProject
from obligations.numbers import project_key
from obligations.queries import ministries


class ProjectOrder(models.TextChoices):
    NEWEST = "newest", _("Newest agreement first")
    ENDS = "ends", _("Ends soonest")
    NUMBER = "number", _("By number")
    TITLE = "title", _("By title")


ORDERS: dict[str, tuple[str, ...]] = {
    ProjectOrder.NEWEST: ("-starts_on", "-pk"),
    ProjectOrder.ENDS: ("ends_on", "pk"),
    ProjectOrder.NUMBER: ("number", "pk"),
    ProjectOrder.TITLE: ("title", "pk"),
}


class DutyWanted(models.TextChoices):
    OVERDUE = "overdue", _("Something is overdue")
    DUE = "due", _("Something is to be done")
    DONE = "done", _("Everything is done or exempt")
    NONE = "none", _("Nothing is owed yet")


def _institutes() -> QuerySet[Organization]:
    return Organization.objects.filter(kind=OrganizationKind.INSTITUTE).order_by("name", "pk")


class YearFilter(django_filters.NumberFilter):
    """A whole number: a fraction of a year is an error, not a question to the database."""

    field_class = forms.IntegerField


class ProjectFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Number or words"), method="by_words", max_length=200)
    duty = django_filters.ChoiceFilter(label=_("Duties"), choices=DutyWanted, method="by_duty", empty_label=_("All"))
    ministry = django_filters.ChoiceFilter(label=_("Ministry"), choices=list, empty_label=_("All"))
    year = YearFilter(label=_("Year in which it ends"), field_name="ends_on__year", min_value=1990, max_value=2100)
    institute = django_filters.ModelChoiceFilter(
        label=_("Lead institute"), field_name="lead", queryset=lambda request: _institutes(),
        to_field_name="public_id", empty_label=_("All"),
    )  # fmt: skip
    sort = django_filters.ChoiceFilter(
        label=_("Sort"), choices=ProjectOrder, method="by_sort", empty_label=None, null_label=None
    )

    class Meta:
        model = RnDProject
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["ministry"].extra["choices"] = [(name, name) for name in ministries()]

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        for word in tidy(value).split():
            found = Q(title__icontains=word) | Q(number__icontains=word)
            if any(c.isdigit() for c in word) and (key := project_key(word)):
                found |= Q(pk__in=RnDProject.objects.with_keys([key]).values("pk"))
            user = getattr(self.request, "user", None)
            if user is not None:
                results = ResearchResult.objects.visible_to(user)
                named = results.filter(Q(title__icontains=word) | Q(number__icontains=word))
                found |= Q(pk__in=named.values("project"))
            rows = rows.filter(found)
        return rows

    def by_duty(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        user = getattr(self.request, "user", None)
        seen = Obligation.objects.visible_to(user) if user is not None else Obligation.objects.none()
        duties = seen.owed().filter(project=OuterRef("pk"))
        wanted = {
            DutyWanted.OVERDUE: lambda: Exists(duties.overdue_on(timezone.localdate())),
            DutyWanted.DUE: lambda: Exists(duties.filter(state=DutyState.DUE)),
            DutyWanted.DONE: lambda: (
                Exists(duties.filter(state__in=[*DONE_STATES, DutyState.EXEMPT]))
                & ~Exists(duties.filter(state=DutyState.DUE))
            ),
            DutyWanted.NONE: lambda: ~Exists(duties),
        }
        return rows.filter(wanted[DutyWanted(value)]())

    def by_sort(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.order_by(*ORDERS[value])
