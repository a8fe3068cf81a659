"""What an inventor types, and what an office takes over of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import field_of
from marketplace.core.text import tidy
from tech_listings.models import InventorInvitation, Listing
from tech_listings.models.draft import LANGUAGES
from tech_listings.queries import trl_levels
from tech_listings.services.inventor import PARTS, fields_for

LONGEST = {"value": 300, "problem": 5_000, "effect": 5_000, "field_of_use": 5_000}


class TextField(forms.CharField):
    """Text as it is stored: composed, without control characters."""

    def clean(self, value: Any) -> str:
        return tidy(super().clean(value))


def _text(label: Any, longest: int, help_text: Any = "", rows: int = 4) -> TextField:
    widget = forms.Textarea(attrs={"rows": rows})
    return TextField(label=label, max_length=longest, required=False, help_text=help_text, widget=widget)


def _trl() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Technology readiness level"), required=False, coerce=int, empty_value=None,
        choices=[("", _("Choose one")), *trl_levels()],
        help_text=_("1–2 basic research, 3–4 experiment, 5–6 prototype, 7–8 product, 9 business"),
    )  # fmt: skip


class InventorForm(forms.Form):
    """The inventor's part, in the language of the invitation."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)
    value = _text(
        _("What a firm gains, in one sentence"), LONGEST["value"],
        _("With a number, e.g. charging time from 42 to 11 minutes"), rows=2,
    )  # fmt: skip
    problem = _text(_("Problem it solves"), LONGEST["problem"], _("Which problem of which user does it solve?"))
    effect = _text(
        _("Better than what, by how much"), LONGEST["effect"],
        _("Compared with what, and by how much? Numbers convince; “novel” does not."),
    )  # fmt: skip
    field_of_use = _text(
        _("Field of use"), LONGEST["field_of_use"], _("Products and industries it can be used in"), rows=3
    )

    def __init__(self, *args: Any, invitation: InventorInvitation, **kwargs: Any) -> None:
        self.invitation = invitation
        self.names = dict(zip(PARTS, fields_for(invitation.language), strict=True))
        kept = {part: given for part, name in self.names.items() if (given := invitation.given.get(name)) is not None}
        now = {part: getattr(invitation.listing, name) for part, name in self.names.items()}
        kwargs["initial"] = {**now, **kept, "seen": invitation.given_revision}
        super().__init__(*args, **kwargs)
        self.fields["trl"] = _trl()

    def part(self) -> dict[str, Any]:
        """What was typed, by field of the technology; of a form that is valid."""
        return {name: self.cleaned_data[part] for part, name in self.names.items()}


class InviteInventorForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    language = forms.ChoiceField(label=_("Language of the mail and the page"), choices=LANGUAGES)


class TakeOverForm(forms.Form):
    """For each field in which the inventor's text differs: whether to take it, and the text, which may be changed."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**9)

    def __init__(self, *args: Any, invitation: InventorInvitation, **kwargs: Any) -> None:
        self.listing: Listing = invitation.listing
        given = invitation.given
        self.differing = [
            name
            for name in fields_for(invitation.language)
            if given.get(name) not in ("", None) and given[name] != getattr(self.listing, name)
        ]
        kwargs["initial"] = {"revision": self.listing.revision} | {name: given[name] for name in self.differing}
        super().__init__(*args, **kwargs)
        for name in self.differing:
            label = str(field_of(Listing, name).verbose_name)
            self.fields[f"take_{name}"] = forms.BooleanField(label=_("Take this over"), required=False, initial=True)
            part = "value" if name.startswith("value_") else name
            self.fields[name] = _trl() if name == "trl" else _text(label, LONGEST[part])

    def rows(self) -> list[dict[str, Any]]:
        """Label, what stands there now, and the two fields, for each differing field."""
        return [
            {
                "label": field_of(Listing, name).verbose_name,
                "now": getattr(self.listing, name),
                "take": self[f"take_{name}"],
                "field": self[name],
            }
            for name in self.differing
        ]

    def content(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.differing if self.cleaned_data[f"take_{name}"]}
