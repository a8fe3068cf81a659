"""What officers, panel members and firms type in the review. Length and sense are asked by the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programmes.enums.applications import Part
from programmes.models.applications import LONG_TEXT, SHORT_TEXT
from programmes.scheme import Scheme


def _text(label: Any, *, rows: int = 4, required: bool = True, hint: Any = "", most: int = LONG_TEXT) -> Any:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, required=required, widget=area, help_text=hint)


class CompletionForm(forms.Form):
    """What is missing, part by part."""

    due_on = forms.DateField(
        label=_("Complete by"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Left empty, it is the day of the call's clock."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for part in Part:
            self.fields[f"part_{part.value}"] = _text(part.label, rows=2, required=False, most=SHORT_TEXT)
        self.order_fields([*(f"part_{part.value}" for part in Part), "due_on"])

    stands_at = {"parts": f"part_{Part.FACTS.value}"}

    @property
    def given(self) -> dict[str, Any]:
        parts = {part.value: self.cleaned_data[f"part_{part.value}"] for part in Part}
        return {"parts": parts, "due_on": self.cleaned_data["due_on"]}


class GivenForm(forms.Form):
    """A form whose fields are what the service takes."""

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class EligibleForm(GivenForm):
    text = _text(_("Note for officers"), rows=2, required=False)


class IneligibleForm(GivenForm):
    text = _text(_("Reasons"), hint=_("The firm reads them and may object."))


class FlagForm(GivenForm):
    text = _text(
        _("What you found out"), rows=2, most=SHORT_TEXT,
        hint=_("Firms that only share a name or an address then no longer share a cap."),
    )  # fmt: skip


class BatchForm(forms.Form):
    act = forms.ChoiceField(
        label=_("What is to be done"),
        choices=[("eligible", _("Find eligible")), ("ineligible", pgettext_lazy("eligibility", "Refuse"))],
    )
    text = _text(_("Reasons"), rows=2, required=False, hint=_("Needed to refuse; each firm reads them."))


class InviteForm(GivenForm):
    email = forms.EmailField(label=_("E-mail"), help_text=_("Of a person who has an account and confirmed it."))


class DeclarationForm(forms.Form):
    has_conflict = forms.TypedChoiceField(
        label=_("Do you have a tie to this applicant?"), widget=forms.RadioSelect,
        choices=[("no", _("No tie")), ("yes", _("There is a tie"))], coerce=lambda value: value == "yes",
        help_text=_("Work, family, money, a common project in the last three years, or anything like it."),
    )  # fmt: skip
    text = _text(_("Which tie"), rows=2, required=False, most=SHORT_TEXT, hint=_("Where there is one."))

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ScoreForm(forms.Form):
    """Points by criterion of the call. Empty ones are kept empty until the score is handed in."""

    def __init__(self, *args: Any, scheme: Scheme, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.criteria = scheme.criteria
        for each in scheme.criteria:
            self.fields[f"points_{each.key}"] = forms.IntegerField(
                label=_("%(criterion)s (0 to %(most)d points)") % {"criterion": each.words, "most": each.most},
                required=False, min_value=0, max_value=each.most,
            )  # fmt: skip
        self.fields["text"] = _text(_("Opinion"), required=False, hint=_("Officers read it."))
        self.stands_at = {f"points.{each.key}": f"points_{each.key}" for each in scheme.criteria}

    @property
    def given(self) -> dict[str, Any]:
        points = {each.key: self.cleaned_data[f"points_{each.key}"] for each in self.criteria}
        return {"points": points, "text": self.cleaned_data["text"]}


class WhatIfForm(forms.Form):
    """Another budget, another pass mark: only looked at."""

    budget_won = forms.IntegerField(label=_("Budget (won)"), required=False, min_value=0, max_value=10**15)
    pass_points = forms.IntegerField(label=_("Pass mark"), required=False, min_value=0, max_value=1000)


class ProposeForm(GivenForm):
    why = _text(_("What the proposal is made on"), rows=2)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


class ApproveForm(GivenForm):
    text = _text(pgettext_lazy("remark", "Note"), rows=2, required=False, most=SHORT_TEXT)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)


class SendBackForm(GivenForm):
    text = _text(_("Why it is sent back"), rows=2, most=SHORT_TEXT)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)


class TakeBackForm(GivenForm):
    text = _text(_("Why it is taken back"), rows=2, most=SHORT_TEXT)


class ObjectionForm(GivenForm):
    text = _text(_("What is wrong with the decision"), rows=6)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


class AnswerForm(GivenForm):
    uphold = forms.TypedChoiceField(
        label=_("Is the objection right?"), widget=forms.RadioSelect, coerce=lambda value: value == "yes",
        choices=[("yes", _("Yes: the decision is put right")), ("no", _("No: the decision stays"))],
    )  # fmt: skip
    answer = _text(_("Reasons"), hint=_("The firm reads them."))


class SignForm(forms.Form):
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agreed = forms.BooleanField(label=_("I have read the agreement and sign it for the firm."))

    @property
    def given(self) -> dict[str, Any]:
        return {"digest": self.cleaned_data["digest"]}
