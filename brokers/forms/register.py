"""What can be typed about an entry of the register, and about a broker after a deal."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind, Region
from accounts.models import Organization, User
from brokers.enums.register import Language
from brokers.enums.registration import RegistrationKind
from brokers.models import Registration
from brokers.models.ratings import RATING_TEXT, REASON_TEXT
from brokers.models.registration import SHORT_TEXT

INTRODUCTIONS = ("introduction_ko", "introduction_en", "introduction_zh")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class EntryForm(forms.Form):
    """The entry of one broker. `content` is what the service takes."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    organization = forms.ChoiceField(
        label=pgettext_lazy("trader", "Office"), required=False,
        help_text=_("The brokers' organization you work through. Without one nobody can give you a mandate."),
    )  # fmt: skip
    introduction_ko = forms.CharField(
        label=_("Introduction in Korean"), max_length=SHORT_TEXT, required=False, widget=_area(5)
    )
    introduction_en = forms.CharField(
        label=_("Introduction in English"), max_length=SHORT_TEXT, required=False, widget=_area(5)
    )
    introduction_zh = forms.CharField(
        label=_("Introduction in Chinese"), max_length=SHORT_TEXT, required=False, widget=_area(5)
    )
    speciality = forms.CharField(
        label=_("Speciality"), max_length=300, required=False, help_text=_("In a few words. It can be searched.")
    )
    ipc_prefixes = forms.CharField(
        label=_("IPC"), max_length=300, required=False,
        help_text=_("Sections, classes or subclasses with commas between: H01M, C08, G"),
    )  # fmt: skip
    regions = forms.MultipleChoiceField(
        label=_("Regions"), choices=Region.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=Language.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    fee_text = forms.CharField(
        label=_("On fees, in your own words"), max_length=SHORT_TEXT, required=False, widget=_area(4),
        help_text=_("Stands beside the guideline and what your mandates really say."),
    )  # fmt: skip
    conflicts = forms.CharField(
        label=_("Conflicts of interest"), max_length=SHORT_TEXT, required=False, widget=_area(4),
        help_text=_("Shares, family or offices with clients or rivals. If none, leave it empty and tick below."),
    )  # fmt: skip
    declares_conflicts = forms.BooleanField(
        label=_("What stands here about conflicts is complete and true today"), required=False
    )

    def __init__(self, *args: Any, registration: Registration, user: User, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(registration))
        super().__init__(*args, **kwargs)
        self.user = user
        self.offices: dict[str, Organization | None] = {"": None}
        if registration.kind != RegistrationKind.TRADER:
            del self.fields["organization"]
            return
        houses = list(user.active_organizations().filter(kind=OrganizationKind.BROKER))
        if registration.organization and registration.organization not in houses:
            houses.append(registration.organization)
        language = get_language() or "ko"
        self.offices |= {str(house.public_id): house for house in houses}
        chosen = [(key, house.name_in(language)) for key, house in self.offices.items() if house]
        self.fields["organization"].choices = [("", _("None")), *chosen]  # type: ignore[attr-defined]

    def content(self) -> dict[str, Any]:
        given = {
            name: value for name, value in self.cleaned_data.items() if name not in {"revision", "declares_conflicts"}
        }
        given["ipc_prefixes"] = [
            symbol for symbol in given["ipc_prefixes"].replace(";", ",").split(",") if symbol.strip()
        ]
        if "organization" in given:
            given["organization"] = self.offices[given["organization"]]
        return given


def _initial(registration: Registration) -> dict[str, Any]:
    names = (*INTRODUCTIONS, "speciality", "regions", "languages", "fee_text", "conflicts", "revision")
    office = str(registration.organization.public_id) if registration.organization else ""
    return {name: getattr(registration, name) for name in names} | {
        "ipc_prefixes": ", ".join(registration.ipc_prefixes),
        "organization": office,
    }


STARS = [(5, _("5 – very good")), (4, _("4 – good")), (3, _("3 – fair")), (2, _("2 – weak")), (1, _("1 – poor"))]


class RatingForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    organization = forms.ChoiceField(label=_("Organization that rates"), widget=forms.RadioSelect, required=False)
    stars = forms.TypedChoiceField(label=_("Stars"), choices=STARS, coerce=int, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Why"), max_length=RATING_TEXT, widget=_area(6),
        help_text=_("What went well, what did not. Everybody reads it: no names, no amounts, nothing confidential."),
    )  # fmt: skip
    names_rater = forms.BooleanField(
        label=_("Name our organization beside the text"), required=False,
        help_text=_("Without it only the broker and officers know who wrote."),
    )  # fmt: skip

    def __init__(self, *args: Any, organizations: Sequence[Organization] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organizations = {str(o.public_id): o for o in organizations}
        if len(organizations) < 2:
            del self.fields["organization"]
        else:
            language = get_language() or "ko"
            field = self.fields["organization"]
            field.choices = [(key, o.name_in(language)) for key, o in self.organizations.items()]  # type: ignore[attr-defined]
            field.required = True

    @property
    def chosen(self) -> Organization:
        key = self.cleaned_data.get("organization") or next(iter(self.organizations))
        return self.organizations[key]


class WordsForm(forms.Form):
    """An answer to a rating, or a reply to the answer."""

    text = forms.CharField(
        label=_("Your words"), max_length=RATING_TEXT, widget=_area(5),
        help_text=_("Everybody reads it beside the rating. It can be changed for 14 days."),
    )  # fmt: skip


class TextReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=REASON_TEXT, widget=_area(3))
