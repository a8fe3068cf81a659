"""What can be typed about licences, staff, deals, changes and warnings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from brokers.enums.duties import ChangeKind, Ground
from brokers.enums.registration import QualificationKind
from brokers.models import BrokeredDeal, Quote, Registration, StaffEntry
from brokers.models.registration import LONG_TEXT, SHORT_TEXT
from brokers.notices.duties import name_of
from brokers.services.duties.asking import REASON_LENGTH
from brokers.services.duties.qualify import NUMBER_LENGTH
from brokers.services.duties.record_deal import NAME_LENGTH, ROYALTY_LENGTH, SECTIONS, TECHNOLOGY_LENGTH
from marketplace.core.fields import WonField
from marketplace.core.files import ACCEPTED
from tech_listings.enums import DealKind


def day_field(label: Any, help_text: Any = "", **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, widget=widget, **also)


def text_field(label: Any, most: int, help_text: Any = "", rows: int = 4, **also: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, max_length=most, widget=widget, **also)


class QualificationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Licence"), choices=[("", "–"), *QualificationKind.choices])
    number = forms.CharField(label=_("Number of the licence"), max_length=NUMBER_LENGTH)
    issued_on = day_field(_("Issued on"))


class LicenceDecisionForm(forms.Form):
    """Two buttons of one form: `accept` says which."""

    text = forms.CharField(
        label=_("Reason, where you do not accept it"), max_length=REASON_LENGTH, required=False,
        help_text=_("The person reads it."),
    )  # fmt: skip
    accept = forms.ChoiceField(choices=[("yes", ""), ("no", "")], widget=forms.HiddenInput)


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return f"{user.name} ({user.email})"


class StaffForm(forms.Form):
    user = PersonField(label=_("Member"), queryset=User.objects.none(), to_field_name="public_id", empty_label="–")
    from_on = day_field(_("First day of full-time work"))

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = organization.memberships.active()
        there = StaffEntry.objects.open().filter(organization=organization)
        people = User.objects.filter(pk__in=members.values("user")).exclude(pk__in=there.values("user"))
        field = self.fields["user"]
        assert isinstance(field, PersonField)
        field.queryset = people.order_by("name", "pk")


class StaffEndForm(forms.Form):
    until_on = day_field(pgettext_lazy("staff", "Last day"), _("The person counts up to and with this day."))


class DealForm(forms.Form):
    technology = forms.CharField(label=_("What was transferred"), max_length=TECHNOLOGY_LENGTH)
    holder_name = forms.CharField(label=_("Holder"), max_length=NAME_LENGTH)
    taker_name = forms.CharField(label=_("Firm that takes it"), max_length=NAME_LENGTH)
    deal_kind = forms.ChoiceField(label=_("Deal type"), choices=[("", "–"), *DealKind.choices])
    value_won = WonField(label=_("Value in won"))
    royalty_text = forms.CharField(
        label=_("Royalty"),
        max_length=ROYALTY_LENGTH,
        required=False,
        help_text=_("As agreed, like 3 percent of sales."),
    )
    signed_on = day_field(_("Signed on"))
    term_until = day_field(_("Contract until"), required=False)
    ipc_section = forms.ChoiceField(
        label=_("Field (section of the IPC)"), required=False, choices=[("", "–"), *((one, one) for one in SECTIONS)]
    )
    reference = forms.CharField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def of_deal(deal: BrokeredDeal) -> dict[str, Any]:
        names = (
            "technology", "holder_name", "taker_name", "deal_kind", "value_won", "royalty_text", "signed_on",
            "term_until", "ipc_section",
        )  # fmt: skip
        return {name: getattr(deal, name) for name in names}

    @staticmethod
    def of_quote(quote: Quote) -> dict[str, Any]:
        """What an accepted fee tells of the deal; the rest is typed."""
        side = "holder_name" if quote.client.kind == "institute" else "taker_name"
        return {
            "technology": quote.subject, side: quote.client.name, "value_won": quote.value_won,
            "reference": quote.number,
        }  # fmt: skip


class SubmitForm(forms.Form):
    nothing = forms.BooleanField(label=_("There were no deals: nothing to report"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class CorrectForm(forms.Form):
    reason = text_field(_("Why it is corrected"), REASON_LENGTH, rows=2)


class RegistrationField(forms.ModelChoiceField):
    def label_from_instance(self, registration: Registration) -> str:
        return f"{name_of(registration)} ({registration.number})"


class ChangeForm(forms.Form):
    """Of the brokers for which the person reports; with one there is nothing to choose."""

    registration = RegistrationField(
        label=_("Broker"), queryset=Registration.objects.none(), to_field_name="public_id", empty_label=None
    )
    kind = forms.ChoiceField(label=_("What changed"), choices=[("", "–"), *ChangeKind.choices])
    text = text_field(_("From what to what"), LONG_TEXT)
    happened_on = day_field(_("Changed on"))
    evidence = forms.FileField(
        label=_("Document"), required=False, allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=_("If you have one: PDF, PNG, JPEG, HWP, HWPX or DOCX, at most 20 MB."),
    )  # fmt: skip

    def __init__(self, *args: Any, registrations: list[Registration], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(registrations) == 1:
            del self.fields["registration"]
        else:
            field = self.fields["registration"]
            assert isinstance(field, RegistrationField)
            field.queryset = Registration.objects.filter(pk__in=[row.pk for row in registrations])
        self.registrations = registrations

    def chosen(self) -> Registration:
        return self.cleaned_data.get("registration") or self.registrations[0]


class DismissForm(forms.Form):
    text = text_field(_("Why it need not be told"), REASON_LENGTH, rows=2)


class AcknowledgeForm(forms.Form):
    text = text_field(
        _("Remark"), REASON_LENGTH, _("If there is something to say: the broker reads it."), rows=2, required=False
    )


class WarnForm(forms.Form):
    ground = forms.ChoiceField(label=pgettext_lazy("warning", "Ground"), choices=[("", "–"), *Ground.choices])
    text = text_field(_("What is wrong, and what is to be done by when"), LONG_TEXT)


class AnswerForm(forms.Form):
    text = text_field(_("What you did or will do"), LONG_TEXT, _("Officers read it. It can be written once."))


class LiftForm(forms.Form):
    reason = text_field(_("Why it is lifted"), SHORT_TEXT, _("The broker reads it."), rows=2)
