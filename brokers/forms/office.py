"""What officers type about an application. Length and sense are asked by the services."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokers.enums.office import PARTS, Recommendation
from brokers.enums.registration import Outcome, RequirementKey
from brokers.models import Application
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.requirements import Finding
from brokers.services.office.check_documents import WHOSE_LENGTH, due_by_default
from brokers.services.office.register import CONDITIONS_LENGTH
from brokers.wording.office import part_label


def _text(
    label: Any, *, rows: int = 4, required: bool = True, hint: Any = "", most: int = LONG_TEXT
) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, required=required, widget=area, help_text=hint)


def _day(label: Any, hint: Any = "") -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), help_text=hint)


def _note() -> forms.CharField:
    return _text(_("Note for officers"), rows=2, required=False, hint=_("The applicant does not see it."))


class ActForm(forms.Form):
    """A form of one act. `given` is what its service is called with, `name_of` the field a refusal belongs to."""

    def __init__(self, data: Any = None, *, application: Application, findings: Sequence[Finding] = (), **kwargs: Any):
        self.application, self.findings = application, findings
        super().__init__(data, **kwargs)

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def name_of(self, field: str | None) -> str | None:
        return field if field in self.fields else None


class TakeUpForm(ActForm):
    pass


class CompletionForm(ActForm):
    """What is missing, part by part."""

    due_on = _day(_("Complete by"))
    text = _text(_("About all of it"), rows=2, required=False)
    note = _note()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.parts = PARTS[self.application.kind]
        fields = {f"part_{key}": _text(part_label(key), rows=2, required=False, most=SHORT_TEXT) for key in self.parts}
        self.fields = fields | self.fields  # type: ignore[assignment]
        self.initial.setdefault("due_on", due_by_default(timezone.now()).isoformat())

    @property
    def given(self) -> dict[str, Any]:
        names = ("due_on", "text", "note")
        parts = {key: self.cleaned_data[f"part_{key}"] for key in self.parts}
        return {"parts": parts, **{name: self.cleaned_data[name] for name in names}}

    def name_of(self, field: str | None) -> str | None:
        if field == "parts":
            return f"part_{self.parts[0]}"
        return super().name_of((field or "").replace("parts.", "part_"))


class PassForm(ActForm):
    whose = forms.CharField(
        label=_("Who is asked for advice"), max_length=WHOSE_LENGTH, required=False,
        help_text=_("For example the agency that runs the registration. Leave it empty where nobody is consulted."),
    )  # fmt: skip
    text = _text(_("What is asked, or why nobody is"), rows=3)
    note = _note()


class AdviceForm(ActForm):
    whose = forms.CharField(label=_("Whose advice it is"), max_length=WHOSE_LENGTH)
    given_on = _day(_("Given on"))
    text = _text(_("What was advised"))
    note = _note()


class CommitteeForm(ActForm):
    session_on = _day(_("Day of the session"), _("The applicant is told."))
    text = _text(_("Text for the applicant"), rows=2, required=False)


class SessionForm(ActForm):
    held_on = _day(_("Held on"))
    members = forms.IntegerField(label=_("Members present"), min_value=1)
    votes_for = forms.IntegerField(label=_("Votes for"), min_value=0)
    votes_against = forms.IntegerField(label=_("Votes against"), min_value=0)
    recommendation = forms.ChoiceField(
        label=_("Recommendation"), choices=Recommendation.choices, widget=forms.RadioSelect
    )
    text = _text(_("What was recommended and why"))
    note = _note()


class TrainingForm(ActForm):
    text = _text(_("Which training is outstanding"), rows=3)


class RegisterForm(ActForm):
    """Public conditions, and for each requirement that is unclear a sentence why it counts as met."""

    conditions = _text(
        _("Conditions"), rows=2, required=False, most=CONDITIONS_LENGTH, hint=_("Everybody can read them.")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for each in self.findings:
            if each.outcome == Outcome.UNCLEAR:
                label = _("Why it counts as met: %(requirement)s") % {"requirement": RequirementKey(each.key).label}
                self.fields[f"accepted_{each.key}"] = _text(label, rows=2, most=SHORT_TEXT)

    @property
    def given(self) -> dict[str, Any]:
        accepted = {
            name.removeprefix("accepted_"): text
            for name, text in self.cleaned_data.items()
            if name.startswith("accepted_")
        }
        return {"conditions": self.cleaned_data["conditions"], "accepted": accepted}

    def name_of(self, field: str | None) -> str | None:
        return super().name_of((field or "").replace("accepted.", "accepted_"))


class RefuseForm(ActForm):
    text = _text(_("Reasons"), hint=_("The applicant reads them and may object."))
    note = _note()


class ObjectionForm(ActForm):
    uphold = forms.TypedChoiceField(
        label=_("Your decision"),
        choices=[("yes", _("Uphold: the check begins anew")), ("no", _("Reject: the refusal stays"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = _text(_("Reason of the decision"), hint=_("The applicant reads it."))
    note = _note()


class RequirementsForm(forms.Form):
    """A version line by line: `least_<place>`, `law_<place>`, `waived_<place>` beside what holds for all of it."""

    valid_from = _day(_("Holds from"), _("Today or later."))
    source = _text(_("Source"), rows=2, most=500, hint=_("Everybody can read it."))
    is_assumption = forms.BooleanField(label=_("Some of it is an assumption"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, rows: Sequence[Any], **kwargs: Any):
        super().__init__(data, **kwargs)
        self.rows = rows
        for row in rows:
            name = {"requirement": row.label}
            self.fields[f"least_{row.place}"] = forms.IntegerField(
                label=_("%(requirement)s: at least") % name, min_value=1, initial=row.least
            )
            self.fields[f"law_{row.place}"] = forms.CharField(
                label=_("%(requirement)s: source") % name, max_length=300, initial=row.law
            )
            self.fields[f"waived_{row.place}"] = forms.BooleanField(
                label=_("%(requirement)s: not asked for") % name, required=False, initial=row.is_waived
            )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """For each line its fields: what the table of the page draws."""
        return [
            {"row": row, "least": self[f"least_{row.place}"], "law": self[f"law_{row.place}"],
             "waived": self[f"waived_{row.place}"]}
            for row in self.rows
        ]  # fmt: skip

    def name_of(self, field: str | None) -> str | None:
        place, _dot, what = (field or "").rpartition(".")
        name = f"{what}_{place}" if place else field
        return name if name in self.fields else None
