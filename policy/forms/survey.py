"""What can be typed about the yearly survey."""

import re
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import GROUPED, MOST_FIGURES, TypedField, WonField
from marketplace.core.money import in_percent
from policy.models.survey import REASON_LENGTH
from policy.scheme.survey import DEFAULT_BOUNDS, FIGURES, MOST, Bound
from policy.services.survey.rounds import MOST_SHARE_BP

SHARE = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,4})(?:\.([0-9]{1,2}))?", re.ASCII)


class CountField(TypedField):
    """A whole number, with or without commas between thousands."""

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        if len(text) > MOST_FIGURES or not text.isascii() or not GROUPED.fullmatch(text):
            raise forms.ValidationError(_("Write a whole number in figures, like 1,200."))
        number = int(text.replace(",", ""))
        if not self.least <= number <= self.most:
            bounds = {"least": f"{self.least:,}", "most": f"{self.most:,}"}
            raise forms.ValidationError(_("Give a whole number from %(least)s to %(most)s.") % bounds)
        return number

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class ShareField(TypedField):
    """A share of last year's figure, in percent, as basis points: `15.5` is 1550. It can be more than all of it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def read(self, text: str) -> int:
        found = SHARE.fullmatch(text)
        bp = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0")) if found else MOST_SHARE_BP + 1
        if bp > MOST_SHARE_BP:
            most = f"{MOST_SHARE_BP // 100:,}"
            raise forms.ValidationError(
                _("Write a percentage from 0 to %(most)s with at most two decimals, like 15.5.") % {"most": most}
            )
        return bp

    def prepare_value(self, value: Any) -> Any:
        return in_percent(value).rstrip("0").rstrip(".") if isinstance(value, int) else value


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def words_field(label: Any, *, required: bool = True, hint: Any = "", most: int = REASON_LENGTH) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, max_length=most, required=required, widget=area, help_text=hint)


class SheetForm(forms.Form):
    """Figures of a year. All may be missing while it is a draft; the service asks for them when it is submitted."""

    new_technologies = CountField(
        label=_("Newly acquired technologies"), most=MOST["new_technologies"], required=False,
        help_text=_("Patents, software, know-how and others acquired in the year, by research or from others."),
    )  # fmt: skip
    research_expenditure_won = WonField(
        label=_("Research expenditure in won"), required=False, help_text=_("What was spent on research in the year.")
    )
    office_staff = CountField(
        label=_("Staff of the technology transfer office"), most=MOST["office_staff"], required=False,
        help_text=_("People on 31 December, each counted whole."),
    )  # fmt: skip
    reason_new_technologies = words_field(_("Why the number of technologies changed so much"), required=False)
    reason_research_expenditure_won = words_field(_("Why research expenditure changed so much"), required=False)
    reason_office_staff = words_field(_("Why the number of staff changed so much"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**6)

    @property
    def figures(self) -> dict[str, int | None]:
        return {name: self.cleaned_data[name] for name in FIGURES}

    @property
    def reasons(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"reason_{name}"] for name in FIGURES}

    def explained(self, large: set[str]) -> list[Any]:
        """The fields for reasons that are to be shown: of large changes, and those that say something or are wrong."""
        return [
            self[f"reason_{name}"]
            for name in FIGURES
            if name in large or self[f"reason_{name}"].value() or self[f"reason_{name}"].errors
        ]


class ReasonForm(forms.Form):
    reason = words_field(_("What was wrong?"))


class ReturnForm(forms.Form):
    text = words_field(_("What has to be changed?"))
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**6)


class RoundForm(forms.Form):
    """Until when the survey of a year is answered, and which changes have to be explained."""

    year = forms.IntegerField(label=_("Year that is asked about"), min_value=2000, max_value=2100)
    due_on = day_field(_("Answer by"))
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**6)

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["year"]
        for name, bound in DEFAULT_BOUNDS.items():
            self.fields[f"share_{name}"] = ShareField(
                label=_("More than so many percent of last year’s figure"), initial=bound.share_bp
            )
            self.fields[f"least_{name}"] = CountField(label=_("And by more than"), most=10**14, initial=bound.least)

    @property
    def lines(self) -> list[dict[str, Any]]:
        labels = {name: SheetForm.base_fields[name].label for name in FIGURES}
        return [
            {"label": labels[name], "share": self[f"share_{name}"], "least": self[f"least_{name}"]} for name in FIGURES
        ]

    @property
    def bounds(self) -> dict[str, Bound]:
        given = self.cleaned_data
        return {name: Bound(given[f"share_{name}"], given[f"least_{name}"]) for name in FIGURES}


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File (CSV or XLSX)"), validators=[FileExtensionValidator(["csv", "txt", "tsv", "xlsx"])]
    )
