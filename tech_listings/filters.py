"""What can be asked of the public list: one filter set for the page, its counts and the API."""

import re
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import InstituteKind, OrganizationKind
from accounts.models import Organization
from marketplace.core.text import tidy
from tech_listings.enums import DealKind, FindingKind, ListingState, PriceBand, RightSummary, Severity
from tech_listings.models import Finding, Listing, SynonymGroup
from tech_listings.queries import st_majors
from tech_listings.search.narrowing import matching, with_ipc
from tech_listings.search.synonyms import word_key

IPC_PREFIX = re.compile(r"[A-H](\d{2}([A-Z](\s?\d{1,4}(/\d{2,6})?)?)?)?")
HOLDER_KINDS = [
    *InstituteKind.choices,
    (OrganizationKind.COMPANY.value, OrganizationKind.COMPANY.label),
]
MOST_TYPED = 20_000
TRL_CHOICES = [(str(level), str(level)) for level in range(1, 10)]


class ListedWithin(models.TextChoices):
    WEEK = "7", _("Last 7 days")
    MONTH = "30", _("Last 30 days")
    YEAR = "365", _("Last 12 months")


class ConfirmedWithin(models.TextChoices):
    MONTH = "30", _("Last 30 days")
    QUARTER = "90", _("Last 3 months")
    HALF = "182", _("Last 6 months")


class ToConfirm(models.TextChoices):
    """What of its technologies a holder looks at to confirm it."""

    NOW = "now", _("To be confirmed now")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")
    SUSPENDED = "suspended", _("Taken off the market")
    ALL = "all", _("All on offer")


class Sort(models.TextChoices):
    """Orders of the list. By relevance only where something was asked."""

    RELEVANCE = "relevance", _("Best match")
    NEWEST = "newest", _("Newest first")
    TRL = "trl", _("TRL, highest first")


class Match(models.TextChoices):
    ANY = "any", _("Any of the words")
    ALL = "all", _("All of the words")


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


class WordsField(forms.CharField):
    """What was typed or pasted. A form sends each end of a line as two characters, which count as the one they are."""

    default_error_messages = {
        "max_length": _("This text is too long to search for: at most 20,000 characters. Shorten it."),
    }

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class WordsFilter(django_filters.CharFilter):
    field_class = WordsField


