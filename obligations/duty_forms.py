"""What can be typed on the page of a duty. Every form says at which revision the duty was seen."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from obligations.enums import ExemptionGround
from obligations.models import Exemption
from obligations.models.duties import LONG_TEXT


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ActionForm(forms.Form):
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"id_{type(self).__name__.lower()}_%s")  # several forms stand on one page
        super().__init__(*args, **kwargs)

    def typed(self) -> list[tuple[str, str]]:
        """(label, text) of what a person wrote, to be shown where the form itself is not offered any more."""
        return [
            (str(field.label), str(field.value()))
            for field in self.visible_fields()
            if field.value() and not isinstance(field.field, forms.FileField)
        ]


class DischargeForm(ActionForm):
    listing = forms.CharField(
        label=_("Listing number"),
        max_length=40,
        help_text=_("Of a published technology of the institute or of one that takes part in the project."),
        widget=forms.TextInput(attrs={"list": "own-technologies", "autocomplete": "off"}),
    )


class UndischargeForm(ActionForm):
    listing = forms.UUIDField(widget=forms.HiddenInput)


class VerifyForm(ActionForm):
    """Nothing to type: an officer has looked."""


class DelayForm(ActionForm):
    until = forms.DateField(label=_("Due by"), widget=day_input())
    reason = forms.CharField(
        label=_("Accepted reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The institute reads it."),
    )


class CountForm(ActionForm):
    count = forms.IntegerField(label=_("Technologies needed"), min_value=1, max_value=100)


class AskForm(ActionForm):
    ground = forms.ChoiceField(label=_("Ground"), choices=[("", _("Choose the ground")), *ExemptionGround.choices])
    until = forms.DateField(label=_("Exempt until"), widget=day_input())
    text = forms.CharField(
        label=_("Explanation"),
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What harm disclosure would do, and until when."),
    )
    evidence = forms.FileField(
        label=_("Evidence"),
        help_text=_("PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB. Only your institute and officers can open it."),
    )


class OfExemptionForm(ActionForm):
    exemption = forms.UUIDField(widget=forms.HiddenInput)


class DecideForm(OfExemptionForm):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("grant", _("Grant")), ("refuse", _("Refuse"))], widget=forms.RadioSelect
    )
    until = forms.DateField(
        label=_("Exempt until"),
        required=False,
        widget=day_input(),
        help_text=_("Only if you grant. No later than asked."),
    )
    text = forms.CharField(
        label=_("Reason of the decision"),
        max_length=LONG_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The institute reads it. Needed if you refuse."),
    )

    @classmethod
    def of(cls, exemption: Exemption, revision: int) -> "DecideForm":
        asked: date = exemption.asked_until
        return cls(initial={"revision": revision, "exemption": exemption.public_id, "until": asked})


class TakeBackForm(OfExemptionForm):
    """Nothing to type."""
