"""What can be typed about the capability index."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.fields import PercentField, WonField
from policy.enums.index import Indicator, PeerGroup
from policy.forms.survey import CountField, words_field
from policy.models.index import SOURCE_LENGTH
from policy.queries.survey import institutes
from policy.scheme.index import PARTS, Band, Scheme
from policy.scheme.survey import MOST

BANDS = 5
"""So many can be typed, and as many as the version has that is changed."""


class RankingForm(forms.Form):
    """Publishes what is on the page."""

    year = forms.IntegerField(widget=forms.HiddenInput, min_value=2000, max_value=2100)
    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    reason = words_field(_("Why is it computed anew?"), required=False)


class WeightsForm(forms.Form):
    """Weights in percent and bands of ranks."""

    source = words_field(_("Source"), hint=_("Everybody can read it."), most=SOURCE_LENGTH)
    least_complete_bp = PercentField(
        label=_("Least complete data for an incentive, in percent"), help_text=_("Of the weights.")
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**6)

    def __init__(self, *args: Any, scheme: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PARTS:
            self.fields[f"weight_{name}"] = PercentField(
                label=Indicator(name).label, initial=scheme.weights[name], required=True
            )
        self.initial.setdefault("least_complete_bp", scheme.least_complete_bp)
        self.places = range(max(BANDS, len(scheme.bands)))
        for place in self.places:
            band = scheme.bands[place] if place < len(scheme.bands) else None
            self.fields[f"rank_{place}"] = CountField(
                label=_("Up to rank"), most=10_000, least=1, required=False, initial=band.up_to_rank if band else None
            )
            self.fields[f"points_{place}"] = PercentField(
                label=_("More indirect cost, in percentage points"), required=False,
                initial=band.points_bp if band else None,
            )  # fmt: skip

    @property
    def weights(self) -> list[Any]:
        return [self[f"weight_{name}"] for name in PARTS]

    @property
    def bands(self) -> list[dict[str, Any]]:
        return [{"rank": self[f"rank_{place}"], "points": self[f"points_{place}"]} for place in self.places]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for place in self.places:
            rank, points = given.get(f"rank_{place}"), given.get(f"points_{place}")
            if (rank is None) != (points is None) and not {f"rank_{place}", f"points_{place}"} & set(self.errors):
                self.add_error(f"rank_{place}", _("Give rank and points, or neither."))
        return given

    @property
    def scheme(self) -> Scheme:
        """As typed, not checked yet."""
        given = self.cleaned_data
        bands = [(given[f"rank_{place}"], given[f"points_{place}"]) for place in self.places]
        return Scheme(
            weights={str(name): given[f"weight_{name}"] for name in PARTS},
            bands=tuple(Band(rank, points) for rank, points in bands if rank is not None),
            least_complete_bp=given["least_complete_bp"],
        )


class PlacementForm(forms.Form):
    institute = forms.ModelChoiceField(
        label=_("Institute"), queryset=Organization.objects.none(), to_field_name="public_id",
        empty_label=_("Choose an institute"),
    )  # fmt: skip
    group = forms.ChoiceField(label=_("Peer group"), choices=PeerGroup.choices)
    reason = words_field(_("Reason"), most=SOURCE_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["institute"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = institutes()
        field.label_from_instance = lambda each: each.display_name  # type: ignore[method-assign,assignment]


class WhatIfForm(forms.Form):
    """Figures instead of one's own; what is left empty stays as it was."""

    new_technologies = CountField(label=_("Newly acquired technologies"), most=MOST["new_technologies"], required=False)
    research_expenditure_won = WonField(label=_("Research expenditure in won"), required=False)
    office_staff = CountField(label=_("Staff of the office"), most=MOST["office_staff"], required=False)
    registered = CountField(label=_("Technologies registered here"), most=1_000_000, required=False)
    transfers = CountField(label=_("Transfers"), most=1_000_000, required=False)
    receipts_won = WonField(label=_("Royalty received in won"), required=False)

    @property
    def given(self) -> dict[str, int | None]:
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


class AskedForm(forms.Form):
    """Which ranking: `group` empty for all."""

    group = forms.ChoiceField(label=_("Peer group"), required=False, choices=[("", _("All")), *PeerGroup.choices])

    @property
    def asked(self) -> str:
        return self.cleaned_data.get("group", "") if self.is_valid() else ""
