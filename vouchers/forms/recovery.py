"""What can be typed about recoveries and sanctions."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization
from accounts.numbers import digits
from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import WonField
from vouchers.enums.recovery import RecoveryGround, SanctionGround, SanctionKind
from vouchers.models.vouchers import LONG_TEXT


def _day(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def _text(label: Any, **also: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 4}), **also)


def _key() -> forms.UUIDField:
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class AnnounceForm(forms.Form):
    debtor = forms.ModelChoiceField(
        label=_("Who has to pay back"),
        queryset=Organization.objects.none(),
        to_field_name="public_id",
        empty_label=None,
    )
    ground = forms.ChoiceField(
        label=pgettext_lazy("recovery", "Ground"), choices=RecoveryGround.choices, widget=forms.RadioSelect
    )
    principal_won = WonField(label=_("To be paid back (won)"), least=1)
    interest_from = _day(_("Interest from"), help_text=_("As a rule the day the money was paid."))
    surcharge_won = WonField(
        label=_("Surcharge (won)"), help_text=_("Only for false papers and other use, at most five times. Else 0.")
    )
    text = _text(_("Reason, which the debtor reads"))
    key = _key()

    def __init__(self, *args: Any, debtors: Iterable[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["debtor"]
        assert isinstance(field, forms.ModelChoiceField)
        shown = sorted({each.pk: each for each in debtors}.values(), key=lambda each: (each.display_name, each.pk))
        # Who was merged into one of them is read too: a form sent again after the merge names what stood then.
        roots = [each.pk for each in shown]
        field.queryset = Organization.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots))
        if self.is_bound:
            # Shown again, it still names that one: else the browser would choose another debtor by itself.
            sent = str(self["debtor"].value())
            shown += [each for each in field.queryset if each.pk not in roots and str(each.public_id) == sent]
        field.choices = [(each.public_id, each.display_name) for each in shown]


class ObjectForm(forms.Form):
    text = _text(_("Why you do not owe it"))


def _decision(yes: Any, no: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Decision"), choices=[("yes", yes), ("no", no)], widget=forms.RadioSelect,
        coerce=lambda value: value == "yes", empty_value=None,
    )  # fmt: skip


class DecideForm(forms.Form):
    confirm = _decision(pgettext_lazy("recovery", "Confirm"), pgettext_lazy("recovery", "Drop"))
    text = _text(_("Reason, which the debtor reads"))


class PlanForm(forms.Form):
    first_on = _day(_("First part due on"))
    count = forms.IntegerField(label=_("Monthly parts"), min_value=2, max_value=60)


class ReceiptForm(forms.Form):
    amount_won = WonField(label=_("Amount in won"), least=1)
    received_on = _day(_("Day on the statement"))
    reference = forms.CharField(
        label=_("Reference of the bank"), max_length=60, help_text=_("As it stands on the statement.")
    )
    key = _key()


class SanctionForm(forms.Form):
    kind = forms.ChoiceField(label=_("Sanction"), choices=SanctionKind.choices, widget=forms.RadioSelect)
    until_on = _day(_("Excluded until"), required=False, help_text=_("For an exclusion: within five years."))
    reason = _text(_("Reason, which the organization reads"))
    key = _key()


class FraudForm(SanctionForm):
    """Without a recovery: whom, what for, and where that stands."""

    stands_at = {"organization": "business_number"}
    business_number = forms.CharField(
        label=_("Business registration number"), max_length=20, help_text=_("Of who applied, or took orders.")
    )
    ground = forms.ChoiceField(
        label=pgettext_lazy("recovery", "Ground"), choices=SanctionGround.choices, widget=forms.RadioSelect
    )
    evidence = forms.CharField(
        label=_("Decision or judgment"), max_length=200, help_text=_("Who found it, when, under which number.")
    )
    field_order = ("business_number", "ground", "evidence", "kind", "until_on", "reason", "key")

    def clean(self) -> dict[str, Any]:
        """The number becomes the organization it is of."""
        given = super().clean() or {}
        number = digits(given.pop("business_number", ""))
        given["organization"] = Organization.objects.filter(business_number=number, merged_into__isnull=True).first()
        if "business_number" not in self.errors and given["organization"] is None:
            self.add_error("business_number", _("No organization has this number here."))
        return given


class AnswerForm(forms.Form):
    text = _text(_("Your answer"))


class DecideSanctionForm(forms.Form):
    impose = _decision(pgettext_lazy("sanction", "Impose"), pgettext_lazy("sanction", "Drop"))
    text = _text(_("Reason"))


class LiftForm(forms.Form):
    text = _text(_("Reason, which the organization reads"))
