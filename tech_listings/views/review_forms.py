"""What an officer types about a technology, and what a holder types who closes one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.core.text import tidy
from tech_listings.enums import SuspendedFor
from tech_listings.services.review import LONGEST_NOTE


def marks_in(data: Any) -> dict[str, str]:
    """Name of the field → note, of all that were ticked or written about. Fields are checked by the service."""
    marked = {name.removeprefix("mark-") for name in data if name.startswith("mark-")}
    written = {name.removeprefix("note-") for name, text in data.items() if name.startswith("note-") and text.strip()}
    return {name: tidy(data.get(f"note-{name}", "")).strip() for name in sorted(marked | written)}


class ReturnForm(forms.Form):
    """The note on all of it; what is marked stands beside the fields."""

    note = forms.CharField(
        label=_("Note on all of it"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The holder reads it, and the notes you wrote beside the fields."),
    )  # fmt: skip


class ExemptForm(forms.Form):
    until = forms.DateField(label=_("Not disclosed until"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3}))


class SuspendForm(forms.Form):
    why = forms.ChoiceField(label=_("Suspended because"), choices=SuspendedFor.choices)
    text = forms.CharField(
        label=_("What the holder has to do"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip
