"""What can be typed about invoices, receipts and how royalty is shared."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from marketplace.core.days import PLAUSIBLE_DAY
from marketplace.core.errors import DomainError
from marketplace.core.fields import PercentField, WonField
from marketplace.core.money import BASIS_POINTS
from royalties.enums.income import VAT_BP
from royalties.enums.rules import PEOPLE_POTS, FirmSize, Pot, uses_of
from royalties.models import Invoice, SharePlan
from royalties.models.invoices import SHORT_TEXT
from royalties.queries.funding import ResearchMoney
from royalties.services.share.plan import Given, Part

EMPTY_ROWS, LEAST_ROWS = 2, 4
OF_COMPANY = ("agreed_on", "task_ended_on", "firm_size", "contribution_bp")


def day_field(label: Any, **also: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DAY, **also)


def reason_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=SHORT_TEXT, widget=forms.Textarea(attrs={"rows": 2}))


class InvoiceForm(forms.Form):
    pay_by = day_field(_("Pay by"))
    vat_bp = PercentField(label=_("VAT in percent"), initial=VAT_BP)
    text = forms.CharField(
        label=_("Words to the firm"),
        max_length=SHORT_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For instance the account to which it is to be paid."),
    )


class ReasonForm(forms.Form):
    reason = reason_field(_("Why?"))


class ReceiptForm(forms.Form):
    booked_on = day_field(_("Day of the receipt"))
    amount_won = WonField(label=_("Amount in won"), least=1)
    payer = forms.CharField(label=_("Payer"), max_length=200)
    memo = forms.CharField(label=_("Words of the transfer"), max_length=200, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)


class AssignForm(forms.Form):
    """Puts a receipt to one of the holder's open invoices."""

    invoice = forms.ModelChoiceField(
        label=_("Invoice"),
        queryset=Invoice.objects.none(),
        to_field_name="public_id",
        empty_label=_("Choose an invoice"),
    )
    amount_won = WonField(
        label=_("Amount in won"), least=1, required=False, help_text=_("Empty: as much as receipt and invoice allow.")
    )

    def __init__(self, *args: Any, invoices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = invoices
        field.label_from_instance = _invoice_words  # type: ignore[method-assign,assignment]


def _invoice_words(invoice: Invoice) -> str:
    return f"{invoice.number} · {invoice.contract.firm.display_name} · {invoice.open_won:,}"


class PayBackForm(forms.Form):
    amount_won = WonField(label=_("Amount in won"), least=1)
    reason = reason_field(_("Why?"))


class BankFileForm(forms.Form):
    file = forms.FileField(
        label=_("Statement of the account"),
        validators=[FileExtensionValidator(["csv", "tsv", "txt", "xlsx"])],
        help_text=_("CSV or XLSX, as your bank gives it. At most 5 MB. Nothing is booked before you have looked."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class PeriodForm(forms.Form):
    """Sent with GET: from and to, both days included."""

    start = day_field(_("From"), required=False)
    end = day_field(_("To"), required=False)

    def clean_end(self) -> date | None:
        start, end = self.cleaned_data.get("start"), self.cleaned_data["end"]
        if start and end and end < start:
            raise forms.ValidationError(_("The last day comes before the first."))
        return end

    @property
    def period(self) -> dict[str, Any]:
        """What was said of it. Raises `DomainError` where that is no period: sums of another one would mislead."""
        if not self.is_valid():
            name, faults = next(iter(self.errors.items()))
            label = self.fields[name].label
            raise DomainError(f"{label}: {' '.join(str(fault) for fault in faults)}", field=name)
        return {"start": self.cleaned_data["start"], "end": self.cleaned_data["end"]}


class PlanForm(forms.Form):
    """The money of the research, where it is not known from its projects (`money`), and for an institute the shares of
    uses and persons, row by row.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput)
    is_donated = forms.BooleanField(widget=forms.HiddenInput, required=False)
    government_won = WonField(
        label=_("Government money of the research (won)"),
        required=False,
        help_text=_("Empty where no government money was in it. It decides which law binds."),
    )
    total_won = WonField(label=_("All money of the research (won)"), required=False)
    agreed_on = day_field(_("Day of the R&D agreement"), required=False)
    task_ended_on = day_field(_("End of the R&D task"), required=False)
    firm_size = forms.ChoiceField(
        label=_("Size of the company"), choices=[("", _("Choose the size")), *FirmSize.choices], required=False
    )
    contribution_bp = PercentField(
        label=_("Contribution of the technology, in percent"), help_text=_("As the R&D agreement fixed it.")
    )

    def __init__(
        self,
        *args: Any,
        plan: SharePlan | None,
        is_company: bool,
        money: ResearchMoney | None = None,
        is_donated: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = _initial(plan, money, is_donated) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.is_company = is_company
        if money is not None:
            del self.fields["government_won"], self.fields["total_won"]
        if is_company:
            return
        for name in OF_COMPANY:
            del self.fields[name]
        self.uses = uses_of(is_donated)
        for pot in self.uses:
            self.fields[f"{pot}_bp"] = PercentField(label=_in_percent(pot), initial=self.initial.get(f"{pot}_bp"))
        self.rows = {pot: self._rows(pot, plan) for pot in self.uses if pot in PEOPLE_POTS}

    def _rows(self, pot: str, plan: SharePlan | None) -> list[int]:
        """Names of fields, row by row: those there are and two more."""
        found = list(plan.participants.filter(pot=pot).select_related("payee").order_by("pk")) if plan else []
        sent = [name for name in self.data if name.startswith(f"{pot}-") and name.endswith("-name")]
        count = max(LEAST_ROWS if pot == Pot.RESEARCHERS else EMPTY_ROWS, len(found) + EMPTY_ROWS, len(sent))
        for row in range(min(count, 60)):
            prefix, part = f"{pot}-{row}", found[row] if row < len(found) else None
            payee = part.payee if part else None
            self.fields[f"{prefix}-name"] = _text(_("Name"), 80, payee.name if payee else "")
            self.fields[f"{prefix}-email"] = _text(_("E-mail"), 254, payee.email if payee else "", kind="email")
            self.fields[f"{prefix}-number"] = _text(_("Staff number"), 40, payee.staff_number if payee else "")
            self.fields[f"{prefix}-share"] = PercentField(
                label=_("Share in percent"), required=False, initial=part.share_bp if part else None
            )
        return list(range(min(count, 60)))

    def shares(self) -> list[Any]:
        """For the page: the institute's own share of each use."""
        return [self[f"{pot}_bp"] for pot in self.uses]

    def tables(self) -> list[dict[str, Any]]:
        """For the page: each pot of persons with its rows of bound fields."""
        parts = ("name", "email", "number", "share")
        return [
            {"pot": pot, "label": Pot(pot).label, "rows": [[self[f"{pot}-{row}-{p}"] for p in parts] for row in rows]}
            for pot, rows in self.rows.items()
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.is_company:
            for pot, rows in self.rows.items():
                for row in rows:
                    self._check_row(given, f"{pot}-{row}")
        return given

    def _check_row(self, given: dict[str, Any], prefix: str) -> None:
        """A row is empty, or says who and how much."""
        said = [given.get(f"{prefix}-{part}") for part in ("name", "email", "share")]
        if any(said) and not all(said) and not any(f"{prefix}-{p}" in self.errors for p in ("name", "email", "share")):
            missing = next(p for p, value in zip(("name", "email", "share"), said, strict=True) if not value)
            self.add_error(f"{prefix}-{missing}", _("Needed: each person has a name, an e-mail and a share."))

    def given(self) -> Given:
        data = self.cleaned_data
        common: dict[str, Any] = {name: data.get(name) or 0 for name in ("government_won", "total_won")}
        if self.is_company:
            return Given(**common, **{name: data[name] for name in OF_COMPANY})
        people = [
            Part(pot, data[f"{pot}-{row}-name"], data[f"{pot}-{row}-email"], data[f"{pot}-{row}-share"],
                 data[f"{pot}-{row}-number"])
            for pot, rows in self.rows.items() for row in rows if data.get(f"{pot}-{row}-name")
        ]  # fmt: skip
        shares = {pot.value: data[f"{pot}_bp"] for pot in self.uses}
        return Given(**common, shares_bp=shares, people=people, is_donated=data["is_donated"])


def _in_percent(pot: Pot) -> str:
    return _("%(use)s, in percent") % {"use": pot.label}


def _text(label: Any, most: int, initial: str, kind: str = "text") -> forms.CharField:
    widget = forms.EmailInput() if kind == "email" else forms.TextInput()
    field = forms.EmailField if kind == "email" else forms.CharField
    return field(label=label, max_length=most, required=False, initial=initial, widget=widget)


USUAL = {Pot.RESEARCHERS: 6_000, Pot.CONTRIBUTORS: 1_000, Pot.TRANSFER: 1_500, Pot.REST: 1_500}
USUAL_OF_DONATION = {
    Pot.DONOR: 6_000, Pot.DEVELOPERS: 1_000, Pot.CONTRIBUTORS: 1_000, Pot.TRANSFER: 1_000, Pot.REST: 1_000,
}  # fmt: skip


def _initial(plan: SharePlan | None, money: ResearchMoney | None, is_donated: bool) -> dict[str, Any]:
    """What the plan says; the usual shares where there is none, or one of the other kind."""
    shares = USUAL_OF_DONATION if is_donated else USUAL
    if plan is None:
        days = {"agreed_on": money.starts_on, "task_ended_on": money.ends_on} if money else {}
        empty = {"seen": 0, "is_donated": is_donated, "contribution_bp": BASIS_POINTS}
        return empty | days | {f"{pot}_bp": bp for pot, bp in shares.items()}
    found = {
        "seen": plan.serial,
        "is_donated": is_donated,
        "government_won": plan.government_won or None,
        "total_won": plan.total_won or None,
        "agreed_on": plan.agreed_on,
        "task_ended_on": plan.task_ended_on,
        "firm_size": plan.firm_size,
        "contribution_bp": plan.contribution_bp,
    }
    assert sum(plan.shares_bp.values()) in (0, BASIS_POINTS)
    kept = plan.shares_bp if plan.is_donated == is_donated else shares
    return found | {f"{pot}_bp": bp for pot, bp in kept.items()}
