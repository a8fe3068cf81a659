"""What can be typed about a company's own use of its result, and about what it paid the government."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokers.forms.fees import PercentField, WonField
from royalties.enums.rules import FirmSize
from royalties.forms.income import day_field
from royalties.queries.funding import ResearchMoney
from royalties.services.government.ahead import Told
from royalties.services.government.record import Used


class ResultForm(forms.Form):
    title = forms.CharField(
        label=_("Name of the result"), max_length=500, help_text=_("As the R&D agreement or the patent calls it.")
    )


class TaskForm(forms.Form):
    """The task is what was last written of it (`known`), or that of the R&D project (`money`), to be changed."""

    research_won = WonField(label=_("Government money of the research (won)"), least=1)
    agreed_on = day_field(_("Day of the R&D agreement"), help_text=_("It decides which rates hold."))
    task_ended_on = day_field(_("End of the R&D task"))
    firm_size = forms.ChoiceField(
        label=_("Size of the company"), choices=[("", _("Choose the size")), *FirmSize.choices]
    )

    def __init__(self, *args: Any, known: dict[str, Any], money: ResearchMoney | None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"contribution_bp": 10_000}
        if money is not None:
            initial |= {"agreed_on": money.starts_on, "task_ended_on": money.ends_on}
        kwargs["initial"] = initial | known | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if money is not None:
            del self.fields["research_won"]


class DirectUseForm(TaskForm):
    field_order = ("sold_from", "sold_until", "sales_won")

    sold_from = day_field(_("First day"))
    sold_until = day_field(pgettext_lazy("sales", "Last day"), help_text=_("In the same calendar year."))
    sales_won = WonField(
        label=_("Sales with the technology, without VAT (won)"), help_text=_("0 where nothing was sold.")
    )
    contribution_bp = PercentField(
        label=_("Contribution of the technology, in percent"), help_text=_("As the R&D agreement fixed it.")
    )

    def used(self) -> Used:
        return Used(**self.cleaned_data)


class AheadForm(TaskForm):
    field_order = ("told_on", "reference")

    told_on = day_field(_("Day of the letter to the agency"), help_text=_("Tell it in writing before you pay."))
    reference = forms.CharField(label=_("Reference"), max_length=100, help_text=_("Number or title of the letter."))

    def told(self) -> Told:
        return Told(**self.cleaned_data)


class GovernmentPaymentForm(forms.Form):
    paid_on = day_field(_("Paid on"))
    amount_won = WonField(label=_("Amount in won"), least=1)
    reference = forms.CharField(
        label=_("Reference"), max_length=100, help_text=_("Number of the transfer, or of the notice to pay.")
    )
