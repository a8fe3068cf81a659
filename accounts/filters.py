import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import InstituteKind, OrganizationKind, Region
from accounts.models import Organization
from accounts.querysets import OrganizationQuerySet


class OrganizationFilter(django_filters.FilterSet):
    """The same on the page that looks for an organization to join and in the API."""

    q = django_filters.CharFilter(label=_("Name or business registration number"), method="by_text")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=OrganizationKind)
    institute_kind = django_filters.ChoiceFilter(label=_("Kind of institute"), choices=InstituteKind)
    region = django_filters.ChoiceFilter(label=_("Region"), field_name="region_code", choices=Region)

    class Meta:
        model = Organization
        fields: list[str] = []

    def by_text(self, organizations: OrganizationQuerySet, name: str, value: str) -> QuerySet[Organization]:
        return organizations.matching(value)
