"""What can be typed about the calendar of a contract."""

from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from deals.models import Contract
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.errors import DomainError
from marketplace.core.fields import WonField, basis_points
from royalties.enums.calendar import SAID_USAGE, Usage
from royalties.ingest.lines import SalesLines, read_lines
from royalties.models.calendar import LONG_TEXT
from royalties.queries.calendar import years_to_report

SHOWN_PROBLEMS = 5


def day_field(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=PLAUSIBLE_DAY,
    )  # fmt: skip


def words_field(label: Any, *, required: bool, help_text: Any = "", most: int = LONG_TEXT, rows: int = 4) -> Any:
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=most,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


class SalesForm(forms.Form):
    """Sums as typed, or a file of lines that gives them. `lines` are what the file holds."""

    year = forms.TypedChoiceField(label=_("Year of sale"), coerce=int)
    gross_won = WonField(
        label=_("Sales in won"), required=False,
        help_text=_("Of everything that uses the technology, without VAT. 0 if nothing was sold."),
    )  # fmt: skip
    deductions_won = WonField(
        label=_("Deductions in won"), required=False,
        help_text=_("What the contract lets you take off: returns, discounts, freight."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Lines as CSV or XLSX"), required=False,
        help_text=_("Columns for product, quantity, sales and deductions. Their sums then count."),
        validators=[FileExtensionValidator(["csv", "tsv", "txt", "xlsx"])],
    )  # fmt: skip
    text = words_field(
        _("Words to the holder"), required=False, help_text=_("What explains a large change, or answers a question.")
    )
    seen = forms.IntegerField(widget=forms.HiddenInput(), required=False, min_value=0)

    def __init__(self, *args: Any, contract: Contract, day: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: SalesLines | None = None
        years = years_to_report(contract, day)
        field = self.fields["year"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(year, str(year)) for year in years]
        if len(years) == 1:
            self.initial.setdefault("year", years[0])

    def clean_seen(self) -> int:
        return self.cleaned_data["seen"] or 0

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file:
            return None
        try:
            self.lines = read_lines(file.file, name=file.name)
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        if self.lines.problems:
            raise forms.ValidationError([said(each) for each in self.lines.problems[:SHOWN_PROBLEMS]])
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        missing = self.lines is None and data.get("gross_won") is None
        if missing and not {"file", "gross_won"} & set(self.errors):
            self.add_error("gross_won", _t("Give the sales of the year, or a file of lines."))
        return data

    @property
    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "year": data["year"], "gross_won": data.get("gross_won") or 0,
            "deductions_won": data.get("deductions_won") or 0, "lines": self.lines.rows if self.lines else (),
            "text": data["text"], "seen": data["seen"],
        }  # fmt: skip


def said(problem: Any) -> str:
    return _t("Row %(row)d, %(column)s: %(why)s %(remedy)s") % {
        "row": problem.row, "column": problem.field or "–", "why": problem.why, "remedy": problem.remedy,
    }  # fmt: skip


class NamedForm(forms.Form):
    """One of several on a page: its fields have ids of their own."""

    name = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"id_{self.name}_%s", **kwargs})


class CheckForm(forms.Form):
    """Accept, or ask: which one says the button."""

    text = words_field(
        _("Words to the firm"), required=False, rows=3,
        help_text=_("Needed for a question, and where the statement was drawn for an audit."),
    )  # fmt: skip


class UsageForm(forms.Form):
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    usage = forms.ChoiceField(
        label=_("What became of the technology"), choices=[(each.value, each.label) for each in map(Usage, SAID_USAGE)],
        widget=forms.RadioSelect,
    )  # fmt: skip
    text = words_field(
        _("In words"), required=False,
        help_text=_("Product, place, start; or why it is paused or given up. Needed unless it is in use."),
    )  # fmt: skip

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["year"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(year, str(year)) for year in years]


class ReachedForm(NamedForm):
    name = "reached"
    reached_on = day_field(_("Reached on"))
    text = words_field(
        _("How it is seen"),
        required=True,
        help_text=_("Test report, approval, first invoice: what the holder can look at."),
    )


class DecideReachedForm(NamedForm):
    name = "decide"
    text = words_field(_("Words to the firm"), required=False, rows=3, help_text=_("Needed if it is not confirmed."))


class ExtendForm(NamedForm):
    name = "extend"
    reason = words_field(_("Why production starts later"), required=True, most=500, rows=3)


class WaiveForm(NamedForm):
    name = "waive"
    reason = words_field(_("Why it is not owed"), required=True, most=500, rows=3)
    seen_won = forms.IntegerField(widget=forms.HiddenInput(), required=False)


class LateRuleForm(forms.Form):
    rate = forms.CharField(label=_("Interest a year in percent"), max_length=10, help_text=_("Like 6 or 5.25."))
    effective_from = day_field(_("In force from"), _("A day to come. Days of delay before it keep the rate they had."))
    source = words_field(
        _("Source"), required=True, most=500, rows=3, help_text=_("The law or decision it comes from.")
    )
    is_assumption = forms.BooleanField(label=_("An assumption: the source does not say all of it"), required=False)

    def clean_rate(self) -> int:
        found = basis_points(self.cleaned_data["rate"])
        if found is None:
            raise forms.ValidationError(_("Give a percentage with at most two decimals."))
        return found
