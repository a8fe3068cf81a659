"""What can be typed on the page of a duty, where every form says which revision was seen; and asked of letters."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind
from accounts.models import Organization
from obligations.compliance import Choice
from obligations.enums import DutyKind, ExemptionGround, LetterStep
from obligations.models import Exemption
from obligations.models.duties import LONG_TEXT
from obligations.querysets import LetterQuerySet


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def _as_read(field: forms.Field, value: str) -> str:
    """What the page called the value that was chosen; what was typed as it was."""
    known: dict[Any, Any] = dict(field.choices) if isinstance(field, forms.ChoiceField) else {}  # type: ignore[arg-type]
    return str(known.get(value, value))


class ActionForm(forms.Form):
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"id_{type(self).__name__.lower()}_%s")  # several forms stand on one page
        super().__init__(*args, **kwargs)

    def typed(self) -> list[tuple[str, str]]:
        """(label, text) of what a person wrote, to be shown where the form itself is not offered any more."""
        return [
            (str(field.label), _as_read(field.field, str(field.value())))
            for field in self.visible_fields()
            if field.value() and not isinstance(field.field, forms.FileField)
        ]


class DischargeForm(ActionForm):
    listing = forms.CharField(
        label=_("Listing number"),
        max_length=40,
        help_text=_("Of a published technology of the institute or of one that takes part in the project."),
        widget=forms.TextInput(attrs={"list": "own-technologies", "autocomplete": "off"}),
    )


class UndischargeForm(ActionForm):
    listing = forms.UUIDField(widget=forms.HiddenInput)


class VerifyForm(ActionForm):
    """Nothing to type: an officer has looked."""


class DelayForm(ActionForm):
    until = forms.DateField(label=_("Due by"), widget=day_input())
    reason = forms.CharField(
        label=_("Accepted reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The institute reads it."),
    )


class CountForm(ActionForm):
    count = forms.IntegerField(label=_("Technologies needed"), min_value=1, max_value=100)


class AskForm(ActionForm):
    ground = forms.ChoiceField(label=_("Ground"), choices=[("", _("Choose the ground")), *ExemptionGround.choices])
    until = forms.DateField(label=_("Exempt until"), widget=day_input())
    text = forms.CharField(
        label=_("Explanation"),
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What harm disclosure would do, and until when."),
    )
    evidence = forms.FileField(
        label=_("Evidence"),
        help_text=_("PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB. Only your institute and officers can open it."),
    )


class OfExemptionForm(ActionForm):
    exemption = forms.UUIDField(widget=forms.HiddenInput)


class DecideForm(OfExemptionForm):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("grant", _("Grant")), ("refuse", _("Refuse"))], widget=forms.RadioSelect
    )
    until = forms.DateField(
        label=_("Exempt until"),
        required=False,
        widget=day_input(),
        help_text=_("Only if you grant. No later than asked."),
    )
    text = forms.CharField(
        label=_("Reason of the decision"),
        max_length=LONG_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The institute reads it. Needed if you refuse."),
    )

    @classmethod
    def of(cls, exemption: Exemption, revision: int) -> "DecideForm":
        asked: date = exemption.asked_until
        return cls(initial={"revision": revision, "exemption": exemption.public_id, "until": asked})


class TakeBackForm(OfExemptionForm):
    """Nothing to type."""


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
