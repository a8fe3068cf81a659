"""What an applicant types, by section. Nothing is required in a draft: what is missing stands beside."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import WonField
from marketplace.core.files import ACCEPTED
from programmes.enums.applications import Independence, Part, PlanText
from programmes.models import Application, Transfer
from programmes.models.applications import SHORT_TEXT
from programmes.models.transfers import REASON_LENGTH
from programmes.queries.sections import Sheet
from programmes.services.applications.save import LONGEST_TEXT, LONGEST_WHAT, MOST_WON
from programmes.sizes import Size


class BeginForm(forms.Form):
    """For which firm, and what to begin from."""

    organization = forms.ChoiceField(label=_("Firm"))
    filled_from = forms.ChoiceField(
        label=_("Begin with"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Words and services are taken over. Papers and declarations are given anew."),
    )

    def __init__(
        self, *args: Any, organizations: list[Organization], earlier: list[Application], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organizations = {str(each.public_id): each for each in organizations}
        self.earlier = {str(each.public_id): each for each in earlier}
        self.fields["organization"].choices = [  # type: ignore[attr-defined]
            (key, each.display_name) for key, each in self.organizations.items()
        ]
        if len(self.organizations) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
            self.initial["organization"] = next(iter(self.organizations))
        if self.earlier:
            said = [(key, f"{each.call.title} ({each.number or _('Draft')})") for key, each in self.earlier.items()]
            self.fields["filled_from"].choices = [("", _("An empty form")), *said]  # type: ignore[attr-defined]
        else:
            del self.fields["filled_from"]

    def read(self) -> tuple[Organization, Application | None]:
        given = self.cleaned_data
        return self.organizations[given["organization"]], self.earlier.get(given.get("filled_from", ""))


class PartForm(forms.Form):
    """One section; `content` is what `save` takes of it."""

    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        self.sheet = sheet
        kwargs["initial"] = {"revision": sheet.application.revision} | self.saved() | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)

    def saved(self) -> dict[str, Any]:
        return {}

    def content(self) -> dict[str, Any]:
        return {}


class FactsForm(PartForm):
    """What the profile does not say: it is asked where the call asks for the size of the firm."""

    independence = forms.ChoiceField(
        label=_("Does your firm belong to a large group?"),
        required=False,
        choices=Independence.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "A group under limits on cross-shareholding; or a company with assets of 500 billion won or more owns 30 "
            "percent or more of your firm and is its largest shareholder."
        ),
    )
    outgrew_on = forms.DateField(
        label=_("End of the first fiscal year with which it was no SME any more"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=PLAUSIBLE_DAY,
        help_text=_("It stays one for five years, once."),
    )
    had_grace = forms.BooleanField(label=_("It went through such years before."), required=False)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, sheet=sheet, **kwargs)
        size, said = sheet.firm.facts.size, self.saved()
        if not sheet.asks_size:
            del self.fields["independence"]
        outgrown = size is not None and (size.in_grace or size.size == Size.NOT_SME)
        if not sheet.asks_size or not (outgrown or said.get("outgrew_on")):
            del self.fields["outgrew_on"], self.fields["had_grace"]

    def saved(self) -> dict[str, Any]:
        return dict(self.sheet.application.plan.get("standing", {}))

    def content(self) -> dict[str, Any]:
        return {"standing": self.saved() | {"outgrew_on": None} | self.typed()} if self.typed() else {}

    def typed(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given.pop("revision", None)
        return given


class TechnologyForm(PartForm):
    transfer = forms.ChoiceField(label=_("Technology"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, sheet=sheet, **kwargs)
        self.transfers = {str(each.public_id): each for each in sheet.firm.transfers}
        self.entered = [each for each in sheet.firm.transfers if each.is_declared]
        chosen = sheet.application.transfer
        if chosen is not None and not chosen.is_usable:  # not accepted: shown with the reason, and not to choose
            self.entered.insert(0, chosen)
        self.fields["transfer"].choices = [  # type: ignore[attr-defined]
            (key, _shown(each)) for key, each in self.transfers.items()
        ]

    def saved(self) -> dict[str, Any]:
        transfer = self.sheet.application.transfer
        return {"transfer": str(transfer.public_id) if transfer else ""}

    def content(self) -> dict[str, Any]:
        return {"transfer": self.transfers.get(self.cleaned_data["transfer"])}


def _shown(transfer: Transfer) -> str:
    said = f"{transfer.title} · {transfer.holder_name} · {transfer.reference}"
    return f"{said} ({transfer.get_state_display()})" if transfer.is_declared else said


class TransferForm(PartForm):
    """A technology taken over by a contract that was concluded elsewhere."""

    title = forms.CharField(label=_("Technology"), max_length=300)
    holder_name = forms.CharField(
        label=_("Holder"), max_length=200, help_text=_("The institute you took it over from.")
    )
    signed_on = forms.DateField(
        label=_("Signed on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=PLAUSIBLE_DAY,
    )
    document = forms.FileField(
        label=_("Contract"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=_("With the signatures of both sides. An officer reads it."),
    )


class PlanForm(PartForm):
    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, sheet=sheet, **kwargs)
        for each in PlanText:
            self.fields[each.value] = forms.CharField(
                label=each.label, required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 6})
            )

    def saved(self) -> dict[str, Any]:
        return dict(self.sheet.application.plan.get("texts", {}))

    def content(self) -> dict[str, Any]:
        return {"texts": {each.value: self.cleaned_data[each.value] for each in PlanText}}


class DeclarationsForm(PartForm):
    declared = forms.MultipleChoiceField(label=_("We declare"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, sheet=sheet, **kwargs)
        self.fields["declared"].choices = list(sheet.declarations)  # type: ignore[attr-defined]

    def saved(self) -> dict[str, Any]:
        return {"declared": self.sheet.application.plan.get("declared", [])}

    def content(self) -> dict[str, Any]:
        return {"declared": self.cleaned_data["declared"]}


class ServicesForm(PartForm):
    """As many lines as the call allows; a line without a service is none."""

    stands_at = {"services": None}

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, sheet=sheet, **kwargs)
        menu = [("", _("None")), *((each.key, str(each.words)) for each in sheet.scheme.menu)]
        for place in range(self.places()):
            self.fields[f"key_{place}"] = forms.ChoiceField(label=_("Service"), required=False, choices=menu)
            self.fields[f"what_{place}"] = forms.CharField(label=_("What for"), required=False, max_length=LONGEST_WHAT)
            self.fields[f"supply_{place}"] = WonField(
                label=_("Price in won, without VAT"), required=False, help_text=_("Like 12,000,000."), most=MOST_WON
            )

    def places(self) -> int:
        return max(self.sheet.scheme.most_services, len(self.sheet.application.plan.get("services", ())))

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        return [(self[f"key_{n}"], self[f"what_{n}"], self[f"supply_{n}"]) for n in range(self.places())]

    def saved(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, row in enumerate(self.sheet.application.plan.get("services", ())):
            found |= {
                f"key_{place}": row["key"],
                f"what_{place}": row["what"],
                f"supply_{place}": row["supply_won"] or None,
            }
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for place in range(self.places()):
            typed = given.get(f"what_{place}") or given.get(f"supply_{place}")
            if typed and not given.get(f"key_{place}") and f"key_{place}" not in self.errors:
                self.add_error(f"key_{place}", _("Choose the service, or clear the line."))
        return given

    def content(self) -> dict[str, Any]:
        return {"services": self.typed()}

    def typed(self) -> list[dict[str, Any]]:
        """The lines that name a service; what cannot be read counts as nothing."""
        given = getattr(self, "cleaned_data", {})
        return [
            {
                "key": given[f"key_{place}"],
                "what": given.get(f"what_{place}") or "",
                "supply_won": given.get(f"supply_{place}") or 0,
            }
            for place in range(self.places())
            if given.get(f"key_{place}")
        ]


class PaperForm(PartForm):
    """One file for one paper."""

    key = forms.CharField(widget=forms.HiddenInput)
    document = forms.FileField(
        label=_("File"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ACCEPTED})
    )


FORMS: Mapping[str, type[PartForm]] = {
    Part.FACTS: FactsForm,
    Part.TECHNOLOGY: TechnologyForm,
    Part.SERVICES: ServicesForm,
    Part.PLAN: PlanForm,
    Part.PAPERS: PaperForm,
    Part.DECLARATIONS: DeclarationsForm,
}


class SubmitForm(forms.Form):
    declared = forms.BooleanField(label=_("I declare that everything here is true and complete."), required=False)
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)


class WithdrawForm(forms.Form):
    text = forms.CharField(
        label=_("Why"), required=False, max_length=SHORT_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    confirmed = forms.BooleanField(
        label=_("I withdraw this application for good. It cannot be taken up again."), required=False
    )
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)


class ContractForm(forms.Form):
    """What an officer found in a contract that the firm entered."""

    accept = forms.TypedChoiceField(choices=[("yes", ""), ("no", "")], coerce=lambda given: given == "yes")
    text = forms.CharField(label=_("What you found"), required=False, max_length=REASON_LENGTH)
    seen = forms.CharField(required=False, max_length=10)


class RevisionForm(forms.Form):
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
