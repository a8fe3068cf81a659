"""What people type about needs. The forms check; services decide and write."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from matching.enums import AlertRate, AnswerKind, NeedOutcome
from matching.filters import regions
from matching.models import Match, Need
from matching.services.close import BY_HAND
from matching.services.post import CONTENT_FIELDS
from taxonomy.enums import Level, System
from taxonomy.queries import choices
from tech_listings.forms import TidyModelForm
from tech_listings.models import Listing
from tech_listings.queries import find_visible, st_majors

USUAL_DAYS = 30
TITLE_MOST = 200


def _date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def _several(form: forms.BaseForm, organizations: Sequence[Organization], current: Organization | None) -> None:
    """The field `organization`: asked for only where the person could act for more than one."""
    field = form.fields["organization"]
    assert isinstance(field, forms.ChoiceField)
    language = get_language() or "ko"
    field.choices = [(str(o.public_id), o.name_in(language)) for o in organizations]
    chosen = current if current is not None and current in organizations else organizations[0]
    form.initial.setdefault("organization", str(chosen.public_id))
    if len(organizations) == 1:
        field.widget = forms.HiddenInput()


def prefilled(text: str) -> dict[str, str]:
    """A form begun from what somebody searched for: the first sentence as the title, a longer text as the problem."""
    words = " ".join(text.split())
    first = re.split(r"(?<=[.!?。])\s", words, maxsplit=1)[0]
    title = first if len(first) <= TITLE_MOST else first[:TITLE_MOST].rsplit(" ", 1)[0]
    return {"title": title, "problem": text.strip() if len(words) > len(title) else ""}


class NeedForm(TidyModelForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    organization = forms.ChoiceField(label=_("Organization that looks"), widget=forms.RadioSelect)
    st_class = forms.ChoiceField(label=_("Science and technology class"), required=False)
    region_code = forms.ChoiceField(
        label=_("Region"), required=False, help_text=_("Where you would work together. It narrows nothing.")
    )
    trl_from = forms.TypedChoiceField(label=_("TRL from"), required=False, coerce=int, empty_value=None)
    trl_to = forms.TypedChoiceField(label=_("TRL to"), required=False, coerce=int, empty_value=None)
    budget_won = forms.IntegerField(
        label=_("Budget (won)"), required=False, min_value=0, max_value=10**15 - 1,
        help_text=_("Institutes see it. Leave it empty if you cannot say yet."),
    )  # fmt: skip
    rate = forms.ChoiceField(
        label=_("Mail about new matches"), choices=AlertRate.choices, widget=forms.RadioSelect,
        help_text=_("Mail comes when a technology that fits is published or changed. Answers are told at once."),
    )  # fmt: skip

    class Meta:
        model = Need
        fields = CONTENT_FIELDS
        help_texts = {
            "title": _("For example: a binder for silicon anodes that survives 500 cycles"),
            "problem": _(
                "What goes wrong today, under which conditions, what a solution must reach. Technologies are matched "
                "by these words. If you stay unnamed, do not write who you are."
            ),
            "answer_by": _("The end of this day in Korea. You are reminded three days before."),
            "is_anonymous": _("Institutes, agencies and officers see the need, but neither your organization nor you."),
        }
        widgets = {"problem": forms.Textarea(attrs={"rows": 8}), "answer_by": _date_input()}

    def __init__(
        self, *args: Any, organizations: Sequence[Organization], current: Organization | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _several(self, organizations, current)
        self.organizations = {str(o.public_id): o for o in organizations}
        levels = [(code, f"TRL {code} · {title}") for code, title in choices(System.TRL, Level.STEP)]
        for name, offered in (
            ("st_class", st_majors()),
            ("region_code", regions()),
            ("trl_from", levels),
            ("trl_to", levels),
        ):
            stored = getattr(self.instance, name)
            if stored and str(stored) not in dict(offered):
                offered = [(str(stored), str(stored)), *offered]
            self.fields[name].choices = [("", _("Any")), *offered]  # type: ignore[attr-defined]
        self.initial["revision"] = self.instance.revision
        self.initial.setdefault("answer_by", timezone.localdate() + timedelta(days=USUAL_DAYS))
        if self.initial["answer_by"] is None:
            self.initial["answer_by"] = timezone.localdate() + timedelta(days=USUAL_DAYS)

    def clean_organization(self) -> Organization:
        return self.organizations[self.cleaned_data["organization"]]

    def content(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONTENT_FIELDS}

    def hidden(self) -> list[Any]:
        """Every field as a hidden one, for the page on which answers are checked."""
        return [self[name].as_hidden() for name in ("organization", *CONTENT_FIELDS)]


class NeedCloseForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("How did it end?"),
        choices=[(o.value, o.label) for o in BY_HAND],
        widget=forms.RadioSelect,
        initial=NeedOutcome.FOUND,
    )
    note = forms.CharField(
        label=pgettext_lazy("remark", "Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever answered can read it."),
    )


class ReopenForm(forms.Form):
    answer_by = forms.DateField(label=_("Answer by"), widget=_date_input())


class NeedAnswerForm(forms.Form):
    """One of the suggested technologies, or any other by its number."""

    organization = forms.ChoiceField(label=_("Organization that answers"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        label=_("Your answer"), choices=AnswerKind.choices, widget=forms.RadioSelect, initial=AnswerKind.LISTING
    )
    listing = forms.ChoiceField(
        label=_("Technologies that may fit"), required=False, widget=forms.RadioSelect,
        help_text=_("Matched by the words and the meaning of the need."),
    )  # fmt: skip
    number = forms.CharField(
        label=_("Another technology"),
        required=False,
        max_length=40,
        help_text=_("Its listing number, e.g. S2026000123"),
    )
    text = forms.CharField(
        label=_("Words to the firm"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Why it may fit, what is missing, how to go on."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        user: User,
        organizations: Sequence[Organization],
        current: Organization | None,
        suggested: Sequence[Match],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.organizations = {str(o.public_id): o for o in organizations}
        _several(self, organizations, current)
        language = get_language() or "ko"
        offered = [
            (m.listing.reference, f"{m.listing.text_in('title', language)} ({m.listing.number}, {m.score})")
            for m in suggested
        ]
        if offered:
            none = [("", _("None of these"))]
            self.fields["listing"].choices = [*offered, *none]  # type: ignore[attr-defined]
        else:
            del self.fields["listing"]
            self.fields["number"].label = _("Technology")  # "another" than none would be odd

    def clean_organization(self) -> Organization:
        return self.organizations[self.cleaned_data["organization"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        reference = str(cleaned.pop("number", "")).strip().upper() or cleaned.get("listing", "")
        cleaned["listing"] = None
        if cleaned.get("kind") == AnswerKind.LISTING and not self.errors:
            cleaned["listing"] = self._found(reference)
        return cleaned

    def _found(self, reference: str) -> Listing | None:
        if not reference:
            self.add_error("number", _("Choose a technology, or write its listing number."))
            return None
        try:
            return find_visible(self.user, reference)
        except Http404:
            self.add_error("number", _("There is no technology with this number."))
            return None
