"""What can be typed about contracts. Days are those of Korea."""

import re
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokers.forms.fees import PercentField, TypedField, WonField
from deals.clauses import COURT, FIELD, MOST_DAYS, MOST_MONTHS, MOST_YEARS, SPECIAL, TERRITORY, Clauses
from deals.enums.contracts import EndReason, Improvements, Sublicence
from deals.enums.negotiation import Side
from deals.models import LONG_TEXT, SHORT_TEXT
from deals.terms import Instalment, Milestone, Terms
from deals.terms.checks import ROOM, Method
from marketplace.core.days import PLAUSIBLE_DAY

LINE = re.compile(r"(?P<month>\d{1,3})\s*[:：]\s*(?P<won>[\d,]+)\s*원?\s*(?P<words>.*)")


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def text_field(label: Any, most: int, rows: int = 3, **also: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "maxlength": most})
    return forms.CharField(label=label, max_length=most, widget=widget, **also)


def number_field(label: Any, most: int, **also: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, **also)


class ClausesForm(forms.Form):
    """What the contract says besides the payment; `initial` are clauses as JSON."""

    territory = forms.CharField(label=_("Territory"), max_length=TERRITORY)
    field_of_use = forms.CharField(label=_("Field of use"), max_length=FIELD)
    term_months = number_field(
        _("Term in months"), MOST_MONTHS, help_text=_("From the first day on. 0 for as long as the rights last.")
    )
    sublicence = forms.ChoiceField(label=_("Sublicences"), choices=Sublicence.choices)
    improvements = forms.ChoiceField(label=_("Improvements by the firm"), choices=Improvements.choices)
    confidential_years = number_field(_("Years of secrecy after the end"), MOST_YEARS)
    cure_days = number_field(
        _("Days to mend a breach"), MOST_DAYS, help_text=_("After that the other side may terminate the contract.")
    )
    court = forms.CharField(
        label=_("Court"), max_length=COURT, required=False, help_text=_("Empty for the court at the defendant’s seat.")
    )
    special = text_field(_("Special terms"), SPECIAL, 5, required=False)

    def clauses(self) -> Clauses:
        given = self.cleaned_data
        return Clauses(**{name: given[name] for name in ClausesForm.base_fields})


class RedraftForm(ClausesForm):
    reason = text_field(_("What is different"), SHORT_TEXT, help_text=_("Both sides read it beside the document."))


class RefuseForm(forms.Form):
    text = text_field(_("Why"), SHORT_TEXT, help_text=_("The other side reads it."))


class CancelForm(forms.Form):
    text = text_field(_("Why it is not concluded"), SHORT_TEXT, help_text=_("The other side reads it."))


class SignForm(forms.Form):
    signed_on = day_field(_("Day of the signatures"))
    starts_on = day_field(_("First day of the contract"))
    signed_copy = forms.FileField(
        label=_("Signed contract"),
        widget=forms.FileInput(attrs={"accept": ".pdf"}),
        help_text=_("A PDF of the document with both signatures, at most 20 MB."),
    )


class LinesField(TypedField):
    """Lines of `months: won words`: a list of (months, won, words)."""

    def __init__(self, *, with_words: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}))
        super().__init__(required=False, **kwargs)
        self.with_words = with_words

    def read(self, text: str) -> list[tuple[int, int, str]]:
        found = []
        for line in filter(None, (each.strip() for each in text.splitlines())):
            read = LINE.fullmatch(line)
            if read is None or bool(read["words"]) != self.with_words:
                raise forms.ValidationError(_("This line cannot be read: %(line)s") % {"line": line[:60]})
            found.append((int(read["month"]), int(read["won"].replace(",", "")), read["words"].strip()))
        return found


class AmendForm(ClausesForm):
    """Other terms of the same way to pay, other clauses, from a day on. Fields the way to pay has no room for go."""

    holds_from = day_field(_("Holds from"))
    reason = text_field(_("Why the contract is amended"), SHORT_TEXT)
    upfront_won = WonField(label=_("At signing, in won"), required=False)
    instalments = LinesField(
        label=_("Instalments"), help_text=_("One a line: months after signing, a colon, won. Like 12: 5,000,000")
    )
    running_bp = PercentField(label=_("Running royalty, in percent of net sales"), required=False)
    minimum_won = WonField(label=_("Minimum royalty a year, in won"), required=False)
    cap_won = WonField(label=_("Cap of the royalty of all years, in won"), required=False)
    milestones = LinesField(
        with_words=True,
        label=_("Milestones"),
        help_text=_("One a line: expected month, a colon, won, and what has to be reached."),
    )
    field_order = ("holds_from", "reason", *("upfront_won", "instalments", "running_bp", "minimum_won", "cap_won"))

    def __init__(self, *args: Any, before: Terms, **kwargs: Any) -> None:
        start = {
            "upfront_won": before.upfront_won,
            "running_bp": before.running_bp,
            "minimum_won": before.minimum_won,
            "cap_won": before.cap_won,
            "instalments": "\n".join(f"{each.months}: {each.won:,}" for each in before.instalments),
            "milestones": "\n".join(f"{each.month}: {each.won:,} {each.words}" for each in before.milestones),
        }
        kwargs["initial"] = start | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.before = before
        for name in start.keys() - ROOM[Method(before.method)]:
            del self.fields[name]

    def terms(self) -> Terms:
        """As they were, with what was typed. A milestone keeps its key where its words stay."""
        given = self.cleaned_data
        money = {name: given[name] or 0 for name in ("upfront_won", "running_bp", "minimum_won", "cap_won")
                 if name in self.fields}  # fmt: skip
        changed: dict[str, Any] = dict(money)
        if "instalments" in self.fields:
            changed["instalments"] = tuple(Instalment(months, won) for months, won, _w in given["instalments"] or ())
        if "milestones" in self.fields:
            changed["milestones"] = self._milestones(given["milestones"] or [])
        return replace(self.before, **changed)

    def _milestones(self, lines: list[tuple[int, int, str]]) -> tuple[Milestone, ...]:
        known = {each.words: each for each in self.before.milestones}
        taken = {each.key for each in self.before.milestones}
        found = []
        for place, (month, won, words) in enumerate(lines, start=1):
            old = known.get(words)
            key = old.key if old else next(k for k in (f"m{n}" for n in range(place, 1000)) if k not in taken)
            taken.add(key)
            found.append(Milestone(key, words, won, month, bool(old and old.needs_sales)))
        return tuple(found)


class EndForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why it ends"), widget=forms.RadioSelect)
    last_day = day_field(pgettext_lazy("contract", "Last day"), help_text=_("This day belongs to the contract still."))
    text = text_field(
        _("In words"), LONG_TEXT, 5, help_text=_("What happened, and what is settled. Both sides read it.")
    )

    def __init__(self, *args: Any, side: Side, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [EndReason.AGREED, EndReason.BREACH, EndReason.OTHER]
        if side == Side.FIRM:
            own.insert(2, EndReason.ABANDONED)
        self.fields["reason"].choices = [(each.value, each.label) for each in own]  # type: ignore[attr-defined]


class AnswerEndForm(forms.Form):
    text = text_field(_("Answer"), SHORT_TEXT, required=False, help_text=_("Needed if you decline."))
