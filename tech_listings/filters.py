"""What can be asked of the public list: one filter set for the page, its counts and the API."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, CharField, Count, F, Func, Q, QuerySet, TextField, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import InstituteKind, OrganizationKind
from accounts.models import Organization
from marketplace.core.pagination import CEILING
from tech_listings.enums import PRICE_BOUNDS, DealKind, ListingState, PriceBand, RightSummary
from tech_listings.models import Listing
from tech_listings.queries import st_majors
from tech_listings.search.ranking import matching, with_ipc

IPC_PREFIX = re.compile(r"[A-H](\d{2}([A-Z](\s?\d{1,4}(/\d{2,6})?)?)?)?")
HOLDER_KINDS = [
    *InstituteKind.choices,
    (OrganizationKind.COMPANY.value, OrganizationKind.COMPANY.label),
]
TRL_CHOICES = [(str(level), str(level)) for level in range(1, 10)]


class ListedWithin(models.TextChoices):
    WEEK = "7", _("Last 7 days")
    MONTH = "30", _("Last 30 days")
    YEAR = "365", _("Last 12 months")


class IpcField(forms.CharField):
    """An IPC symbol or the beginning of one, in any spelling: `h01m`, `H01M10/0525`."""

    def clean(self, value: Any) -> str:
        text = re.sub(r"\s+", "", super().clean(value)).upper()
        if text and not IPC_PREFIX.fullmatch(text):
            raise ValidationError(
                _("“%(value)s” is not an IPC symbol. Write a section, class or subclass, for example H, H01 or H01M."),
                code="invalid",
                params={"value": text[:40]},
            )
        return re.sub(r"^([A-H]\d{2}[A-Z])(\d)", r"\1 \2", text)


class IpcFilter(django_filters.CharFilter):
    field_class = IpcField


class ChecksFilter(django_filters.MultipleChoiceFilter):
    """Several boxes of one kind: any of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(*args, **kwargs)


class ListingFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=2000, help_text=_("Words in Korean or English, or a number")
    )
    ipc = IpcFilter(
        label=_("IPC"), method="by_ipc", max_length=20, help_text=_("Section, class or subclass, e.g. H01M")
    )
    st = ChecksFilter(label=_("Science and technology class"), choices=st_majors, method="by_st")
    trl = ChecksFilter(label=_("Technology readiness level"), choices=TRL_CHOICES, method="by_trl")
    holder_kind = ChecksFilter(label=_("Holder"), choices=HOLDER_KINDS, method="by_holder_kind")
    deal = ChecksFilter(label=_("Desired deal type"), choices=DealKind.choices, method="by_deal")
    right = ChecksFilter(label=_("Rights"), choices=RightSummary.choices, field_name="right_summary")
    price = ChecksFilter(label=_("Price wish"), choices=PriceBand.choices, method="by_price")
    listed = django_filters.ChoiceFilter(
        label=_("Listed"), choices=ListedWithin.choices, method="by_listed", empty_label=_("Any time")
    )
    registered_after = django_filters.DateFilter(
        label=_("Listed from"), field_name="registered_at", lookup_expr="date__gte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    registered_before = django_filters.DateFilter(
        label=_("Listed until"), field_name="registered_at", lookup_expr="date__lte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    holder = django_filters.ModelChoiceFilter(
        label=_("Institute"), queryset=Organization.objects.order_by("pk"), to_field_name="public_id",
        widget=forms.HiddenInput,
    )  # fmt: skip

    class Meta:
        model = Listing
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return matching(rows, value)

    def by_ipc(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return with_ipc(rows, value)

    def by_st(self, rows: QuerySet[Listing], name: str, value: list[str]) -> QuerySet[Listing]:
        return rows.filter(Q(*[("st_class__startswith", code) for code in value], _connector=Q.OR)) if value else rows

    def by_trl(self, rows: QuerySet[Listing], name: str, value: list[str]) -> QuerySet[Listing]:
        return rows.filter(trl__in=[int(level) for level in value]) if value else rows

    def by_holder_kind(self, rows: QuerySet[Listing], name: str, value: list[str]) -> QuerySet[Listing]:
        if not value:
            return rows
        return rows.filter(Q(holder__institute_kind__in=value) | Q(holder__institute_kind="", holder__kind__in=value))

    def by_deal(self, rows: QuerySet[Listing], name: str, value: list[str]) -> QuerySet[Listing]:
        return rows.filter(deal_kinds__overlap=value) if value else rows

    def by_price(self, rows: QuerySet[Listing], name: str, value: list[str]) -> QuerySet[Listing]:
        return rows.in_price_bands(value) if value else rows  # type: ignore[attr-defined]

    def by_listed(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return rows.filter(registered_at__gte=timezone.now() - timedelta(days=int(value)))


class MyListingFilter(ListingFilter):
    """The holder's own list: the public filters and the state."""

    state = ChecksFilter(
        label=_("State"),
        choices=[(s.value, s.label) for s in (ListingState.DRAFT, ListingState.PUBLISHED, ListingState.WITHDRAWN)],
        field_name="state",
    )


# --- counts beside the boxes ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """A box of a filter: how many it would leave, and whether it is ticked."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    options: list[Option]
    one_of: bool = False

    @property
    def chosen(self) -> int:
        return sum(option.chosen for option in self.options)


def _unnested(name: str) -> Func:
    return Func(F(name), function="unnest", output_field=TextField())


def _price_band() -> Case:
    bands = [When(price_won__isnull=True, then=Value(PriceBand.NEGOTIABLE.value))]
    for band, (low, high) in PRICE_BOUNDS.items():
        upper = {"price_won__lt": high} if high is not None else {}
        bands.append(When(price_won__gte=low, then=Value(str(band)), **upper))
    return Case(*bands, output_field=CharField())


FACETS: dict[str, Any] = {
    "st": Func(F("st_class"), Value(2), function="left", output_field=CharField()),
    "trl": F("trl"),
    "holder_kind": Case(
        When(~Q(holder__institute_kind=""), then=F("holder__institute_kind")),
        default=F("holder__kind"), output_field=CharField(),
    ),
    "deal": _unnested("deal_kinds"),
    "right": F("right_summary"),
    "state": F("state"),
    "price": _price_band(),
}  # fmt: skip


PUBLIC_FACETS = ("st", "trl", "holder_kind", "deal", "right", "price", "listed")


def chosen_values(filterset: ListingFilter) -> dict[str, Any]:
    """What was asked for, as far as it makes sense: a filter that cannot be read is left out, not the others."""
    filterset.form.is_valid()
    return filterset.form.cleaned_data


def facets(filterset: ListingFilter, names: Iterable[str] = PUBLIC_FACETS) -> list[Facet]:
    """For each filter the count per box, all other filters applied. At most `CEILING` newest rows are counted."""
    cleaned = chosen_values(filterset)
    made = []
    for name in names:
        rows = filterset.queryset.all()
        for key, value in cleaned.items():
            if key != name:
                rows = filterset.filters[key].filter(rows, value)
        newest = Listing.objects.using(rows.db).filter(
            pk__in=rows.order_by("-registered_at", "-pk").values("pk")[:CEILING]
        )
        counted = _within(newest) if name == "listed" else _counts(newest, FACETS[name])
        given = cleaned.get(name) or []
        chosen = {str(v) for v in given} if isinstance(given, list) else {str(given)}
        field = filterset.form.fields[name]
        options = [
            Option(str(value), str(label), counted.get(str(value), 0), str(value) in chosen)
            for value, label in field.choices
            if value
        ]
        made.append(Facet(name, str(field.label), [o for o in options if o.count or o.chosen], name == "listed"))
    return made


def _counts(rows: QuerySet[Listing], value: Any) -> dict[str, int]:
    found = rows.annotate(facet=value).order_by().values("facet").annotate(many=Count("pk"))
    return {str(row["facet"]): row["many"] for row in found}


def _within(rows: QuerySet[Listing]) -> dict[str, int]:
    now = timezone.now()
    windows = {f"d{days}": Q(registered_at__gte=now - timedelta(days=int(days))) for days in ListedWithin.values}
    found = rows.aggregate(**{name: Count("pk", filter=window) for name, window in windows.items()})
    return {name.removeprefix("d"): many for name, many in found.items()}
