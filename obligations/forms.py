"""What can be asked about compliance: the same for the table, its drill-down and their exports."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import Organization
from obligations.compliance import PUBLIC, Choice
from obligations.enums import DutyKind, LetterStep
from obligations.queries import ministries
from obligations.querysets import LetterQuerySet

BY = [("institute", _("Institute")), ("ministry", _("Ministry")), ("year", _("Year"))]
FIGURE_LABELS = {
    "owed": _("Owed"),
    "discharged": _("Done"),
    "verified": _("of these verified"),
    "exempt": _("Exempt"),
    "due": _("Still in time"),
    "overdue": _("Overdue"),
}
ROWS_LABELS = {**FIGURE_LABELS, PUBLIC: _("In the public table")}


class ComplianceForm(forms.Form):
    by = forms.ChoiceField(label=_("Figures by"), choices=BY, required=False)
    kind = forms.ChoiceField(label=_("Duty"), choices=DutyKind.choices, required=False)
    ministry = forms.ChoiceField(label=_("Ministry"), required=False)
    year = forms.IntegerField(label=_("Year in which it is due"), min_value=1990, max_value=2100, required=False)
    institute = forms.ModelChoiceField(
        label=_("Institute"),
        queryset=Organization.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("All"),
    )
    figure = forms.ChoiceField(label=_("Which"), choices=list(ROWS_LABELS.items()), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        ministry, institute = self.fields["ministry"], self.fields["institute"]
        assert isinstance(ministry, forms.ChoiceField)
        assert isinstance(institute, forms.ModelChoiceField)
        ministry.choices = [("", _("All")), *((name, name) for name in ministries())]
        institute.queryset = institutes()

    @property
    def by_what(self) -> str:
        return self.cleaned_data.get("by") or "institute"

    @property
    def which(self) -> str:
        return self.cleaned_data.get("figure") or "owed"

    @property
    def choice(self) -> Choice:
        """What was chosen; of a form that is valid."""
        institute = self.cleaned_data.get("institute")
        return Choice(
            kind=self.cleaned_data["kind"] or DutyKind.LISTING,
            institute=institute.pk if institute else None,
            ministry=self.cleaned_data["ministry"],
            year=self.cleaned_data["year"],
        )


class PublicForm(forms.Form):
    """What can be asked of the public table, page, export and API alike."""

    kind = forms.ChoiceField(label=_("Duty"), choices=DutyKind.choices, required=False)

    @property
    def choice(self) -> Choice:
        return Choice(kind=self.cleaned_data["kind"] or DutyKind.LISTING)


class LetterForm(forms.Form):
    """What can be asked of the list of letters."""

    step = forms.ChoiceField(label=_("Step"), choices=[("", _("All")), *LetterStep.choices], required=False)
    institute = forms.ModelChoiceField(
        label=_("Institute"),
        queryset=Organization.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("All"),
    )

    def __init__(self, *args: object, with_institutes: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if with_institutes:
            self.fields["institute"].queryset = institutes()  # type: ignore[attr-defined]
        else:
            del self.fields["institute"]

    def narrow(self, letters: LetterQuerySet) -> LetterQuerySet:
        """Those that were asked for; of a form that is valid."""
        if step := self.cleaned_data["step"]:
            letters = letters.filter(step=step)
        if institute := self.cleaned_data.get("institute"):
            letters = letters.filter(institute=institute)
        return letters


def institutes() -> QuerySet[Organization]:
    return Organization.objects.filter(kind=OrganizationKind.INSTITUTE).order_by("name", "pk")