class ListingFilter(django_filters.FilterSet):
    q = WordsFilter(
        label=_("Words"),
        method="by_words",
        max_length=MOST_TYPED,
        help_text=_(
            "Words, a sentence or a pasted text in Korean, English or Chinese. Also “a phrase” in quotation marks, "
            "-word to leave out, ipc:H01M, trl:5..7, holder:name, title:word, or a number."
        ),
    )
    match = django_filters.ChoiceFilter(
        label=_("Words to be found"), choices=Match.choices, method="leave", empty_label=None
    )
    sort = django_filters.ChoiceFilter(label=_("Order"), choices=Sort.choices, method="leave", empty_label=None)
    without_synonyms = django_filters.CharFilter(
        label=_("Synonyms switched off"),
        method="leave",
        max_length=800,
        widget=forms.HiddenInput,
        help_text=_("Ids of synonym groups that are not to be used, separated by commas"),
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
    confirmed = django_filters.ChoiceFilter(
        label=_("Confirmed available"),
        choices=ConfirmedWithin.choices,
        method="by_confirmed",
        empty_label=_("Any time"),
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
        """All words, in no order. What ranks hits asks `results` instead."""
        return matching(rows, value)

    def leave(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        """Says how words are read and hits are ordered: see `results`."""
        return rows

    def narrowed(self, *, but: str = "") -> QuerySet[Listing]:
        """What all filters but the words, and but the one named, leave. A filter that cannot be read is left out."""
        rows = self.queryset.all()
        for name, value in chosen_values(self).items():
            if name not in {"q", but}:
                rows = self.filters[name].filter(rows, value)
        return rows

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

    def by_confirmed(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return rows.filter(confirmed_on__gte=timezone.localdate() - timedelta(days=int(value)))


class ToConfirmFilter(django_filters.FilterSet):
    """The holder's technologies by when they are to be confirmed: the same for the page, its button and the API."""

    show = django_filters.ChoiceFilter(label=_("Show"), choices=ToConfirm.choices, method="leave", empty_label=None)
    q = django_filters.CharFilter(label=_("Title or number"), method="by_words", max_length=100)

    class Meta:
        model = Listing
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        rows = super().filter_queryset(queryset)
        return shown_to_confirm(rows, self.form.cleaned_data.get("show") or ToConfirm.NOW)

    def leave(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return rows

    def by_words(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        text = tidy(value)
        titles = Q(title_ko__icontains=text) | Q(title_en__icontains=text) | Q(title_zh__icontains=text)
        return rows.filter(titles | Q(number__iexact=text))


def shown_to_confirm(rows: Any, show: str) -> Any:
    """Of listings those to confirm, the longest unconfirmed first, each with `since`."""
    today = timezone.localdate()
    found = {
        ToConfirm.NOW.value: lambda: rows.to_confirm(today),
        ToConfirm.UNCONFIRMED.value: lambda: rows.unconfirmed(today),
        ToConfirm.SUSPENDED.value: lambda: rows.waiting_for_confirmation(),
        ToConfirm.ALL.value: lambda: rows.on_offer(),
    }[str(show)]()
    return found.with_counted_from().order_by("since", "pk")


class MyListingFilter(ListingFilter):
    """The holder's own list: the public filters and the state."""

    state = ChecksFilter(
        label=_("State"),
        choices=[(s.value, s.label) for s in ListingState if s != ListingState.DISCARDED],
        field_name="state",
    )


def chosen_values(filterset: ListingFilter) -> dict[str, Any]:
    """What was asked for, as far as it makes sense: a filter that cannot be read is left out, not the others."""
    filterset.form.is_valid()
    return filterset.form.cleaned_data


class SynonymFilter(django_filters.FilterSet):
    """Groups of synonyms: the same for the officer's page, its export and the API."""

    q = django_filters.CharFilter(
        label=_("Word"), method="by_word", max_length=60, help_text=_("A word of the group, or a part of one")
    )
    in_use = django_filters.ChoiceFilter(
        label=_("In use"), choices=[("true", _("In use")), ("false", _("Switched off"))], method="by_use",
        empty_label=_("All"),
    )  # fmt: skip

    class Meta:
        model = SynonymGroup
        fields: list[str] = []

    def by_word(self, rows: QuerySet[SynonymGroup], name: str, value: str) -> QuerySet[SynonymGroup]:
        def joined(column: str) -> Func:
            return Func(F(column), Value("\n"), function="array_to_string", output_field=TextField())

        found = Q(joined_words__icontains=tidy(value))
        if key := word_key(value):
            found |= Q(joined_keys__contains=key)
        return rows.annotate(joined_words=joined("words"), joined_keys=joined("keys")).filter(found)

    def by_use(self, rows: QuerySet[SynonymGroup], name: str, value: str) -> QuerySet[SynonymGroup]:
        return rows.filter(is_active=value == "true") if value else rows


class ReviewFilter(django_filters.FilterSet):
    """What waits for officers: the same for the page and the API."""

    holder = django_filters.ModelChoiceFilter(
        label=_("Institute"), queryset=Organization.objects.none(), to_field_name="public_id", empty_label=_("All")
    )
    finding = django_filters.ChoiceFilter(
        label=_("Findings"), method="by_finding", empty_label=_("All"),
        choices=[("clean", _("Without a warning")), ("warned", _("With a warning")), *FindingKind.choices],
    )  # fmt: skip

    class Meta:
        model = Listing
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        institutes = Organization.objects.filter(kind=OrganizationKind.INSTITUTE).order_by("name", "pk")
        self.filters["holder"].field.queryset = institutes

    def by_finding(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        found = Finding.objects.filter(submission__listing=OuterRef("pk"), submission__decision="")
        if value in FindingKind.values:
            return rows.filter(Exists(found.filter(kind=value)))
        warned = Exists(found.filter(severity=Severity.WARNING))
        return rows.filter(~warned if value == "clean" else warned)
