"""What can be typed. Won are whole, rates percents of at most two decimals; both become integers here."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import OrganizationKind
from accounts.models import Organization
from brokers.enums.fees import MOST_BROKERS, MOST_TIERS, FeeBasis, FeeMethod, PayingSide
from brokers.models import FeeSchedule
from brokers.models.schedules import SOURCE_LENGTH
from brokers.queries.fees import find_organizations
from marketplace.core.fields import PercentField, TypedField, WonField, basis_points
from marketplace.core.money import BASIS_POINTS

EMPTY_ROWS, LEAST_ROWS = 2, 6


class SharesField(TypedField):
    """Shares of several brokers in percent, `60, 40`: a list of basis points that makes 10,000."""

    def read(self, text: str) -> list[int]:
        parts = [part for part in re.split(r"[,;/\s]+", text) if part not in {"", "%"}]
        found = [basis_points(part) for part in parts]
        if len(found) > MOST_BROKERS:
            raise forms.ValidationError(_("At most %(most)d brokers share a fee.") % {"most": MOST_BROKERS})
        shares = [bp for bp in found if bp]
        if found and (len(shares) != len(found) or sum(shares) != BASIS_POINTS):
            raise forms.ValidationError(
                _("Write the share of each broker in percent, together 100, like 60, 40 or 33.33, 33.33, 33.34.")
            )
        return shares


class VersionField(forms.ModelChoiceField):
    """One of the versions that can be computed with, by its public id."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError:  # Django's own words are about UUIDs
            raise forms.ValidationError(_("There is no such version any more. Choose one of the list.")) from None

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.display_name)


