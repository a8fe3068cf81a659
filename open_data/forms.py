from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from open_data.enums import EventKind, Scope
from open_data.models.webhooks import URL_LENGTH


class KeyForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("key", "Name"), max_length=60, help_text=_("So that you know later which program has it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Good for"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.READ]
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
        initial=365,
    )
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=pgettext_lazy("webhook", "Address"),
        max_length=URL_LENGTH,
        help_text=_("Begins with https:// and is on the public internet."),
        widget=forms.URLInput,
    )
    kinds = forms.MultipleChoiceField(
        label=_("Told of"), choices=EventKind.choices, widget=forms.CheckboxSelectMultiple
    )
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


class RotateForm(forms.Form):
    """A reload sends the same key, and is shown the same secret."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


class DecisionForm(forms.Form):
    """What the holder says to a deal that a partner reports."""

    confirmed = forms.TypedChoiceField(
        label=_("Is it so?"),
        coerce=lambda value: value == "yes",
        choices=[("yes", _("Yes, it is so")), ("no", _("No, it is not"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, help_text=_("Needed for a no. The partner reads it.")
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("confirmed") is False and not given.get("reason", "").strip():
            self.add_error("reason", _("Say why it is not so."))
        return given
