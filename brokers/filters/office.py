"""What can be asked of the queue and of the register: one filter set each for page, export and API."""

from typing import Any

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from brokers.enums.registration import ApplicationState, RegistrationKind, RegistrationState
from brokers.models import Application, Registration
from brokers.querysets.registration import ApplicationQuerySet, RegistrationQuerySet
from marketplace.core.text import tidy

MINE, NOBODY = "mine", "nobody"


def _whose(text: str, person: str) -> Q:
    """The number, the corporation by name or business number, or the person by a part of the name."""
    named = Organization.objects.matching(text).values("pk")
    return Q(number__iexact=text) | Q(organization__in=named) | Q(**{f"{person}__name__icontains": text})


class ApplicationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number or the applicant")
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=RegistrationKind.choices, empty_label=_("All"))
    taken = django_filters.ChoiceFilter(
        label=_("Taken up by"), method="by_officer", empty_label=_("All"),
        choices=[(MINE, _("Me")), (NOBODY, _("Nobody"))],
    )  # fmt: skip

    class Meta:
        model = Application
        fields: list[str] = []

    def by_words(self, rows: ApplicationQuerySet, name: str, value: str) -> ApplicationQuerySet:
        return rows.filter(_whose(tidy(value), "applicant"))

    def by_officer(self, rows: ApplicationQuerySet, name: str, value: str) -> ApplicationQuerySet:
        user: User | AnonymousUser = self.request.user
        return rows.filter(Q(taken_by=user.pk if value == MINE else None))


class ApplicationApiFilter(ApplicationFilter):
    """The page has tabs where programs name states."""

    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=ApplicationState.choices)


class RegistrationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number or the broker")
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=RegistrationKind.choices, empty_label=_("All"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=RegistrationState.choices, empty_label=_("All"))

    class Meta:
        model = Registration
        fields: list[str] = []

    def by_words(self, rows: RegistrationQuerySet, name: str, value: str) -> RegistrationQuerySet:
        return rows.filter(_whose(tidy(value), "user"))


def narrowed(asked: Any, *names: str) -> bool:
    """Whether one of these parameters says something."""
    return any(asked.get(name) for name in names)
