"""What can be typed about plans."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.fields import basis_points
from marketplace.core.money import BASIS_POINTS, in_percent
from policy.enums.figures import Unit
from policy.enums.plans import PlanKind, ProgressState, TargetUnit
from policy.forms.survey import CountField, day_field, words_field
from policy.models.plans import MARK_LENGTH, SHORT_LENGTH, TEXT_LENGTH
from policy.queries.figures.figure import Figure
from policy.queries.figures.registry import FIGURES


def figure_choices(*, empty: Any, with_unit: bool = False) -> list[tuple[str, Any]]:
    """All figures by name, in the order of the board."""

    def label(figure: Figure) -> str:
        return f"{figure.name} ({figure.unit.label})" if with_unit else str(figure.name)

    return [("", empty), *((code, label(figure)) for code, figure in FIGURES.items())]


class BeginForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=PlanKind.choices, widget=forms.RadioSelect)
    first_year = forms.IntegerField(label=_("First year"), min_value=2000, max_value=2100)
    title = forms.CharField(label=_("Title in Korean"), max_length=200)


class ReviseForm(forms.Form):
    reason = words_field(_("Why does the plan change?"))


class PlanForm(forms.Form):
    title = forms.CharField(label=_("Title in Korean"), max_length=200)
    title_en = forms.CharField(label=_("Title in English"), max_length=200, required=False)
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=200, required=False)
    summary = forms.CharField(
        label=pgettext_lazy("plan", "Summary"), max_length=TEXT_LENGTH, required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**6)


class MeasureForm(forms.Form):
    title = forms.CharField(label=pgettext_lazy("measure", "Measure"), max_length=200)
    text = forms.CharField(
        label=_("What is done"), max_length=TEXT_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    body = forms.CharField(label=_("Responsible body"), max_length=200)
    due_on = day_field(pgettext_lazy("measure", "Done by"), required=False)
    figure = forms.ChoiceField(label=_("Figure that shows it"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MARK_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["figure"].choices = figure_choices(empty=_("None"))  # type: ignore[attr-defined]


class TargetForm(forms.Form):
    """`value` is typed in percent or whole, as the figure's unit says, and becomes what is stored."""

    figure = forms.ChoiceField(label=_("Figure"))
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    value = forms.CharField(
        label=pgettext_lazy("plan", "Target"), max_length=24,
        help_text=_("In the unit of the figure: in percent like 34.8, else as a whole number."),
    )  # fmt: skip
    note = forms.CharField(label=pgettext_lazy("remark", "Note"), max_length=SHORT_LENGTH, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=MARK_LENGTH)

    def __init__(self, *args: Any, is_there: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["figure"].choices = figure_choices(  # type: ignore[attr-defined]
            empty=_("Choose a figure"), with_unit=True
        )
        if is_there:  # figure and year are what tells one target from another
            self.fields["figure"].disabled = self.fields["year"].disabled = True
            self.fields["year"].help_text = _("For another year or figure take this target out and add one.")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        text, code = given.get("value"), given.get("figure")
        if text is None or code is None:
            return given
        if FIGURES[code].unit == Unit.BASIS_POINTS:
            bp = basis_points(text)
            if bp is None or bp > BASIS_POINTS:
                self.add_error("value", _("Write a percentage from 0 to 100 with at most two decimals, like 2.5."))
            given["value"] = bp
            return given
        try:
            given["value"] = CountField(most=10**15).read(text.strip())
        except forms.ValidationError as error:
            self.add_error("value", error)
        return given


def in_words(form: forms.Form, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, text) of what stands in a row, as the form names it."""

    def text(name: str, value: Any) -> str:
        if isinstance(value, date):
            return date_format(value, "SHORT_DATE_FORMAT")
        choices = dict(getattr(form.fields[name], "choices", ()))
        return str(choices.get(value) or value or "–")

    return [(str(form[name].label), text(name, value)) for name, value in values.items()]


def typed_value(value: int, unit: str) -> str:
    """A target as it is typed into the form."""
    return in_percent(value) if unit == TargetUnit.BASIS_POINTS else f"{value:,}"


class ProgressForm(forms.Form):
    code = forms.TypedChoiceField(label=pgettext_lazy("measure", "Measure"), coerce=int)
    state = forms.ChoiceField(label=pgettext_lazy("progress", "How it stands"), choices=ProgressState.choices)
    text = words_field(_("What was done"), most=1_000)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, measures: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [(each.code, str(each)) for each in measures]  # type: ignore[attr-defined]
