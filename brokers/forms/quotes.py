"""Forms of a fee that is quoted, and of what is asked where it lies outside of the band."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import Organization
from brokers.forms.fees import OrganizationField, SharingForm
from brokers.models.quotes import LONG_TEXT
from marketplace.core.fields import PercentField, WonField


class DealForm(forms.Form):
    """The deal of which a fee is quoted. The broker is asked for only where the person quotes for more than one."""

    broker = forms.ChoiceField(label=_("Broker that quotes"), widget=forms.RadioSelect)
    subject = forms.CharField(
        label=_("What the deal is about"),
        max_length=200,
        help_text=_("The technology or the need, so that the client knows which deal it is."),
    )
    value_won = WonField(label=_("Value of the deal in won"), least=1, help_text=_("In figures, like 12,000,000."))

    def __init__(self, *args: Any, organizations: list[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organizations = {str(each.public_id): each for each in organizations}
        field = self.fields["broker"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, each.display_name) for key, each in self.organizations.items()]
        if len(organizations) == 1:
            field.widget = forms.HiddenInput()
            self.initial["broker"] = next(iter(self.organizations))

    def clean_broker(self) -> Organization:
        return self.organizations[self.cleaned_data["broker"]]


class QuoteForm(DealForm, SharingForm):
    """Quotes a fee to a client."""

    client = OrganizationField(
        label=_("Client"),
        kinds=(OrganizationKind.INSTITUTE, OrganizationKind.COMPANY),
        help_text=_("Name or business registration number of the institute or company."),
    )
    fee_won = WonField(
        label=_("Fee in won"),
        required=False,
        help_text=_("Empty for the guideline’s fee. Outside the band an officer decides on your reason."),
    )
    own_share_bp = PercentField(
        label=_("Your share in percent"), required=False, help_text=_("Only where other brokers share the fee.")
    )
    schedule = forms.UUIDField(widget=forms.HiddenInput, required=False)
    field_order = ("broker", "client", "subject", "value_won")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_other_brokers()

    def leading_broker(self, given: dict[str, Any]) -> Organization | None:
        return given.get("broker")


class AskBandForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the fee lies outside the band"),
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is more, or less, work than usual. The officer and the client read it."),
    )


class DecideForm(forms.Form):
    grant = forms.TypedChoiceField(
        label=_("Your decision"),
        choices=[("yes", _("Allow the fee")), ("no", _("Refuse the fee"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("Reason of the decision"),
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Broker and client read it."),
    )
