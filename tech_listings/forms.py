"""What a holder types about a technology. The forms check; services write."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.text import tidy
from taxonomy.enums import Level, System
from taxonomy.queries import choices
from tech_listings.enums import DealKind, RightKind, RightStatus
from tech_listings.ingest import values
from tech_listings.ingest.patent_numbers import application_number, registration_number
from tech_listings.ingest.problems import BadValue
from tech_listings.models import Listing, Right
from tech_listings.queries import st_majors
from tech_listings.services.edit import CONTENT_FIELDS

REGISTERED_KINDS = {RightKind.PATENT, RightKind.UTILITY_MODEL, RightKind.DESIGN}


class WordsField(forms.CharField):
    """Several short texts in one line, separated by commas; gives a list without repetition."""

    def __init__(self, *, most: int, longest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.longest = most, longest

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        words = [w for part in re.split(r"[,;|\n]", super().clean(value)) if (w := tidy(part))]
        words = list(dict.fromkeys(self.one(w) for w in words))
        if len(words) > self.most:
            raise ValidationError(
                _("%(many)s are too many. Keep the %(most)s that matter most."),
                params={"many": len(words), "most": self.most},
            )
        return words

    def one(self, word: str) -> str:
        if len(word) > self.longest:
            raise ValidationError(
                _("“%(word)s…” is longer than %(longest)s characters. Shorten it, or separate the words by commas."),
                params={"word": word[:20], "longest": self.longest},
            )
        return word


class IpcCodesField(WordsField):
    """IPC symbols in any spelling; stored as `H01M 10/0525` or, for a subclass alone, `H01M`."""

    def one(self, word: str) -> str:
        try:
            return values.ipc_codes(word)[0]
        except (BadValue, IndexError):
            raise ValidationError(
                _("“%(word)s” is not an IPC symbol. Write it like H01M 10/0525, or the subclass alone: H01M."),
                params={"word": word[:30]},
            ) from None


class TidyModelForm(forms.ModelForm):
    """Typed text is stored composed (NFC) and without control characters."""

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, value in self.cleaned_data.items():
            if isinstance(value, str):
                self.cleaned_data[name] = tidy(value)


class ListingForm(TidyModelForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    keywords = WordsField(
        label=_("Keywords"), required=False, most=20, longest=60, help_text=_("Separated by commas, at most 20")
    )
    ipc_codes = IpcCodesField(
        label=_("IPC"), required=False, most=20, longest=20,
        help_text=_("Main symbol first, separated by commas, e.g. H01M 10/0525, H01M 4/38"),
    )  # fmt: skip
    deal_kinds = forms.MultipleChoiceField(
        label=_("Desired deal type"), required=False, choices=DealKind.choices, widget=forms.CheckboxSelectMultiple,
        help_text=_("A non-exclusive licence is the rule; an exclusive one needs a legal ground."),
    )  # fmt: skip
    st_class = forms.ChoiceField(label=_("Science and technology class"), required=False)
    ksic_code = forms.ChoiceField(label=_("Industry (KSIC)"), required=False)
    trl = forms.TypedChoiceField(
        label=_("Technology readiness level"), required=False, coerce=int, empty_value=None,
        help_text=_("1–2 basic research, 3–4 experiment, 5–6 prototype, 7–8 product, 9 business"),
    )  # fmt: skip

    class Meta:
        model = Listing
        fields = CONTENT_FIELDS
        help_texts = {
            "value_ko": _("What a firm gains, with a number, e.g. charging time from 42 to 11 minutes"),
            "effect": _("Compared with what, and by how much? Numbers convince; “novel” does not."),
            "problem": _("Which problem of which user does it solve?"),
            "field_of_use": _("Products and industries it can be used in"),
            "conditions_of_use": _("What a firm must bring or accept, e.g. joint owner's consent, follow-up research"),
            "price_won": _("In won. Leave empty if it is to be agreed; 0 means free of charge."),
            "confidential_text": _("Never shown in public and never searched. Visitors see only that it exists."),
            "confidential_reason": _("Shown in public, e.g. know-how that is not in the patent"),
        }
        widgets = {
            "summary_ko": forms.Textarea(attrs={"rows": 6}),
            "summary_en": forms.Textarea(attrs={"rows": 6}),
            "summary_zh": forms.Textarea(attrs={"rows": 6}),
            **{
                name: forms.Textarea(attrs={"rows": 4})
                for name in ("problem", "effect", "field_of_use", "conditions_of_use", "confidential_text")
            },
            "value_ko": forms.Textarea(attrs={"rows": 2}),
            "value_en": forms.Textarea(attrs={"rows": 2}),
            "value_zh": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        none = [("", _("Choose one"))]
        self.fields["st_class"].choices = none + st_majors()  # type: ignore[attr-defined]
        industries = [(code, f"{code} {title}") for code, title in choices(System.KSIC, Level.DIVISION)]
        self._keep_present("ksic_code", industries)
        self.fields["trl"].choices = none + [  # type: ignore[attr-defined]
            (code, f"TRL {code} · {title}") for code, title in choices(System.TRL, Level.STEP)
        ]
        self.initial["revision"] = self.instance.revision

    def _keep_present(self, name: str, offered: list[tuple[str, str]]) -> None:
        present = getattr(self.instance, name)
        if present and present not in dict(offered):
            offered = [(present, present), *offered]
        self.fields[name].choices = [("", _("Choose one")), *offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (
            not cleaned.get("title_ko")
            and not cleaned.get("title_en")
            and not self.errors.keys() & {"title_ko", "title_en"}
        ):
            self.add_error("title_ko", _("Give the technology a title, in Korean or in English."))
        if cleaned.get("confidential_text") and not cleaned.get("confidential_reason"):
            self.add_error("confidential_reason", _("Say why this part is closed; visitors will read it."))
        return cleaned

    def content(self) -> dict[str, Any]:
        """The editable fields, as the services take them."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class RightForm(TidyModelForm):
    class Meta:
        model = Right
        fields = [
            "kind", "country", "title", "application_number", "application_on", "registration_number",
            "registration_on", "status", "expires_on",
        ]  # fmt: skip
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("application_on", "registration_on", "expires_on")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.Meta.widgets:
            self.fields[name].validators += PLAUSIBLE_DAY

    def clean_country(self) -> str:
        country = self.cleaned_data["country"].upper()
        if not re.fullmatch(r"[A-Z]{2}", country):
            raise ValidationError(_("Two letters, e.g. KR, US, CN."))
        return country

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if cleaned.get("country") == "KR" and kind in REGISTERED_KINDS:
            self._korean_number("application_number", application_number, "10-2023-0123456")
            self._korean_number("registration_number", registration_number, "10-1234567")
        if kind == RightKind.KNOW_HOW and cleaned.get("status") != RightStatus.NONE:
            self.add_error("status", _("Know-how is not registered: choose “Not a registered right”."))
        return cleaned

    def _korean_number(self, name: str, read: Callable[[str], str], example: str) -> None:
        typed = self.cleaned_data.get(name) or ""
        try:
            self.cleaned_data[name] = read(typed)
        except BadValue:
            message = _("“%(typed)s” is not a Korean number of this kind. Write it like %(example)s.")
            self.add_error(name, ValidationError(message, params={"typed": typed, "example": example}))


class BaseRightFormSet(forms.BaseFormSet):
    def filled(self) -> list[dict[str, Any]]:
        """The rights that were filled in and not ticked for removal."""
        return [
            {name: form.cleaned_data[name] for name in RightForm.Meta.fields}
            for form in self.forms
            if form.cleaned_data
            and not form.cleaned_data.get("DELETE")
            and (form.cleaned_data.get("application_number") or form.cleaned_data.get("title"))
        ]


MOST_RIGHTS = 30
RightFormSet = forms.formset_factory(
    RightForm,
    formset=BaseRightFormSet,
    extra=0,
    can_delete=True,
    max_num=MOST_RIGHTS,
    absolute_max=MOST_RIGHTS,
    validate_max=True,
)


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason for withdrawal"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("People who asked for this technology will read it."),
    )  # fmt: skip
