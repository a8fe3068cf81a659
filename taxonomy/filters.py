import django_filters
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from taxonomy import queries
from taxonomy.enums import Level, System
from taxonomy.models import Code
from taxonomy.querysets import CodeQuerySet


class CodeFilter(django_filters.FilterSet):
    """Without `revision` the current one of each system; without `abolished` only what may be chosen."""

    system = django_filters.ChoiceFilter(choices=System.choices, label=_("Classification"))
    level = django_filters.ChoiceFilter(choices=Level.choices, label=_("Level"))
    parent = django_filters.CharFilter(field_name="parent__code", label=_("Code directly above"))
    code = django_filters.CharFilter(label=pgettext_lazy("classification", "Code"))
    revision = django_filters.CharFilter(label=_("Revision; the current one when left out"))
    abolished = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")],
        method="also_abolished",
        label=_("Include abolished codes"),
    )
    q = django_filters.CharFilter(method="search", max_length=100, label=_("Start of the code, or words of the title"))

    class Meta:
        model = Code
        fields: list[str] = []

    def filter_queryset(self, queryset: CodeQuerySet) -> CodeQuerySet:
        if not self.form.cleaned_data.get("revision"):
            queryset = queryset.of_current(queries.current_revisions())
        if self.form.cleaned_data.get("abolished") != "true":
            queryset = queryset.offered()
        return super().filter_queryset(queryset)

    def search(self, queryset: CodeQuerySet, name: str, value: str) -> CodeQuerySet:
        return queryset.matching(value)

    def also_abolished(self, queryset: CodeQuerySet, name: str, value: str) -> CodeQuerySet:
        return queryset
