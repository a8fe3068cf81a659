from decimal import Decimal
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import Bank, InstituteKind, OrganizationKind, Region, Role
from accounts.models import Organization, User
from accounts.numbers import business_number_problem, corporate_number_fits, digits, explain
from marketplace.core.text import tidy

MOST_WON = 10**15


class TidyCharField(forms.CharField):
    """Names are compared and searched: composed, without control characters and double spaces."""

    def to_python(self, value: Any) -> str:
        return tidy(super().to_python(value) or "")


class SignupForm(AllauthSignupForm):
    """Sign-up asks for the name that others see and the language of pages and mails."""

    name = TidyCharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    field_order = ["name", "email", "password1", "password2", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = translation.get_language()


class ProfileForm(forms.ModelForm):
    name = TidyCharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    class Meta:
        model = User
        fields = ["name", "language", "mail_rate"]
        labels = {"mail_rate": _("Mail about what happens")}
        help_texts = {"mail_rate": _("The inbox always has everything. Mail about signing in is always sent.")}


class BusinessNumberField(forms.CharField):
    """Ten digits, however they are typed; the error names the rule that is broken and says what to do."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Business registration number"))
        kwargs.setdefault("help_text", _("10 digits, with or without hyphens."))
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and (problem := business_number_problem(text)):
            raise forms.ValidationError(explain(problem, text), code=problem)
        return digits(text)


class CorporateNumberField(forms.CharField):
    """Thirteen digits. A check digit that does not fit is a warning, see `corporate_number_warning` (facts §6.2)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Corporate registration number"))
        kwargs.setdefault("help_text", _("13 digits, with or without hyphens."))
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(max_length=40, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        number = digits(super().clean(value))
        if number and not (number.isascii() and number.isdigit() and len(number) == 13):
            message = _("A corporate registration number has 13 digits. See whether a digit is missing or typed twice.")
            raise forms.ValidationError(message, code="length")
        return number


def corporate_number_warning(number: str) -> str | None:
    if not number or corporate_number_fits(number):
        return None
    return gettext(
        "The corporate registration number was saved, but its last digit does not fit the others. "
        "Numbers given out since 2025 may be so; otherwise compare it with the register."
    )


OF_INSTITUTES = ("institute_kind", "head_name", "head_email")


class OrganizationEditForm(forms.ModelForm):
    name = TidyCharField(label=pgettext_lazy("organization", "Name"), max_length=200)
    name_en = TidyCharField(label=_("Name in English"), max_length=200, required=False)
    name_zh = TidyCharField(label=_("Name in Chinese"), max_length=200, required=False)
    corporate_number = CorporateNumberField()
    region_code = forms.ChoiceField(label=_("Region"), choices=[("", _("Not said")), *Region.choices], required=False)
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    answer_days = forms.IntegerField(
        label=_("Answers requests within (days)"),
        min_value=1,
        max_value=60,
        initial=14,
        help_text=_("Shown beside the organization's technologies. Between 1 and 60."),
    )

    head_name = TidyCharField(
        label=_("Head of the institute"),
        max_length=80,
        required=False,
        help_text=_("Who answers for the institute. Shown to its members and to officers only."),
    )
    head_email = forms.EmailField(
        label=_("E-mail of the head"),
        required=False,
        help_text=_("Gets one letter about what is overdue by a month, before it stands in the public table."),
    )

    class Meta:
        model = Organization
        fields = [
            "institute_kind",
            "name",
            "name_en",
            "name_zh",
            "corporate_number",
            "region_code",
            "phone",
            "website",
            "answer_days",
            "head_name",
            "head_email",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.kind != OrganizationKind.INSTITUTE:
            for name in OF_INSTITUTES:
                del self.fields[name]


class OrganizationForm(OrganizationEditForm):
    """Registration. `kinds`: what the person may register; government is offered to managers of an office only."""

    kind = forms.ChoiceField(label=_("Kind"), widget=forms.RadioSelect)
    institute_kind = forms.ChoiceField(
        label=_("Kind of institute"),
        choices=[("", _("Not an institute")), *InstituteKind.choices],
        required=False,
        help_text=_("Only for public research institutes. It decides which listing duties apply."),
    )
    business_number = BusinessNumberField()
    field_order = ["kind", "institute_kind", "name", "business_number"]

    class Meta(OrganizationEditForm.Meta):
        fields = ["kind", "business_number", *OrganizationEditForm.Meta.fields]

    def __init__(self, *args: Any, kinds: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        # Not asked of a company; an institute says it later, on its own page.
        del self.fields["head_name"], self.fields["head_email"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == OrganizationKind.INSTITUTE and not data.get("institute_kind"):
            self.add_error("institute_kind", _("Choose the kind of institute."))
        return data

    def validate_unique(self) -> None:
        """The service says who has the number already, and that one can ask to join."""


class JoinForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role you wish"),
        choices=Role.choices,
        initial=Role.STAFF,
        widget=forms.RadioSelect,
        help_text=_("The manager may grant another role."),
    )
    message = TidyCharField(
        label=_("Message to the manager"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who you are and what you do there, so that the manager recognises you."),
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.STAFF)


class TokenForm(forms.Form):
    name = TidyCharField(
        label=pgettext_lazy("token", "Name"),
        max_length=60,
        help_text=_("What the token is for, so that you know it again."),
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("1 year"))],
        initial=90,
    )


class CloseForm(forms.Form):
    sure = forms.BooleanField(label=_("I want to close my account and know that I cannot sign in again."))


class AddSecurityKeyForm(AddWebAuthnForm):
    name = TidyCharField(label=pgettext_lazy("security key", "Name"), max_length=100, required=False)


class EditSecurityKeyForm(EditWebAuthnForm):
    name = TidyCharField(label=pgettext_lazy("security key", "Name"), max_length=100)


class ProfileDetailsForm(forms.Form):
    """Who stands behind the organization; owners and years are rows of their own (`OwnerRows`, `YearRows`)."""

    representatives = forms.CharField(
        label=_("Representatives"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=800,
        required=False,
        help_text=_("One name a line, as in the register."),
    )
    address = TidyCharField(label=pgettext_lazy("organization", "Address"), max_length=300, required=False)
    founded_on = forms.DateField(
        label=_("Founded on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    industry_code = forms.RegexField(
        r"^([A-Ua-u]|[A-Ua-u]?[0-9]{2,5})$",
        label=_("Main industry"),
        max_length=6,
        required=False,
        help_text=_("Code of the Korean Standard Industrial Classification, like C28202 or 28202."),
        error_messages={"invalid": _("A code has a letter from A to U, two to five digits, or both.")},
    )
    fiscal_month = forms.TypedChoiceField(
        label=_("Fiscal year ends in month"), coerce=int, choices=[(n, n) for n in range(1, 13)], initial=12
    )
    bank_code = forms.ChoiceField(label=_("Bank"), choices=[("", _("Not said")), *Bank.choices], required=False)
    bank_account = forms.CharField(
        label=_("Account number"),
        max_length=30,
        required=False,
        help_text=_("Payments go to this account. All managers are told when it changes."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_representatives(self) -> list[str]:
        names = [tidy(line) for line in self.cleaned_data["representatives"].splitlines() if line.strip()]
        if any(len(name) > 80 for name in names):
            raise forms.ValidationError(_("A name has at most 80 characters."))
        return names


class OwnerForm(forms.Form):
    name = TidyCharField(label=_("Owner"), max_length=200, required=False)
    business_number = BusinessNumberField(required=False)
    share = forms.DecimalField(
        label=pgettext_lazy("owner", "Share (%)"),
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )

    def row(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "name": data["name"],
            "business_number": data["business_number"],
            "share_bp": int(data["share"] * 100),
        }


class YearForm(forms.Form):
    ends_on = forms.DateField(
        label=_("Year ends on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    sales_won = forms.IntegerField(label=_("Sales (won)"), min_value=0, max_value=MOST_WON)
    assets_won = forms.IntegerField(label=_("Assets (won)"), min_value=0, max_value=MOST_WON)
    employees = forms.IntegerField(label=_("Employees"), min_value=0, max_value=1_000_000)

    def row(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("ends_on", "sales_won", "assets_won", "employees")}


OwnerRows = forms.formset_factory(OwnerForm, extra=1, can_delete=True, max_num=50, absolute_max=60, validate_max=True)
YearRows = forms.formset_factory(YearForm, extra=1, can_delete=True, max_num=50, absolute_max=60, validate_max=True)


class MergeForm(forms.Form):
    """Which two, by business number. `gone` and `into` become organizations."""

    gone = BusinessNumberField(label=_("Business number of the one that goes"))
    into = BusinessNumberField(label=_("Business number of the one that stays"))
    reason = TidyCharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def _organization(self, name: str) -> Organization:
        found = Organization.objects.filter(business_number=self.cleaned_data[name]).first()
        if found is None:
            raise forms.ValidationError(_("No organization here has this number."))
        return found

    def clean_gone(self) -> Organization:
        return self._organization("gone")

    def clean_into(self) -> Organization:
        return self._organization("into")


class MergeDecisionForm(forms.Form):
    reason = TidyCharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
