"""What can be asked about compliance, and what people type about projects and their results."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import Organization
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.money import in_percent
from obligations.compliance import PUBLIC, Choice
from obligations.enums import DutyKind
from obligations.ingest.problems import ROW_WORDINGS
from obligations.ingest.words import business_number
from obligations.models import ResearchResult, RnDProject
from obligations.models.research import BASIS_POINTS
from obligations.queries import ministries
from obligations.services.import_rows import Institutes
from obligations.services.projects import DAYS, ProjectData
from obligations.services.results import ResultData
from tech_listings.forms import TidyModelForm

MOST_INVENTORS = 50
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
        institute.queryset = Organization.objects.filter(kind=OrganizationKind.INSTITUTE).order_by("name", "pk")

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


class DutyRowsForm(ComplianceForm):
    """For programs: also the duties of one project, of every kind unless one is named."""

    project = forms.UUIDField(label=_("R&D project"), required=False)

    @property
    def choice(self) -> Choice:
        chosen = super().choice
        of_all = self.cleaned_data["project"] and not self.cleaned_data["kind"]
        return replace(chosen, project=self.cleaned_data["project"], kind="" if of_all else chosen.kind)


# --- projects and results ---------------------------------------------------------------------------------------------


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class InstitutesField(forms.CharField):
    """Institutes, one per line, by name or business number; gives them in the order written, each once."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else "\n".join(each.name for each in value)

    def clean(self, value: Any) -> list[Organization]:  # type: ignore[override]
        lines = [line for part in super().clean(value).splitlines() if (line := part.strip())]
        if not lines:
            return []
        known, found = Institutes(), []
        for line in lines:
            institute = known.find(line, business_number(line))
            if isinstance(institute, str):
                raise forms.ValidationError(f"“{line[:60]}”: {ROW_WORDINGS[institute].why}")
            found.append(institute)
        return list(dict.fromkeys(found))


class InventorsField(forms.CharField):
    """One per line, `name, e-mail`; gives (name, e-mail) pairs."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(", ".join(filter(None, (each["name"], each["email"]))) for each in value)

    def clean(self, value: Any) -> list[tuple[str, str]]:  # type: ignore[override]
        found = []
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            name, _comma, address = (part.strip() for part in line.partition(","))
            if address:
                try:
                    validate_email(address)
                except forms.ValidationError:
                    wrong = _("“%(line)s”: write the name, a comma and the e-mail address, or only the name.")
                    raise forms.ValidationError(wrong, params={"line": line[:60]}) from None
            found.append((name[:80], address))
        if len(found) > MOST_INVENTORS:
            raise forms.ValidationError(_("At most %(most)d people."), params={"most": MOST_INVENTORS})
        return found


class ShareField(forms.DecimalField):
    """A percentage with two places; gives basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal("0.01"), max_value=100, max_digits=5, decimal_places=2, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return in_percent(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return BASIS_POINTS if found is None else int(found * 100)


class ProjectForm(TidyModelForm):
    """All that is said of a project. `leads` are the institutes that it may be entered for."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    lead = forms.ModelChoiceField(
        label=_("Lead institute"), queryset=Organization.objects.none(), to_field_name="public_id", empty_label=None
    )
    partners = InstitutesField(
        label=_("Partner institutes"), required=False,
        help_text=_("One per line: the name as it is registered here, or the business number"),
    )  # fmt: skip

    class Meta:
        model = RnDProject
        fields = (
            "number", "title", "ministry", "programme", "lead", "partners", "investigator_name", "investigator_email",
            "starts_on", "ends_on", "completed_on", "report_submitted_on", "report_published_on", "government_won",
            "total_won", "is_security",
        )  # fmt: skip
        widgets = {name: _day() for name in DAYS}
        help_texts = {
            "number": _("As NTIS or the agency writes it, like RS-2023-00123456"),
            "completed_on": _("Results without a day of their own are owed from this day."),
            "report_published_on": _("Leave it empty until then."),
            "report_submitted_on": _("The duty to publish the report counts from this day."),
            "is_security": _("Nobody sees a security project or its results. You are told first what that means."),
        }

    def __init__(self, *args: Any, leads: Sequence[Organization] | None, may_mark: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in DAYS:
            self.fields[name].validators += PLAUSIBLE_DAY
        if not may_mark:
            self.fields["is_security"].disabled = True
            self.fields["is_security"].help_text = _("Only an officer can change this once the project is entered.")
        lead = self.fields["lead"]
        assert isinstance(lead, forms.ModelChoiceField)
        institutes = Organization.objects.filter(kind=OrganizationKind.INSTITUTE)
        if leads is not None:
            institutes = institutes.filter(pk__in=[each.pk for each in leads])
            if len(leads) == 1:
                lead.widget = forms.HiddenInput()
        lead.queryset = institutes.order_by("name", "pk")
        if self.instance.lead_id:
            self.initial["lead"] = self.instance.lead.public_id
        elif leads:
            self.initial["lead"] = leads[0].public_id
        if self.instance.pk:
            self.initial["revision"] = self.instance.revision
            self.initial["partners"] = list(self.instance.partners.order_by("name", "pk"))

    def _post_clean(self) -> None:
        """Nothing is written to the instance: the service checks and writes what was typed."""

    def content(self) -> ProjectData:
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in self.Meta.fields}
        money = {name: given[name] or 0 for name in ("government_won", "total_won")}
        return ProjectData(**{**given, **money})


class ResultForm(TidyModelForm):
    """All that is said of a result. `owners` are the institutes that may owe it."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    owner = forms.ModelChoiceField(
        label=_("Institute that owes"),
        queryset=Organization.objects.none(),
        to_field_name="public_id",
        empty_label=None,
    )
    inventors = InventorsField(
        label=_("Inventors"), required=False, help_text=_("One per line: name, e-mail. The address may be left out.")
    )
    contribution_bp = ShareField(label=_("Contribution of the project (%)"), required=False, initial=BASIS_POINTS)

    class Meta:
        model = ResearchResult
        fields = (
            "kind", "title", "number", "owner", "inventors", "contribution_bp", "is_expected", "completed_on",
        )  # fmt: skip
        widgets = {"completed_on": _day()}
        help_texts = {
            "number": _("Of a patent the application number, like 10-2024-0000001; else the registration number"),
            "completed_on": _("From this day it is owed. Left empty, the day the project was completed counts."),
            "is_expected": _("It is not owed before it is reported."),
        }

    def __init__(self, *args: Any, owners: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = owners
        self.fields["completed_on"].validators += PLAUSIBLE_DAY
        if self.instance.pk:
            self.initial["revision"] = self.instance.revision
        if self.instance.owner_id:
            self.initial["owner"] = self.instance.owner.public_id

    def _post_clean(self) -> None:
        """As in `ProjectForm`."""

    def content(self) -> ResultData:
        return ResultData(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        label=_("The result that stays"),
        queryset=ResearchResult.objects.none(),
        to_field_name="public_id",
        widget=forms.RadioSelect,
        empty_label=None,
    )

    def __init__(self, *args: Any, others: QuerySet[ResearchResult], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["into"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = others
