"""What can be asked of a list of applications."""

import django_filters
from django.utils.translation import gettext_lazy as _

from brokers.enums.registration import ApplicationState, RegistrationKind
from brokers.models import Application


class ApplicationFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=RegistrationKind.choices)
    state = django_filters.ChoiceFilter(label=_("State"), choices=ApplicationState.choices)

    class Meta:
        model = Application
        fields: list[str] = []
