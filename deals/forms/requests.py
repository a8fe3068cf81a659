from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from deals.enums.requests import AnswerKind, DeclineCategory
from deals.models import LONG_TEXT, SHORT_TEXT
from tech_listings.enums import DealKind
from tech_listings.models import Listing


class RequestForm(forms.Form):
    """Asks for the organization only where the person could ask for more than one."""

    organization = forms.ChoiceField(label=_("Organization that asks"), widget=forms.RadioSelect)
    deal_kind = forms.ChoiceField(
        label=_("Deal type"), widget=forms.RadioSelect, help_text=_("What the holder offers for this technology.")
    )
    intended_use = forms.CharField(
        label=_("Intended use"),
        max_length=SHORT_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Product or process, market, and when you want to start. The holder decides on this."),
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=LONG_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Questions, preferred terms, what you have already."),
    )

    def __init__(self, *args: Any, listing: Listing, organizations: list[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ko"
        self.organizations = {str(o.public_id): o for o in organizations}
        self._choices("organization", [(key, o.name_in(language)) for key, o in self.organizations.items()])
        self._choices("deal_kind", [(kind, str(DealKind(kind).label)) for kind in listing.deal_kinds])
        if len(organizations) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
            self.initial["organization"] = next(iter(self.organizations))
        if len(listing.deal_kinds) == 1:
            self.initial["deal_kind"] = listing.deal_kinds[0]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_organization(self) -> Organization:
        return self.organizations[self.cleaned_data["organization"]]


class AnswerForm(forms.Form):
    kind = forms.ChoiceField(label=_("Your answer"), choices=AnswerKind, widget=forms.RadioSelect)
    category = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose the reason")), *DeclineCategory.choices],
        required=False,
        help_text=_("Only if you decline."),
    )
    text = forms.CharField(
        label=_("Words to the requester"),
        max_length=LONG_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("How to go on, or why not. Needed if you decline."),
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
