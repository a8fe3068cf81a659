"""The forms in which a call is written, one for each section, and rows that come and go without JavaScript."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from marketplace.core.fields import PercentField, WonField
from programmes.enums.calls import SchemeKind
from programmes.models.calls import REASON_LENGTH, TITLE_LENGTH
from programmes.scheme import ConditionKind, PaperStage, StageKind
from programmes.scheme.checks import CLOCKS, clock_label

LONG = 5_000
MOST_ROWS = 40
KST = _("Korean time (KST)")


def moment_field(label: Any, **kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(label=label, widget=widget, input_formats=formats, help_text=KST, **kwargs)


class TermsForm(forms.Form):
    """Titles, budget and window: what a call begins with."""

    title_ko = forms.CharField(label=_("Title in Korean"), max_length=TITLE_LENGTH)
    title_en = forms.CharField(label=_("Title in English"), max_length=TITLE_LENGTH, required=False)
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=TITLE_LENGTH, required=False)
    budget_won = WonField(label=_("Budget (won)"))
    opens_at = moment_field(pgettext_lazy("call", "Opens"))
    closes_at = moment_field(pgettext_lazy("call", "Closes"))

    TERMS = ("title_ko", "title_en", "title_zh", "budget_won", "opens_at", "closes_at")

    @property
    def terms(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.TERMS}


class BeginForm(TermsForm):
    office = forms.ModelChoiceField(
        label=_("Office"), queryset=Organization.objects.none(), to_field_name="public_id", empty_label=None
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=SchemeKind)
    is_rehearsal = forms.BooleanField(
        label=_("Rehearsal"),
        required=False,
        help_text=_("Only officers see it. No money moves and nobody outside is written to. It stays a rehearsal."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("office", "kind", *TermsForm.TERMS, "is_rehearsal", "key")

    def __init__(self, *args: Any, offices: Sequence[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = Organization.objects.filter(pk__in=[o.pk for o in offices])  # type: ignore[attr-defined]


class SectionForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


def _text(label: Any, **kwargs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 6})
    return forms.CharField(label=label, required=False, max_length=LONG, widget=widget, **kwargs)


class NoticeForm(SectionForm):
    title_ko = forms.CharField(label=_("Title in Korean"), max_length=TITLE_LENGTH)
    title_en = forms.CharField(label=_("Title in English"), max_length=TITLE_LENGTH, required=False)
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=TITLE_LENGTH, required=False)
    notice_ko = _text(_("Notice in Korean"))
    notice_en = _text(_("Notice in English"))
    notice_zh = _text(_("Notice in Chinese"))
    source = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=500,
        help_text=_("Where the figures come from. Everybody reads it."),
    )
    is_assumption = forms.BooleanField(label=_("Some of it is an assumption"), required=False)
    why = forms.CharField(
        label=_("What changed and why"), required=False, max_length=REASON_LENGTH,
        help_text=_("For a later version of a published call. Applicants read it."),
    )  # fmt: skip


class BudgetForm(SectionForm):
    budget_won = WonField(label=_("Budget (won)"))
    opens_at = moment_field(pgettext_lazy("call", "Opens"))
    closes_at = moment_field(pgettext_lazy("call", "Closes"))


class BandsForm(SectionForm):
    award_won = WonField(label=_("One award at most (won)"), help_text=_("Government money. A voucher: 50,000,000."))
    firm_won = WonField(
        label=_("All awards of one firm at most (won)"), required=False,
        help_text=_("Its relatives’ included, in all programmes. Empty for none."),
    )  # fmt: skip
    firm_years = forms.IntegerField(label=_("… counted over years"), min_value=1, max_value=10)


class MenuForm(SectionForm):
    most_services = forms.IntegerField(label=_("Services one firm takes at most"), min_value=0, max_value=MOST_ROWS)
    one_per_area = forms.BooleanField(label=_("Only one service of each field"), required=False)


class StagesForm(SectionForm):
    pass_points = forms.IntegerField(label=_("Points to pass"), min_value=0, max_value=100)
    reserve_places = forms.IntegerField(label=_("Places on the reserve list"), min_value=0, max_value=1_000)


class ClocksForm(SectionForm):
    unused_bp = PercentField(
        label=_("Unused rate in percent"),
        help_text=_("Who leaves more of a voucher unused than this is told of the consequence."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*CLOCKS, "barred_years"):
            self.fields[name] = forms.IntegerField(label=clock_label(name), min_value=0, max_value=1_000)


class RowForm(forms.Form):
    """A line of a table of a section. `key` names it in applications: given once, never typed."""

    key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class WordsRow(RowForm):
    ko = forms.CharField(label=pgettext_lazy("language", "Korean"), required=False, max_length=300)
    en = forms.CharField(label=pgettext_lazy("language", "English"), required=False, max_length=300)
    zh = forms.CharField(label=pgettext_lazy("language", "Chinese"), required=False, max_length=300)


class ConditionRow(WordsRow):
    kind = forms.ChoiceField(label=_("Condition"), choices=ConditionKind)
    most = WonField(label=_("At most"), required=False, help_text=_("Years, won or awards, where the condition asks."))
    codes = forms.CharField(
        label=_("Codes"), required=False, max_length=300, help_text=_("Of region or industry, with commas.")
    )
    field_order = ("key", "kind", "most", "codes", "ko", "en", "zh")

    def clean_codes(self) -> tuple[str, ...]:
        codes = self.cleaned_data["codes"].replace("，", ",").split(",")
        return tuple(code.strip().upper() for code in codes if code.strip())


class BandRow(RowForm):
    sales_up_to_won = WonField(label=_("Average sales up to (won)"), required=False, help_text=_("Empty: without end."))
    own_bp = PercentField(label=_("Own share in percent"))


class ServiceRow(WordsRow):
    area = forms.CharField(label=pgettext_lazy("service", "Field"), required=False, max_length=40)
    most_won = WonField(label=_("At most (won)"), required=False)
    is_brokerage = forms.BooleanField(label=_("Brokerage"), required=False)


class PaperRow(WordsRow):
    stage = forms.ChoiceField(label=pgettext_lazy("paper", "When"), choices=PaperStage)
    is_required = forms.BooleanField(label=_("Required"), required=False)


ROLES = (("staff", _("Officers")), ("manager", _("Managers of the office")))


class StageRow(WordsRow):
    kind = forms.ChoiceField(label=pgettext_lazy("call", "Step"), choices=StageKind)
    role = forms.ChoiceField(label=_("Who decides"), choices=ROLES, required=False)
    least = forms.IntegerField(label=_("Scores needed"), required=False, min_value=0, max_value=15)


class CriterionRow(WordsRow):
    most = forms.IntegerField(label=_("Points at most"), min_value=0, max_value=100)


class Rows:
    """Forms for the lines of one table. A button adds, removes or raises one: then nothing is saved, and what was
    typed stays as it was typed."""

    def __init__(self, name: str, form: type[RowForm], data: Mapping[str, Any] | None, initial: list[dict[str, Any]]):
        self.name, self.form, self.acted = name, form, False
        if data is None:
            self.forms = [form(initial=row, prefix=f"{name}-{place}") for place, row in enumerate(initial)]
            return
        count = _number(data.get(f"{name}-count"), MOST_ROWS)
        places = list(range(count))
        act, _colon, where = str(data.get("act", "")).partition(":")
        if where.partition(":")[0] == name:
            self.acted = True
            places = _acted(act, places, _number(where.partition(":")[2], MOST_ROWS))
        typed = [{each: data.get(f"{name}-{place}-{each}", "") for each in form.base_fields} for place in places]
        if self.acted:
            self.forms = [form(initial=row, prefix=f"{name}-{place}") for place, row in enumerate(typed)]
        else:
            self.forms = [form(data, prefix=f"{name}-{place}") for place in places]

    def __iter__(self) -> Any:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)

    def is_valid(self) -> bool:
        """Asks every line, so that all errors show at once."""
        return not [form for form in self.forms if not form.is_valid()]

    def cleaned(self, stem: str) -> list[dict[str, Any]]:
        """What was typed, each line with a key: its own, or the next free one that begins with `stem`."""
        taken = {form.cleaned_data["key"] for form in self.forms}
        rows = []
        for form in self.forms:
            row = dict(form.cleaned_data)
            if not row["key"]:
                row["key"] = next(key for n in range(1, 100) if (key := f"{stem}_{n}") not in taken)
                taken.add(row["key"])
            rows.append(row)
        return rows


def _acted(act: str, places: list[int], place: int) -> list[int]:
    """The places of the lines after a button: those that were there, in their new order, a new one last."""
    if act == "add" and len(places) < MOST_ROWS:
        return [*places, len(places)]
    if act == "remove":
        return [each for each in places if each != place]
    if act == "up" and 0 < place < len(places):
        places[place - 1], places[place] = places[place], places[place - 1]
    return places


def _number(text: Any, most: int) -> int:
    text = str(text or "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 0


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody can read it."),
    )  # fmt: skip
