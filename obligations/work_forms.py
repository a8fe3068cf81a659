"""What can be asked of the work page, and what is typed in the table of drafts."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.text import tidy
from obligations.enums import DutyKind, ResultKind
from obligations.work import Asked, Stand, When
from tech_listings.enums import DealKind
from tech_listings.models import Listing

ANY = [("", _("All"))]


class WorkForm(forms.Form):
    """One set of filters for the page, its exports and the API."""

    q = forms.CharField(label=_("Words or a number"), max_length=200, required=False)
    when = forms.ChoiceField(label=_("Due"), choices=[*ANY, *When.choices], required=False)
    stand = forms.ChoiceField(label=_("Technology"), choices=[*ANY, *Stand.choices], required=False)
    kind = forms.ChoiceField(label=_("Duty"), choices=[*ANY, *DutyKind.choices], required=False)
    result_kind = forms.ChoiceField(label=_("Kind of result"), choices=[*ANY, *ResultKind.choices], required=False)
    project = forms.CharField(label=_("Project number"), max_length=60, required=False)

    @property
    def asked(self) -> Asked:
        """Of a form that is valid."""
        said = self.cleaned_data
        return Asked(
            when=said["when"],
            stand=said["stand"],
            result_kind=said["result_kind"],
            kind=said["kind"],
            project=tidy(said["project"]),
            q=tidy(said["q"]),
        )


def _area(rows: int, longest: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(required=False, max_length=longest, widget=widget, strip=True)


class RowForm(forms.Form):
    """The fields of a draft that are missing most often, as one row of a table. Its prefix is the technology's id.

    What the page showed travels along: a row that nobody touched is not saved, however old the page is.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10**9)
    title = _area(2, 500)
    value = _area(2, 300)
    trl = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    field_of_use = _area(2, 5_000)
    conditions_of_use = _area(2, 5_000)
    deal_kinds = forms.MultipleChoiceField(
        required=False, choices=DealKind.choices, widget=forms.CheckboxSelectMultiple
    )
    LABELS = {
        "title": pgettext_lazy("technology", "Title"),
        "value": _("Value in one sentence"),
        "trl": _("TRL"),
        "field_of_use": _("Field of use"),
        "conditions_of_use": _("Conditions of use"),
        "deal_kinds": _("Deal types"),
    }

    def __init__(self, data: Any, *, listing: Listing, levels: list[tuple[str, str]]) -> None:
        self.listing = listing
        language = "ko" if listing.title_ko or not listing.title_en else "en"
        self.names = {"title": f"title_{language}", "value": f"value_{language}"}
        shown = {name: getattr(listing, self.names.get(name, name)) for name in self.LABELS}
        super().__init__(data, prefix=str(listing.public_id), initial={**shown, "revision": listing.revision})
        self.fields["trl"].choices = levels  # type: ignore[attr-defined]
        says_what_was_shown = data is None or self.add_initial_prefix("title") in data
        for name, label in self.LABELS.items():
            self.fields[name].label = label
            self.fields[name].show_hidden_initial = says_what_was_shown
            if name != "deal_kinds":
                self.fields[name].widget.attrs["aria-label"] = f"{label}: {listing.text_in('title', language)[:60]}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = tidy(value)
        if not cleaned.get("title") and "title" not in self.errors and not self._other_title():
            self.add_error("title", _("Give the technology a title."))
        return cleaned

    def _other_title(self) -> str:
        return self.listing.title_en if self.names["title"] == "title_ko" else self.listing.title_ko

    def content(self) -> dict[str, Any]:
        """By field of the technology; of a form that is valid."""
        return {self.names.get(name, name): self.cleaned_data[name] for name in self.LABELS}

    def over(self, fresh: Listing) -> Any:
        """What was typed, as data of a form over the technology as it is now: fields left alone show what it says."""
        data = cast(QueryDict, self.data).copy()
        data[self.add_prefix("revision")] = str(fresh.revision)
        for name in self.LABELS:
            if name not in self.changed_data:
                value = getattr(fresh, self.names.get(name, name))
                texts = [str(each) for each in (value if isinstance(value, list) else [value]) if each is not None]
                data.setlist(self.add_prefix(name), texts)
                data.setlist(self.add_initial_prefix(name), texts)
        return data

    def cells(self) -> list[tuple[str, Any]]:
        return [(name, self[name]) for name in self.LABELS]
