"""What can be asked of a figure's rows, and typed about targets and corrections."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework.request import Request

from marketplace.core.fields import PercentField
from marketplace.core.throttling import AddressThrottle
from policy.enums.figures import FIRST_YEAR, LAST_YEAR, Openness, Unit
from policy.models import Snapshot, Target
from policy.models.figures import LONG_TEXT, SHORT_TEXT
from policy.queries.figures.access import Viewer, frozen_for
from policy.queries.figures.figure import Figure, Part
from policy.services.figures.compute import years_told

KEPT_ROWS = AddressThrottle("figure-rows", "30/min")
WAIT_S = 60


def may_unpack(request: HttpRequest | Request, part: Part) -> bool:
    """Whether the rows of a frozen month may be unpacked for the request: for each page that is the whole month, half a
    million rows of public technologies, so one address without an account may ask for it so often only. Of other parts
    visitors see no rows, and nothing is unpacked.
    """
    is_known = request.user.is_authenticated or getattr(request, "auth", None) is not None
    return is_known or part.openness != Openness.OPEN or KEPT_ROWS.allows(request)


class RowsForm(forms.Form):
    """Which rows: of a part, of a year, as recorded now or as they were when a month was frozen."""

    part = forms.ChoiceField(label=pgettext_lazy("figures", "Rows"), required=False)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int, required=False)
    month = forms.ChoiceField(
        label=_("As of"), required=False, help_text=_("Rows of a frozen month are shown as they were then.")
    )

    def __init__(self, *args: Any, figure: Figure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.figure = figure
        self.fields["part"].choices = [(part.key, part.name) for part in figure.parts]  # type: ignore[attr-defined]
        if figure.is_yearly:
            years = sorted(years_told(timezone.localdate()), reverse=True)
            self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]
        else:
            del self.fields["year"]
        months = Snapshot.objects.filter(figure=figure.code).order_by("-month").values_list("month", flat=True)
        self.months = list(months.distinct()[:60])
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            ("", pgettext_lazy("rows", "Now")),
            *((f"{month:%Y-%m}", f"{month:%Y-%m}") for month in self.months),
        ]

    @property
    def part_key(self) -> str:
        return self.cleaned_data.get("part") or self.figure.parts[0].key

    @property
    def chosen_year(self) -> int:
        """0 for a figure without years; this year where none was chosen."""
        if not self.figure.is_yearly:
            return 0
        return self.cleaned_data.get("year") or timezone.localdate().year

    def snapshot(self, viewer: Viewer) -> Snapshot | None:
        """The frozen month that was chosen, in the version that the viewer is shown."""
        chosen = self.cleaned_data.get("month")
        if not chosen:
            return None
        month = date.fromisoformat(f"{chosen}-01")  # one of the choices
        return frozen_for(viewer, self.figure, month, self.chosen_year)


class TargetForm(forms.Form):
    """`value` in percent or in whole numbers, as the figure's unit is."""

    year = forms.IntegerField(label=_("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    value = forms.IntegerField(label=_("Target"), min_value=0)
    source = forms.CharField(
        label=_("Source"), max_length=SHORT_TEXT, help_text=_("Where it is said, so that others can look it up.")
    )
    is_assumption = forms.BooleanField(label=_("Assumed, not said by the plan"), required=False)
    reason = forms.CharField(
        label=_("Why it is changed"),
        max_length=LONG_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed where the year has a target already. The old one stays in the history."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, initial=0, min_value=0)

    def __init__(self, *args: Any, figure: Figure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if figure.unit == Unit.BASIS_POINTS:
            self.fields["value"] = PercentField(label=_("Target in percent"))

    @classmethod
    def about(cls, figure: Figure, target: Target | None) -> "TargetForm":
        """To be filled in; with what stands there now where a year is to be changed."""
        if target is None:
            return cls(figure=figure)
        given = {name: getattr(target, name) for name in ("year", "value", "source", "is_assumption")}
        return cls(figure=figure, initial=given | {"seen": target.version})


class WithdrawForm(forms.Form):
    """Of the target of `year` in the version `seen`."""

    year = forms.IntegerField(widget=forms.HiddenInput, min_value=FIRST_YEAR, max_value=LAST_YEAR)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    reason = forms.CharField(
        label=_("Why it is taken back"), max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


class CorrectForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is corrected"), max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )
