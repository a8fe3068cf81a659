"""What an applicant types. Nothing is required while it is a draft: what is missing stands beside the form."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from brokers.enums.registration import (
    DOCUMENTS_OF,
    ApplicationPart,
    CareerRoute,
    RegistrationKind,
    TrainingSubject,
)
from brokers.models import Application
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.queries.registration import Typed, document_kinds, open_parts
from brokers.services.registration.draft import CONTENT, MOST_ROWS
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.files import ACCEPTED
from marketplace.core.scanned import MOST_BYTES

P = ApplicationPart
PASSED = _("This day has not come yet.")


class PastDayField(forms.DateField):
    """A day in Korea that has come."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)
        self.validators = [*self.validators, *PLAUSIBLE_DAY]

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day > timezone.localdate():
            raise forms.ValidationError(PASSED)
        return day


class CareerForm(forms.Form):
    employer = forms.CharField(label=_("Employer"), max_length=200, required=False)
    position = forms.CharField(label=pgettext_lazy("career", "Position"), max_length=200, required=False)
    from_on = PastDayField(label=pgettext_lazy("career", "First day"))
    to_on = PastDayField(label=pgettext_lazy("career", "Last day"), help_text=_("Empty if you still work there."))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("from_on"), given.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", _("The last day lies before the first."))
        return given


class TrainingForm(forms.Form):
    subject = forms.ChoiceField(
        label=_("Subject"), required=False, choices=[("", _("Choose one")), *TrainingSubject.choices]
    )
    provider = forms.CharField(label=_("Given by"), max_length=200, required=False)
    hours = forms.IntegerField(label=_("Hours"), required=False, min_value=1, max_value=1_000)
    finished_on = PastDayField(label=_("Finished on"))


class Rows(forms.BaseFormSet):
    def filled(self) -> list[dict[str, Any]]:
        """The rows in which something stands and that are not ticked for removal; what is wrong is left out."""
        found = []
        for form in self.forms:
            if self.is_bound:
                form.is_valid()
            given = getattr(form, "cleaned_data", {})
            row = {name: given.get(name) for name in form.fields if name != "DELETE"}
            if any(row.values()) and not given.get("DELETE"):
                found.append(row)
        return found


def _rows(form: type[forms.Form]) -> Any:
    return forms.formset_factory(
        form, formset=Rows, extra=0, can_delete=True, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True
    )


CareerFormSet, TrainingFormSet = _rows(CareerForm), _rows(TrainingForm)


class ApplicationForm(forms.Form):
    """The fields of the parts that can be changed now, and of those only."""

    representative = forms.CharField(label=_("Representative"), max_length=80, required=False)
    speciality = forms.CharField(
        label=_("Speciality"),
        max_length=300,
        required=False,
        help_text=_("The fields of technology in which you broker. The register shows it."),
    )
    network_url = forms.URLField(
        label=_("Address of the information network"), max_length=200, required=False, assume_scheme="https"
    )
    network_text = forms.CharField(
        label=_("How it collects, keeps and passes on technology"),
        max_length=SHORT_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    career_route = forms.ChoiceField(
        label=_("Route"), required=False, choices=CareerRoute.choices, widget=forms.RadioSelect
    )
    document_kind = forms.ChoiceField(label=_("Kind of document"), required=False)
    document = forms.FileField(
        label=_("File"), required=False, allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ACCEPTED})
    )
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(application, name) for name in (*CONTENT, "revision")}
        super().__init__(*args, **kwargs)
        self.parts = open_parts(application)
        for name, part in CONTENT.items():
            if part not in self.parts:
                del self.fields[name]
        if application.kind == RegistrationKind.TRADER:
            self.fields.pop("representative", None)  # a person is represented by nobody
        self._documents(application)

    def _documents(self, application: Application) -> None:
        if P.DOCUMENTS not in self.parts:
            del self.fields["document_kind"], self.fields["document"]
            return
        kinds = document_kinds(application, DOCUMENTS_OF[RegistrationKind(application.kind)])
        self.fields["document_kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["document"].help_text = _("PDF, PNG, JPEG, HWP, HWPX or DOCX, at most %(most)d MB.") % {
            "most": MOST_BYTES >> 20
        }

    def of_part(self, part: str) -> list[Any]:
        return [self[name] for name, place in CONTENT.items() if place == part and name in self.fields]

    @property
    def basics(self) -> list[Any]:
        return self.of_part(P.BASICS)

    @property
    def network(self) -> list[Any]:
        return self.of_part(P.NETWORK)

    @property
    def content(self) -> dict[str, Any]:
        """What the service takes; while something is wrong, only what is right."""
        return {name: self.cleaned_data[name] for name in CONTENT if name in self.cleaned_data}


class Writing:
    """The form of an application with its rows: read together, saved together."""

    def __init__(self, application: Application, data: Any = None, files: Any = None) -> None:
        self.application = application
        self.form = ApplicationForm(data, files, application=application)
        parts = self.form.parts
        self.career = self._rows(CareerFormSet, "career", data) if P.ROUTE in parts else None
        self.training = self._rows(TrainingFormSet, "training", data) if P.TRAINING in parts else None

    def _rows(self, formset: Any, name: str, data: Any) -> Any:
        if data is not None:
            return formset(data, prefix=name)
        names = list(formset.form.base_fields)
        rows = list(getattr(self.application, name).order_by("pk").values(*names))
        return formset(prefix=name, initial=rows or [{}])

    @property
    def formsets(self) -> list[Any]:
        return [rows for rows in (self.career, self.training) if rows is not None]

    def is_valid(self) -> bool:
        """Every form is looked at, so that each says what is wrong with it."""
        return all([self.form.is_valid(), *(rows.is_valid() for rows in self.formsets)])

    @property
    def has_errors(self) -> bool:
        return bool(self.form.errors) or any(not rows.is_valid() for rows in self.formsets)

    @property
    def rows(self) -> dict[str, list[dict[str, Any]] | None]:
        return {
            "career": self.career.filled() if self.career is not None else None,
            "training": self.training.filled() if self.training is not None else None,
        }

    def typed(self) -> Typed:
        """What stands in the fields, as far as it can be read."""
        self.is_valid()
        return Typed(self.form.content, **self.rows)


class StartForm(forms.Form):
    kind = forms.ChoiceField(choices=RegistrationKind.choices, widget=forms.HiddenInput)
    organization = forms.ChoiceField(label=_("Organization"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, organizations: list[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organizations = {str(each.public_id): each for each in organizations}
        choices = [(key, each.display_name) for key, each in self.organizations.items()]
        self.fields["organization"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
            self.initial["organization"] = choices[0][0]

    @property
    def for_whom(self) -> Organization | None:
        """The corporation for an agency, nobody for a trader."""
        given: Mapping[str, Any] = self.cleaned_data
        return self.organizations.get(given["organization"]) if given["kind"] == RegistrationKind.AGENCY else None


class HandInForm(forms.Form):
    declared = forms.BooleanField(
        label=_("I declare that everything here is true and complete."),
        error_messages={"required": _("Declare that everything is true and complete.")},
    )
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class RevisionForm(forms.Form):
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("Why the refusal is wrong"), max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 6})
    )
