"""What can be typed about mandates. One form for both sides: who offers is chosen by the view."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import OrganizationKind
from accounts.models import Organization
from brokers.enums.mandates import MOST_SUBJECTS, OfferedBy
from brokers.forms.fees import OrganizationField, SharingForm
from brokers.models.mandates import LONG_TEXT
from brokers.queries.mandates import knows_who_asks
from brokers.services.mandates.end import REASON_LENGTH
from brokers.services.mandates.offer import MOST_TAIL_MONTHS, Offer
from brokers.wording.fees import rate
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import PERCENT, PercentField, TypedField
from marketplace.core.money import BASIS_POINTS
from matching.models import Need
from tech_listings.models import Listing

LISTING_NUMBER, NEED_NUMBER = re.compile(r"S\d{10}"), re.compile(r"N\d{10}")


class PartField(TypedField):
    """A part of the guideline's fee in percent, which may be more than all of it: `110` is 11,000."""

    def read(self, text: str) -> int:
        found = PERCENT.fullmatch(text)
        if not found:
            raise forms.ValidationError(_("Write a percentage with at most two decimals, like 90 or 102.5."))
        return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))

    def prepare_value(self, value: Any) -> Any:
        return rate(value).removesuffix(" %") if isinstance(value, int) else value


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


class MandateForm(SharingForm):
    """Offers a mandate as `acting`, a client or a broker. `own_needs` are those of a company that offers."""

    other = OrganizationField(kinds=())
    need = forms.ModelChoiceField(
        label=_("What it is about"),
        queryset=Need.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("Everything the company looks for"),
    )
    subjects = forms.CharField(
        label=_("What it is about"),
        required=False,
        max_length=20 * MOST_SUBJECTS,
        help_text=_("Numbers of technologies, or of one need, with commas. Empty for everything of the client."),
    )
    is_exclusive = forms.BooleanField(label=_("Exclusive: no other broker acts for the client in this"), required=False)
    starts_on = day_field(pgettext_lazy("mandate", "First day"))
    ends_on = day_field(pgettext_lazy("mandate", "Last day"))
    fee_bp = PartField(
        label=_("Fee, in percent of the guideline’s fee"),
        initial=BASIS_POINTS,
        help_text=_("100 is the guideline itself. It has to lie inside the band."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    tail_months = forms.IntegerField(
        label=_("Tail in months"),
        required=False,
        min_value=0,
        max_value=MOST_TAIL_MONTHS,
        help_text=_("For how long after the end a fee is owed for whom the broker brought. Empty for the guideline’s."),
    )
    terms = forms.CharField(
        label=_("What else is agreed"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the broker does and reports, costs, what stays secret."),
    )
    conflict = forms.CharField(
        label=_("Conflict of interest"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only where you act for the other side of the same technology. Both clients read it; name nobody."),
    )
    own_share_bp = PercentField(
        label=_("Share of the leading broker in percent"),
        required=False,
        help_text=_("Only where other brokers share the fee."),
    )
    schedule = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, acting: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acting = acting
        other = self.fields["other"]
        assert isinstance(other, OrganizationField)
        if self.offered_by == OfferedBy.CLIENT:
            other.kinds, other.label = (OrganizationKind.BROKER,), _("Broker")
            other.help_text = _("Name or business registration number of a registered broker.")
            del self.fields["conflict"]
        else:
            other.kinds, other.label = (OrganizationKind.INSTITUTE, OrganizationKind.COMPANY), _("Client")
            other.help_text = _("Name or business registration number of the institute or company.")
        if acting.kind == OrganizationKind.COMPANY:
            del self.fields["subjects"]
            need = self.fields["need"]
            assert isinstance(need, forms.ModelChoiceField)
            need.queryset = Need.objects.open().of(acting).for_list()
            need.label_from_instance = lambda need: f"{need.number} {need.title}"  # type: ignore[method-assign,assignment]
        else:
            del self.fields["need"]
        self.add_other_brokers()

    @property
    def offered_by(self) -> OfferedBy:
        return OfferedBy.BROKER if self.acting.kind == OrganizationKind.BROKER else OfferedBy.CLIENT

    def leading_broker(self, given: dict[str, Any]) -> Organization | None:
        return self.acting if self.offered_by == OfferedBy.BROKER else given.get("other")

    def clean_subjects(self) -> dict[str, Any]:
        """`listings` or `need`. A number that is not public, or a need that names nobody, is unknown here."""
        words = [word for word in re.split(r"[,;\s]+", self.cleaned_data["subjects"].upper()) if word]
        if len(words) == 1 and NEED_NUMBER.fullmatch(words[0]):
            need = Need.objects.open().filter(number=words[0]).first()
            if need is None or not knows_who_asks(self.acting, need):
                raise forms.ValidationError(_("There is no open need with this number that says who asks."))
            return {"need": need}
        if not all(LISTING_NUMBER.fullmatch(word) for word in words):
            raise forms.ValidationError(_("Write numbers like S2026000001, or one like N2026000001."))
        found = {listing.number: listing for listing in Listing.objects.published().filter(number__in=words)}
        if missing := [word for word in words if word not in found]:
            raise forms.ValidationError(_("No public technology has the number %(n)s."), params={"n": missing[0]})
        return {"listings": tuple(found[word] for word in dict.fromkeys(words))}

    @property
    def offer(self) -> Offer:
        given = self.cleaned_data
        names = ("starts_on", "ends_on", "is_exclusive", "fee_bp", "tail_months", "terms", "shares")
        about = given.get("subjects") or {"need": given.get("need")}
        return Offer(conflict=given.get("conflict", ""), **about, **{name: given[name] for name in names})


class DeclineForm(forms.Form):
    text = forms.CharField(
        label=_("Why not"),
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other side reads it."),
    )


class EndForm(forms.Form):
    last_day = day_field(
        pgettext_lazy("mandate", "Last day"),
        help_text=_("Today or later, and not after its term. The tail runs from it."),
    )
    reason = forms.CharField(
        label=_("Why it ends"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other side reads it."),
    )


def a_year_from(day: date) -> date:
    """The last day of a term of a year."""
    return day + timedelta(days=364)
