"""What can be typed about a voucher: own share, reasons, changes."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.fields import WonField
from programmes.scheme import Scheme
from vouchers.enums.vouchers import ChangeKind
from vouchers.models.vouchers import LONG_TEXT


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def text_field(label: Any, **also: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 3}), **also)


class DepositForm(forms.Form):
    """A payment of the own share. `key` makes a form that is sent twice one payment."""

    amount_won = WonField(label=_("Amount in won"), least=1)
    received_on = day_field(_("Day on the statement"))
    reference = forms.CharField(
        label=_("Reference of the bank"), max_length=60, help_text=_("As it stands on the statement.")
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class OwnShareForm(DepositForm):
    """`confirmed` is asked for only where more came in than was to come."""

    confirmed = forms.BooleanField(label=_("The statement shows this amount; the rest goes back"), required=False)

    @property
    def asks(self) -> bool:
        return "confirmed" in self.errors or bool(self.is_bound and self["confirmed"].data)


class TextForm(forms.Form):
    text = text_field(_("Reason, which the firm reads"))


class DecisionForm(forms.Form):
    approve = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Approve")), ("no", pgettext_lazy("change request", "Refuse"))],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        empty_value=None,
    )
    text = text_field(_("Reason, which the firm reads"))


class ChangeForm(forms.Form):
    """What the firm asks for; of the menu only where the call has one, the end only for managers."""

    kind = forms.ChoiceField(label=_("What is to change"), choices=ChangeKind.choices, widget=forms.RadioSelect)
    valid_until = day_field(_("New end of the term"), required=False, help_text=_("For a longer term only."))
    services = forms.MultipleChoiceField(
        label=_("Services"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For other services only."),
    )
    text = text_field(_("Why?"))

    def __init__(self, *args: Any, scheme: Scheme, may_end: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["services"].choices = [(each.key, str(each.words)) for each in scheme.menu]
        left_out = set() if may_end else {ChangeKind.END}
        if not scheme.menu:
            del fields["services"]
            left_out.add(ChangeKind.PLAN)
        fields["kind"].choices = [(kind.value, kind.label) for kind in ChangeKind if kind not in left_out]
