"""What can be asked of a list of negotiations: one filter set for page, export and API."""

import django_filters
from django import forms
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from deals.enums.negotiation import NegotiationState
from deals.models import Negotiation
from deals.querysets.negotiation import NegotiationQuerySet
from marketplace.core.text import tidy


class NegotiationTab(TextChoices):
    WAITING = "waiting", _("Waits for us")
    OPEN = "open", pgettext_lazy("negotiation", "Under way")
    AGREED = "agreed", pgettext_lazy("negotiation", "Terms agreed")
    CONTRACTED = "contracted", pgettext_lazy("negotiation", "Contract signed")
    CLOSED = "closed", pgettext_lazy("negotiation", "Closed")


class Role(TextChoices):
    HOLDER = "holder", pgettext_lazy("negotiation", "Holder")
    FIRM = "firm", pgettext_lazy("negotiation", "Firm")
    BROKER = "broker", pgettext_lazy("negotiation", "Broker")


class NegotiationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, a title or a party")
    )
    tab = django_filters.ChoiceFilter(
        label=_("State"), choices=NegotiationTab.choices, method="by_tab", empty_label=_("All")
    )
    role = django_filters.ChoiceFilter(
        label=_("We take part as"), choices=Role.choices, method="by_role", empty_label=_("All")
    )
    late = django_filters.BooleanFilter(
        label=_("Late answers only"), method="by_late", widget=forms.CheckboxInput, help_text=_("true narrows")
    )

    class Meta:
        model = Negotiation
        fields: list[str] = []

    def by_words(self, rows: NegotiationQuerySet, name: str, value: str) -> NegotiationQuerySet:
        for word in tidy(value).split():
            named = Organization.objects.matching(word).values("pk")
            rows = rows.filter(
                Q(number__iexact=word)
                | Q(listing__number__iexact=word)
                | Q(request__number__iexact=word)
                | Q(need__number__iexact=word)
                | Q(listing__title_ko__icontains=word)
                | Q(listing__title_en__icontains=word)
                | Q(listing__title_zh__icontains=word)
                | Q(holder__in=named)
                | Q(firm__in=named)
            )
        return rows

    def by_tab(self, rows: NegotiationQuerySet, name: str, value: str) -> NegotiationQuerySet:
        if value == NegotiationTab.WAITING:
            return rows.waiting_for(organizations_of(self.request.user), timezone.localdate())
        return rows.filter(state=NegotiationState(value))

    def by_role(self, rows: NegotiationQuerySet, name: str, value: str) -> NegotiationQuerySet:
        return rows.as_role(value, organizations_of(self.request.user), timezone.localdate())

    def by_late(self, rows: NegotiationQuerySet, name: str, value: bool) -> NegotiationQuerySet:
        return rows.running().filter(answer_due_on__lt=timezone.localdate()) if value else rows


def organizations_of(user: User) -> list[int]:
    return [membership.organization_id for membership in user.active_memberships()]
