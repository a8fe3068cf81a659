"""What can be asked of the public register: one filter set for the page, its counts, the downloads and the API."""

from typing import Any

import django_filters
from django import forms
from django.db.models import CharField, Count, DurationField, Exists, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Lower, NullIf
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import Region
from brokers.enums.register import FEW, Language, RegisterOrder
from brokers.enums.registration import QualificationKind, RegistrationKind
from brokers.models import BrokeredDeal, Mandate, Qualification, Registration, StaffEntry
from brokers.queries.figures import Median, answered
from brokers.querysets.registration import RegistrationQuerySet
from marketplace.core.text import normalise
from taxonomy.enums import Level, System
from taxonomy.queries import choices
from tech_listings.filters import ChecksFilter, IpcFilter

MOST_WORDS = 8
SECTIONS = "ABCDEFGH"
NAMES = ("organization__name", "organization__name_en", "organization__name_zh")


def sections() -> list[tuple[str, str]]:
    """Sections of the IPC, in the reader's language."""
    titles = dict(choices(System.IPC, Level.SECTION))
    return [(code, f"{code} · {titles[code]}" if code in titles else code) for code in SECTIONS]


class RegisterFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=200, help_text=_("A name, a number or a speciality")
    )
    kind = ChecksFilter(label=_("Kind"), choices=RegistrationKind.choices, field_name="kind")
    section = ChecksFilter(label=pgettext_lazy("broker", "Field"), choices=sections, method="by_section")
    ipc = IpcFilter(
        label=_("IPC class or subclass"), method="by_ipc", max_length=20, help_text=_("For example H01 or H01M")
    )
    region = ChecksFilter(label=_("Region"), choices=Region.choices, field_name="regions", method="by_any")
    language = ChecksFilter(label=_("Language"), choices=Language.choices, field_name="languages", method="by_any")
    credential = ChecksFilter(
        label=_("Verified qualifications"), choices=QualificationKind.choices, method="by_credential"
    )
    open = django_filters.BooleanFilter(
        label=_("Takes new work now"), method="by_open", widget=forms.CheckboxInput,
        help_text=_("Registered, not suspended, and with an office to act through"),
    )  # fmt: skip
    sort = django_filters.ChoiceFilter(
        label=_("Order"), choices=RegisterOrder.choices, method="by_order", empty_label=None, null_label=None
    )

    class Meta:
        model = Registration
        fields: list[str] = []

    def filter_queryset(self, queryset: RegistrationQuerySet) -> RegistrationQuerySet:
        """In the order drawn for today in Korea unless another one is chosen."""
        rows = self.narrowed(queryset)
        return self.by_order(rows, "sort", self.form.cleaned_data.get("sort") or RegisterOrder.NEUTRAL)

    def narrowed(self, queryset: RegistrationQuerySet, *, but: str = "") -> RegistrationQuerySet:
        """What all filters leave, except the one named `but`."""
        for name, value in self.form.cleaned_data.items():
            if name not in {"sort", but}:
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def by_words(self, rows: RegistrationQuerySet, name: str, value: str) -> RegistrationQuerySet:
        """Every word, in a name, in the speciality, or as the number."""
        for word in normalise(value).split()[:MOST_WORDS]:
            named = Q(*((f"{field}__icontains", word) for field in NAMES), _connector=Q.OR)
            trader = Q(kind=RegistrationKind.TRADER, user__name__icontains=word)
            rows = rows.filter(named | trader | Q(speciality__icontains=word) | Q(number__iexact=word))
        return rows

    def by_section(self, rows: RegistrationQuerySet, name: str, value: list[str]) -> RegistrationQuerySet:
        if not value:
            return rows
        return _with_ipc(rows).filter(Q(*(("ipc_words__contains", f" {code}") for code in value), _connector=Q.OR))

    def by_ipc(self, rows: RegistrationQuerySet, name: str, value: str) -> RegistrationQuerySet:
        """Who names it, something above it that holds it, or something within it."""
        symbol = value[:4]
        above = [symbol[:length] for length in (1, 3) if length < len(symbol)]
        wanted = Q(ipc_words__contains=f" {symbol}")
        if above:
            wanted |= Q(ipc_prefixes__overlap=above)
        return _with_ipc(rows).filter(wanted)

    def by_any(self, rows: RegistrationQuerySet, name: str, value: list[str]) -> RegistrationQuerySet:
        return rows.filter(**{f"{name}__overlap": value}) if value else rows

    def by_credential(self, rows: RegistrationQuerySet, name: str, value: list[str]) -> RegistrationQuerySet:
        return rows.filter(Q(*(has_credential(kind) for kind in value), _connector=Q.OR)) if value else rows

    def by_open(self, rows: RegistrationQuerySet, name: str, value: bool) -> RegistrationQuerySet:
        return rows.publicly_open(timezone.localdate()) if value else rows

    def by_order(self, rows: RegistrationQuerySet, name: str, value: str) -> RegistrationQuerySet:
        """Ties, and all that is not known, in the order of the day."""
        day = timezone.localdate()
        drawn = rows.in_neutral_order(day)
        if value == RegisterOrder.NAME:
            return drawn.order_by(_name_shown(), "drawn", "number")
        if value == RegisterOrder.ANSWER:
            mine = Mandate.objects.filter(answered(day), broker=OuterRef("organization")).order_by().values("broker")
            enough = mine.annotate(many=Count("pk"), soon=Median(F("answered_at") - F("offered_at"))).filter(
                many__gte=FEW
            )
            soon = Subquery(enough.values("soon"), output_field=DurationField())
            return drawn.order_by(soon.asc(nulls_last=True), "drawn", "number")
        if value == RegisterOrder.DEALS:
            deals = BrokeredDeal.objects.filter(broker=OuterRef("organization")).order_by()
            if chosen := self.form.cleaned_data.get("section"):
                deals = deals.filter(ipc_section__in=chosen)
            many = deals.values("broker").annotate(many=Count("pk")).filter(many__gte=FEW)
            return drawn.order_by(Subquery(many.values("many")).desc(nulls_last=True), "drawn", "number")
        return drawn


