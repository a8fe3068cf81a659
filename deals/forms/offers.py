from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deals.models import LONG_TEXT, SHORT_TEXT, Negotiation
from deals.services.offers.make import FIELD_LENGTH, LONGEST_MONTHS, TERRITORY_LENGTH, OfferContent, OptionContent
from marketplace.core.days import PLAUSIBLE_DAY
from tech_listings.enums import DealKind

USUAL_VALID = timedelta(days=30)


def first_day_after(today: date) -> date:
    """Until when an offer is usually good: a month."""
    return today + USUAL_VALID


class OfferForm(forms.Form):
    """What an offer says besides its ways to pay. `key` is that of its opening: sent twice, it is one offer."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    deal_kind = forms.ChoiceField(label=_("Deal type"))
    valid_until = forms.DateField(
        label=_("Can be accepted until"),
        help_text=_("The whole of that day, in Korea."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=PLAUSIBLE_DAY,
    )
    term_months = forms.IntegerField(
        label=_("Term of the contract in months"),
        required=False,
        min_value=0,
        max_value=LONGEST_MONTHS,
        help_text=_("At most 600. Empty for as long as the right lasts."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    territory = forms.CharField(label=_("Territory"), max_length=TERRITORY_LENGTH, required=False)
    field_of_use = forms.CharField(label=_("Field of use"), max_length=FIELD_LENGTH, required=False)
    text = forms.CharField(
        label=_("Words to the other side"),
        max_length=LONG_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    no_running_reason = forms.CharField(
        label=_("Why no running royalty is offered"),
        max_length=SHORT_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Only where no way to pay has one. A public holder has to say it; the reasons are counted publicly."
        ),
    )

    def __init__(self, *args: Any, negotiation: Negotiation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in DealKind if kind in {*negotiation.listing.deal_kinds, negotiation.deal_kind}]
        field = self.fields["deal_kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.value, str(kind.label)) for kind in kinds]

    def content(self, options: list[OptionContent]) -> OfferContent:
        given = {name: value for name, value in self.cleaned_data.items() if name != "key"}
        return OfferContent(options=options, **given | {"term_months": given["term_months"] or 0})
