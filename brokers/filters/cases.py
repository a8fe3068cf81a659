"""What can be asked of lists of cases and hand-overs: one filter set for page, CSV and API."""

import django_filters
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokers.enums.cases import CaseGround, CaseState, HandOverState
from brokers.enums.registration import RegistrationKind
from brokers.models import CancellationCase, HandOver
from brokers.queries.cases import registrations_by_words
from brokers.querysets.cases import CancellationCaseQuerySet
from marketplace.core.text import tidy


class CaseStage(models.TextChoices):
    """The tabs of the officers' queue."""

    OPENED = "opened", _("Without a hearing yet")
    AHEAD = "ahead", _("Hearing ahead")
    TO_DECIDE = "to_decide", _("To decide")
    OVER = "over", pgettext_lazy("cases", "Over")


STATES_OF = {
    CaseStage.OPENED: (CaseState.OPENED,),
    CaseStage.AHEAD: (CaseState.NOTICED,),
    CaseStage.TO_DECIDE: (CaseState.HELD,),
    CaseStage.OVER: (CaseState.DECIDED, CaseState.CLOSED),
}


class CaseFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, or the name of the broker")
    )
    stage = django_filters.ChoiceFilter(
        label=pgettext_lazy("case", "Stage"), choices=CaseStage.choices, method="by_stage", empty_label=_("All")
    )
    ground = django_filters.ChoiceFilter(
        label=pgettext_lazy("case", "Ground"), choices=CaseGround.choices, empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="registration__kind", choices=RegistrationKind.choices, empty_label=_("All")
    )

    class Meta:
        model = CancellationCase
        fields: list[str] = []

    def by_words(self, rows: CancellationCaseQuerySet, name: str, value: str) -> CancellationCaseQuerySet:
        wanted = tidy(value)
        return rows.filter(Q(number__iexact=wanted) | Q(registration__in=registrations_by_words(wanted).values("pk")))

    def by_stage(self, rows: CancellationCaseQuerySet, name: str, value: str) -> CancellationCaseQuerySet:
        return rows.filter(state__in=STATES_OF[CaseStage(value)])


class HandOverFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=HandOverState.choices, empty_label=_("All"))

    class Meta:
        model = HandOver
        fields: list[str] = []
