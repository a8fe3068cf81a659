"""What can be asked of the record of openings: one filter set for the page, its export and the API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from disclosures.enums import OpeningKind
from disclosures.models import Opening


class OpeningFilter(django_filters.FilterSet):
    request = django_filters.CharFilter(
        field_name="request__number", lookup_expr="iexact", label=_("Receipt number"), max_length=20
    )
    kind = django_filters.ChoiceFilter(choices=OpeningKind, label=_("What was opened"), empty_label=_("Everything"))

    class Meta:
        model = Opening
        fields: list[str] = []
