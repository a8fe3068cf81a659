"""What is asked for, received and shared out under a contract."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine
from royalties.enums.rules import Pot


class InvoiceState(models.TextChoices):
    ISSUED = "issued", pgettext_lazy("invoice", "To be paid")
    PAID = "paid", pgettext_lazy("invoice", "Paid")
    CANCELLED = "cancelled", pgettext_lazy("invoice", "Cancelled")


INVOICE_STATES = StateMachine(
    field="state",
    moves={
        InvoiceState.ISSUED: frozenset({InvoiceState.PAID, InvoiceState.CANCELLED}),
        InvoiceState.PAID: frozenset({InvoiceState.ISSUED}),
    },
)


class ReceiptState(models.TextChoices):
    OPEN = "open", pgettext_lazy("receipt", "Not assigned, or not all of it")
    DONE = "done", pgettext_lazy("receipt", "Assigned")
    ASIDE = "aside", pgettext_lazy("receipt", "Not royalty")


RECEIPT_STATES = StateMachine(
    field="state",
    moves={
        ReceiptState.OPEN: frozenset({ReceiptState.DONE, ReceiptState.ASIDE}),
        ReceiptState.DONE: frozenset({ReceiptState.OPEN}),
        ReceiptState.ASIDE: frozenset({ReceiptState.OPEN}),
    },
)


class BankFileState(models.TextChoices):
    READ = "read", pgettext_lazy("bank file", "Read, not booked")
    BOOKED = "booked", pgettext_lazy("bank file", "Booked")
    DISCARDED = "discarded", pgettext_lazy("bank file", "Discarded")


BANK_FILE_STATES = StateMachine(
    field="state", moves={BankFileState.READ: frozenset({BankFileState.BOOKED, BankFileState.DISCARDED})}
)


class MatchKind(models.TextChoices):
    """Why a deposit is held to pay an invoice."""

    REFERENCE = "reference", _("Number of the invoice")
    PAYER_AND_SUM = "payer_and_sum", _("Payer and sum")
    PAYER = "payer", _("Payer only")
    SUM = "sum", _("Sum only")
    HAND = "hand", _("By hand")


CERTAIN = (MatchKind.REFERENCE, MatchKind.PAYER_AND_SUM)


class PostingKind(models.TextChoices):
    """What moved money between accounts. A reversal has the kind of what it reverses."""

    RECEIVED = "received", pgettext_lazy("ledger", "Received")
    RETURNED = "returned", pgettext_lazy("ledger", "Paid back to the payer")
    ASSIGNED = "assigned", pgettext_lazy("ledger", "Put to an invoice")
    SHARED = "shared", pgettext_lazy("ledger", "Shared out")


class Account(models.TextChoices):
    """Where money of a holder's royalties is. What goes into one comes out of another: a posting adds up to 0."""

    PAYER = "payer", pgettext_lazy("account", "Payer")
    UNASSIGNED = "unassigned", pgettext_lazy("account", "Received, not assigned")
    VAT = "vat", pgettext_lazy("account", "VAT")
    ROYALTY = "royalty", pgettext_lazy("account", "Royalty, not shared out")
    RESEARCHERS = Pot.RESEARCHERS.value, Pot.RESEARCHERS.label
    CONTRIBUTORS = Pot.CONTRIBUTORS.value, Pot.CONTRIBUTORS.label
    TRANSFER = Pot.TRANSFER.value, Pot.TRANSFER.label
    REST = Pot.REST.value, Pot.REST.label
    DONOR = Pot.DONOR.value, Pot.DONOR.label
    DEVELOPERS = Pot.DEVELOPERS.value, Pot.DEVELOPERS.label
    BROKER = "broker", pgettext_lazy("account", "Broker")
    GOVERNMENT = "government", pgettext_lazy("account", "Government")
    OWN = "own", pgettext_lazy("account", "Left to the company")


class FeePayer(models.TextChoices):
    """Which side owes a broker its fee."""

    HOLDER = "holder", _("Holder of the technology")
    FIRM = "firm", _("Firm that takes it")


VAT_BP = 1_000
"""Value added tax on royalty."""
MOST_INVOICE_WON = 10**13
