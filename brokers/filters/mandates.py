"""What can be asked of a list of mandates: one filter set for page, export and API."""

import django_filters
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from accounts.roles import Permission, organizations_with
from brokers.enums.mandates import Side
from brokers.models import Mandate
from brokers.querysets.mandates import MandateQuerySet
from marketplace.core.text import tidy


class MandateTab(TextChoices):
    WAITING = "waiting", _("Waits for us")
    OFFERED = "offered", pgettext_lazy("mandate", "Offered")
    RUNNING = "running", pgettext_lazy("mandate", "In force")
    OVER = "over", pgettext_lazy("mandate", "Over")


class MandateFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A number, broker or client")
    )
    tab = django_filters.ChoiceFilter(
        label=_("State"), choices=MandateTab.choices, method="by_tab", empty_label=_("All")
    )
    side = django_filters.ChoiceFilter(label=_("Client"), choices=Side.choices, empty_label=_("All"))
    exclusive = django_filters.ChoiceFilter(
        label=pgettext_lazy("mandate", "Exclusive"),
        choices=[("yes", _("Only exclusive")), ("no", _("Only not exclusive"))],
        method="by_exclusive",
        empty_label=_("All"),
    )

    class Meta:
        model = Mandate
        fields: list[str] = []

    def by_words(self, rows: MandateQuerySet, name: str, value: str) -> MandateQuerySet:
        wanted = tidy(value)
        named = Organization.objects.matching(wanted).values("pk")
        return rows.filter(Q(number__iexact=wanted) | Q(broker__in=named) | Q(client__in=named))

    def by_tab(self, rows: MandateQuerySet, name: str, value: str) -> MandateQuerySet:
        day = timezone.localdate()
        if value == MandateTab.WAITING:
            return rows.waiting_for(answering_organizations(self.request.user), day)
        if value == MandateTab.OFFERED:
            return rows.offered_on(day)
        return rows.running_on(day) if value == MandateTab.RUNNING else rows.over_on(day)

    def by_exclusive(self, rows: MandateQuerySet, name: str, value: str) -> MandateQuerySet:
        return rows.filter(is_exclusive=value == "yes")


def answering_organizations(user: object) -> list[int]:
    """Keys of those for which the user gives or takes mandates."""
    both = (Permission.GIVE_MANDATES, Permission.TAKE_MANDATES)
    return [each.pk for permission in both for each in organizations_with(user, permission)]  # type: ignore[arg-type]