def _name_shown() -> Lower:
    """A trader's own name; an agency's in the reader's language, or in Korean where it has none in that."""
    field = {"en": "organization__name_en", "zh": "organization__name_zh"}.get((get_language() or "")[:2])
    translated = [NullIf(field, Value(""))] if field else []
    return Lower(Coalesce("user__name", *translated, "organization__name"))


def _with_ipc(rows: RegistrationQuerySet) -> RegistrationQuerySet:
    """`ipc_words`: the symbols of a broker, each after a space."""
    joined = Func(F("ipc_prefixes"), Value(" "), function="array_to_string", output_field=CharField())
    return rows.alias(ipc_words=Concat(Value(" "), joined))


def has_credential(kind: str) -> Q:
    """An agency that has such a person among its staff, a trader who has it: to be one here is one of them."""
    having = Q(user__in=Qualification.objects.standing().filter(kind=kind).values("user"))
    if kind == QualificationKind.TRADER:
        traders = Registration.objects.listed().filter(kind=RegistrationKind.TRADER)
        having |= Q(user__in=traders.values("user"))
    staff = StaffEntry.objects.counting_on(timezone.localdate()).filter(having, organization=OuterRef("organization"))
    return Q(Exists(staff), kind=RegistrationKind.AGENCY) | (having & Q(kind=RegistrationKind.TRADER))


NARROWING: tuple[str, ...] = ("q", "kind", "section", "ipc", "region", "language", "credential", "open")


def narrowed_by(query: Any) -> int:
    """How many filters of an address narrow the list."""
    return sum(bool(value.strip()) for name in NARROWING for value in query.getlist(name))