class CalculatorForm(forms.Form):
    """Sent with GET: the address holds the calculation."""

    value_won = WonField(
        label=_("Value of the deal in won"),
        least=1,
        help_text=_("In figures, like 12,000,000."),
    )
    schedule = VersionField(
        label=pgettext_lazy("fee guideline", "Version"),
        queryset=FeeSchedule.objects.none(),
        to_field_name="public_id",
        empty_label=None,
        help_text=_("The table of rates to compute with. The others are computed beside it."),
    )
    fee_won = WonField(
        label=_("Fee you have in mind, in won"),
        required=False,
        help_text=_("The calculator says whether it lies in the band."),
    )
    brokers = SharesField(
        label=_("Shares of several brokers, in percent"),
        required=False,
        help_text=_("Like 60, 40. Together they make 100."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["schedule"]
        assert isinstance(field, VersionField)
        field.queryset = FeeSchedule.objects.computable().for_list()

    @property
    def shares(self) -> dict[str, int]:
        """Basis points by the letter the page calls a broker by; empty for one broker alone."""
        return {chr(ord("A") + place): bp for place, bp in enumerate(self.cleaned_data["brokers"] or [])}


class ScheduleForm(forms.Form):
    """A draft. The table of rates has so many rows, for want of JavaScript; those left empty are none."""

    name_ko = forms.CharField(label=_("Name of the version in Korean"), max_length=120)
    name_en = forms.CharField(label=_("Name of the version in English"), max_length=120)
    name_zh = forms.CharField(label=_("Name of the version in Chinese"), max_length=120)
    valid_from = forms.DateField(
        label=_("Valid from"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The first day in Korea on which it holds. Needed before it is published."),
    )
    basis = forms.ChoiceField(label=_("Basis"), choices=FeeBasis)
    method = forms.ChoiceField(label=_("Method"), choices=FeeMethod)
    minimum_won = WonField(
        label=_("Minimum fee"), required=False, help_text=_("Where the guideline’s fee begins. Empty for none.")
    )
    floor_won = WonField(
        label=_("Floor"), required=False, help_text=_("No fee below it without a decision. Empty for none.")
    )
    ceiling_won = WonField(
        label=_("Ceiling"), required=False, help_text=_("No fee above it without a decision. Empty for none.")
    )
    retainer_won = WonField(label=_("Retainer"), required=False, help_text=_("Paid at the beginning. Empty for none."))
    retainer_credited = forms.BooleanField(label=_("The retainer is credited against the success fee"), required=False)
    vat_bp = PercentField(label=_("VAT in percent"))
    vat_included = forms.BooleanField(label=_("VAT is included in the fee"), required=False)
    paid_by = forms.ChoiceField(label=_("Who pays"), choices=PayingSide)
    holder_share_bp = PercentField(
        label=_("Share of the holder in percent"), required=False, help_text=_("Only where both sides pay.")
    )
    tail_months = forms.IntegerField(
        label=_("Tail in months"),
        min_value=0,
        max_value=60,
        help_text=_("For how long after the mandate a fee is due for deals that the broker prepared."),
    )
    below_bp = PercentField(label=_("Band below the guideline’s fee, in percent"))
    above_bp = PercentField(label=_("Band above the guideline’s fee, in percent"))
    source = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=SOURCE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where it comes from, and what of it is assumed. Everybody can read it."),
    )
    is_assumption = forms.BooleanField(label=_("Some of it is an assumption"), required=False)
    revision = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, tiers: list[tuple[int, int]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        filled = tiers or []
        self.rows = min(MOST_TIERS, max(LEAST_ROWS, len(filled) + EMPTY_ROWS))
        if self.is_bound:
            self.rows = MOST_TIERS
        for place in range(self.rows):
            above, at_rate = filled[place] if place < len(filled) else (0 if place == 0 else None, None)
            number = {"number": place + 1}
            self.fields[f"from_{place}"] = WonField(
                label=_("Bracket %(number)d: above, in won") % number, required=False, initial=above
            )
            self.fields[f"rate_{place}"] = PercentField(
                label=_("Bracket %(number)d: rate in percent") % number, required=False, initial=at_rate
            )

    def tier_fields(self) -> Iterator[tuple[Any, Any]]:
        """The pairs of fields of the table, as they are drawn."""
        for place in range(self.rows):
            yield self[f"from_{place}"], self[f"rate_{place}"]

    def other_fields(self) -> list[Any]:
        return [field for field in self.visible_fields() if not re.match(r"(from|rate)_\d", field.name)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["retainer_won"] = given.get("retainer_won") or 0
        share = given.get("holder_share_bp")
        given["holder_share_bp"] = BASIS_POINTS if share is None else share
        for place in range(self.rows):
            above, at_rate = given.get(f"from_{place}"), given.get(f"rate_{place}")
            for name, value, other in ((f"from_{place}", above, at_rate), (f"rate_{place}", at_rate, above)):
                is_first_bound = name == "from_0"
                if value is None and other is not None and not is_first_bound and name not in self.errors:
                    self.add_error(name, _("A bracket needs both: where it begins and its rate."))
        return given

    @property
    def tiers(self) -> list[tuple[int, int]]:
        """(from_won, rate_bp) of the rows that were filled in."""
        given = self.cleaned_data
        rows = [(given.get(f"from_{place}"), given.get(f"rate_{place}")) for place in range(self.rows)]
        return [(above or 0, at_rate) for above, at_rate in rows if at_rate is not None]

    @property
    def content(self) -> dict[str, Any]:
        left_out = re.compile(r"(from|rate)_\d+|revision")
        return {name: value for name, value in self.cleaned_data.items() if not left_out.fullmatch(name)}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody can read it."),
    )


class OrganizationField(forms.CharField):
    """One organization of the given kinds, by a part of its name or its business number."""

    def __init__(self, *, kinds: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)
        self.kinds = kinds

    def clean(self, value: Any) -> Organization | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        found = find_organizations(text, self.kinds)
        exact = [each for each in found if text in {each.name, each.name_en, each.name_zh}]
        if len(exact) == 1:
            return exact[0]
        if not found:
            raise forms.ValidationError(_("Nobody here has this name or number. Check it, or write the whole number."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several have this in their name. Write the business registration number."))
        return found[0]


CO_BROKERS = 3


class SharingForm(forms.Form):
    """Who shares a fee: the leading broker, and up to three others with their shares in percent.

    `own_share_bp` is a field of whoever inherits; `leading_broker` names the one it is of.
    """

    def add_other_brokers(self) -> None:
        for place in range(1, CO_BROKERS + 1):
            number = {"number": place}
            self.fields[f"other_{place}"] = OrganizationField(
                label=_("Other broker %(number)d") % number, kinds=(OrganizationKind.BROKER,), required=False
            )
            self.fields[f"other_{place}_bp"] = PercentField(
                label=_("Share of broker %(number)d in percent") % number, required=False
            )

    def main_fields(self) -> list[Any]:
        return [field for field in self.visible_fields() if not field.name.startswith(("other_", "own_"))]

    def share_fields(self) -> list[Any]:
        return [field for field in self.visible_fields() if field.name.startswith(("other_", "own_"))]

    @abstractmethod
    def leading_broker(self, given: dict[str, Any]) -> Organization | None:
        """Whose own share is among them."""

    def clean(self) -> dict[str, Any]:
        """With `shares`: basis points by broker, 10,000 together, empty where nobody shares."""
        given = super().clean() or {}
        leading, shares = self.leading_broker(given), {}
        for place in range(1, CO_BROKERS + 1):
            other, share_bp = given.get(f"other_{place}"), given.get(f"other_{place}_bp")
            if (other is None) != (share_bp is None) and not {f"other_{place}", f"other_{place}_bp"} & set(self.errors):
                self.add_error(f"other_{place}", _("Name the broker and its share, or neither."))
            elif other is not None and share_bp is not None:
                if other in shares or other == leading:
                    self.add_error(f"other_{place}", _("This broker stands here twice."))
                shares[other] = share_bp
        own = given.get("own_share_bp")
        if shares and leading and not self.errors:
            own = BASIS_POINTS - sum(shares.values()) if own is None else own
            if own < 1 or own + sum(shares.values()) != BASIS_POINTS:
                self.add_error("own_share_bp", _("The shares of all brokers must make 100 %."))
            shares[leading] = own
        given["shares"] = shares
        return given
