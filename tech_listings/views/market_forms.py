"""What a holder says about a technology on the market. The forms check the shape; services decide."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.days import PLAUSIBLE_DAY
from tech_listings.clocks import LONGEST_TERM, SHORTEST_TERM
from tech_listings.enums import SAID_GROUNDS, Outcome
from tech_listings.models.market import LONG_TEXT


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(label=_("How it ended"), choices=Outcome, widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("On which day"), widget=DayInput, initial=timezone.localdate, required=False,
        validators=PLAUSIBLE_DAY,
        help_text=_("The day of the contract or decision; today if empty"),
    )  # fmt: skip
    text = forms.CharField(
        label=_("In a sentence"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("With whom, on which terms. Only your organization and officers read this."),
    )  # fmt: skip


class WithoutRightForm(forms.Form):
    text = forms.CharField(
        label=_("What is offered without the right"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example the know-how. It is added to the conditions of use."),
    )  # fmt: skip


class TermForm(forms.Form):
    months = forms.TypedChoiceField(
        label=_("Months after registration"), coerce=int,
        choices=[(n, str(n)) for n in range(SHORTEST_TERM, LONGEST_TERM + 1)],
    )  # fmt: skip
    decided_by = forms.CharField(label=_("Decided by"), max_length=100, help_text=_("Name and office of the head"))
    decided_on = forms.DateField(label=_("Decided on"), widget=DayInput, validators=PLAUSIBLE_DAY)
    document = forms.CharField(label=_("Document"), max_length=300, help_text=_("Its number or title"))


class GroundForm(forms.Form):
    ground = forms.ChoiceField(
        label=pgettext_lazy("exclusive licence", "Ground"),
        choices=[(g.value, g.label) for g in SAID_GROUNDS],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("Explanation"), max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Name the law or the agreement, or say what leaves no other way."),
    )  # fmt: skip
