"""What can be typed about quotations, orders, claims and payment files. Sums are whole won: 123.6 is refused."""

from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import WonField
from marketplace.core.files import ACCEPTED
from vouchers.models.vouchers import LONG_TEXT, SHORT_TEXT


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def words_field(label: Any, most: int = LONG_TEXT, rows: int = 4, **also: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **also)


class KeyForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)


class KeepForm(KeyForm):
    """Keep the search that stood on the page of the day `order_of`, for a service that can still be ordered."""

    service = forms.ChoiceField(label=_("Service"))
    order_of = forms.DateField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, services: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["service"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = services


class ReasonForm(forms.Form):
    reason = words_field(_("Why?"), SHORT_TEXT, 2)


class AskForm(forms.Form):
    providers = forms.MultipleChoiceField(label=_("Whom to ask"), widget=forms.CheckboxSelectMultiple)
    task = words_field(pgettext_lazy("order", "What is to be done"))
    answer_by = day_field(_("Answer by"))
    deal_won = WonField(label=_("Value of the deal (won)"), least=1, required=False)

    def __init__(self, *args: Any, candidates: list[tuple[str, str]], is_brokerage: bool, **kwargs: Any) -> None:
        """`candidates` are public ids and names."""
        super().__init__(*args, **kwargs)
        field = self.fields["providers"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = candidates
        if not is_brokerage:
            del self.fields["deal_won"]


class GiveForm(forms.Form):
    supply_won = WonField(label=_("Price without VAT (won)"), least=1)
    vat_won = WonField(label=_("VAT (won)"), help_text=_("Paid by the firm itself: no voucher pays VAT."))
    days = forms.IntegerField(label=_("Days until delivery"), min_value=1, max_value=730)
    text = words_field(pgettext_lazy("quotation", "Offer"))


class OrderForm(KeyForm):
    why = words_field(_("Why this one"), SHORT_TEXT, 2)


class ClaimForm(forms.Form):
    text = words_field(_("What was delivered"))
    supply_won = WonField(
        label=_("Price without VAT (won)"), least=1, required=False, help_text=_("Empty: all that is left.")
    )
    vat_won = WonField(label=_("VAT (won)"), required=False)
    invoice_number = forms.CharField(label=_("Number of the tax invoice"), max_length=30, required=False)
    invoice_on = day_field(_("Day of the tax invoice"), required=False)


class NewClaimForm(ClaimForm, KeyForm):
    pass


class DocumentForm(forms.Form):
    paper = forms.ChoiceField(label=_("What it is"))
    document = forms.FileField(label=_("File"), widget=forms.FileInput(attrs={"accept": ACCEPTED}))

    def __init__(self, *args: Any, papers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["paper"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = papers
        for each in self.fields.values():  # they stand apart on the page, and go with what is typed
            each.widget.attrs["form"] = "claim-form"


class ResultForm(forms.Form):
    file = forms.FileField(
        label=_("Result file of the treasury"),
        validators=[FileExtensionValidator(["csv"])],
        help_text=_("The CSV you got here, with result (paid, failed, returned), day and text filled in."),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )
