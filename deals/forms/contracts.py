"""What can be typed about contracts. Days are those of Korea."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deals.clauses import COURT, FIELD, MOST_DAYS, MOST_MONTHS, MOST_YEARS, SPECIAL, TERRITORY, Clauses
from deals.enums.contracts import EndReason, Improvements, Sublicence
from deals.enums.negotiation import Side
from deals.forms.negotiation import SeenForm
from deals.forms.studio import OptionForm, initial_of
from deals.models import LONG_TEXT, SHORT_TEXT
from deals.terms import Method, Template, Terms, template_of
from marketplace.core.days import PLAUSIBLE_DAY


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def text_field(label: Any, most: int, rows: int = 3, **also: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "maxlength": most})
    return forms.CharField(label=label, max_length=most, widget=widget, **also)


def number_field(label: Any, most: int, **also: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, **also)


class ClausesForm(forms.Form):
    """What the contract says besides the payment; `initial` are clauses as JSON."""

    territory = forms.CharField(label=_("Territory"), max_length=TERRITORY)
    field_of_use = forms.CharField(label=_("Field of use"), max_length=FIELD)
    term_months = number_field(
        _("Term in months"), MOST_MONTHS, help_text=_("From the first day on. 0 for as long as the rights last.")
    )
    sublicence = forms.ChoiceField(label=_("Sublicences"), choices=Sublicence.choices)
    improvements = forms.ChoiceField(label=_("Improvements by the firm"), choices=Improvements.choices)
    confidential_years = number_field(_("Years of secrecy after the end"), MOST_YEARS)
    cure_days = number_field(
        _("Days to mend a breach"), MOST_DAYS, help_text=_("After that the other side may terminate the contract.")
    )
    court = forms.CharField(
        label=_("Court"), max_length=COURT, required=False, help_text=_("Empty for the court at the defendant’s seat.")
    )
    special = text_field(_("Special terms"), SPECIAL, 5, required=False)

    def clauses(self) -> Clauses:
        given = self.cleaned_data
        return Clauses(**{name: given[name] for name in ClausesForm.base_fields})


class RedraftForm(ClausesForm):
    reason = text_field(_("What is different"), SHORT_TEXT, help_text=_("Both sides read it beside the document."))


class RefuseForm(forms.Form):
    text = text_field(_("Why"), SHORT_TEXT, help_text=_("The other side reads it."))


class CancelForm(forms.Form):
    text = text_field(_("Why it is not concluded"), SHORT_TEXT, help_text=_("The other side reads it."))


class SignForm(forms.Form):
    signed_on = day_field(_("Day of the signatures"))
    starts_on = day_field(_("First day of the contract"))
    signed_copy = forms.FileField(
        label=_("Signed contract"),
        widget=forms.FileInput(attrs={"accept": ".pdf"}),
        help_text=_("A PDF of the document with both signatures, at most 20 MB."),
    )
    document = forms.CharField(widget=forms.HiddenInput, required=False)
    is_read = forms.BooleanField(
        label=_(
            "The signed copy is of this document: it carries the hash above, and what stands above binds both sides."
        ),
        error_messages={"required": _("Compare the signed copy with what stands above, then confirm it here.")},
    )

    def given(self) -> dict[str, Any]:
        """As the service takes it."""
        found = dict(self.cleaned_data)
        copy = found.pop("signed_copy")
        found.pop("is_read")
        return found | {"document_hash": found.pop("document"), "file": copy, "name": copy.name}


class AmendForm(SeenForm, ClausesForm):
    """Other clauses from a day on; the payment has a form of its own, `payment_form`."""

    holds_from = day_field(pgettext_lazy("contract", "Holds from"))
    reason = text_field(_("Why the contract is amended"), SHORT_TEXT)
    field_order = ("holds_from", "reason")


def payment_form(data: Any, terms: Any) -> OptionForm:
    """The payment as a version has it (JSON), to be changed. Its method stays, with every field there is of it."""
    before = Terms.from_json(terms)
    widest = {Method.LUMP_SUM: Template.INSTALMENTS, Method.RUNNING: Template.RUNNING}
    template = widest.get(Method(before.method)) or template_of(before)
    return OptionForm(data, template=template, named=False, prefix="pay", initial=initial_of(before))


class EndForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why it ends"), widget=forms.RadioSelect)
    last_day = day_field(pgettext_lazy("contract", "Last day"), help_text=_("This day belongs to the contract still."))
    text = text_field(
        _("In words"), LONG_TEXT, 5, help_text=_("What happened, and what is settled. Both sides read it.")
    )

    def __init__(self, *args: Any, side: Side, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [EndReason.AGREED, EndReason.BREACH, EndReason.OTHER]
        if side == Side.FIRM:
            own.insert(2, EndReason.ABANDONED)
        self.fields["reason"].choices = [(each.value, each.label) for each in own]  # type: ignore[attr-defined]


class AnswerEndForm(forms.Form):
    text = text_field(_("Answer"), SHORT_TEXT, required=False, help_text=_("Needed if you decline."))
