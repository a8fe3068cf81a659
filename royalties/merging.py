"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from deals.models import Contract
from royalties.enums.calendar import OPEN_STATES
from royalties.enums.income import BankFileState, ReceiptState
from royalties.models import (
    AheadNotice,
    BankFile,
    DirectUse,
    Due,
    FeeShare,
    GovernmentPayment,
    LedgerEntry,
    Payee,
    Posting,
    Receipt,
)


@receiver(organizations_merging, dispatch_uid="royalties.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """The ledger is never rewritten; what is owed or not yet put to an invoice is settled first."""
    said = Answers(gone)
    said.stops(Contract, "holder", "firm", what=_("contracts with something to pay"), dues__state__in=OPEN_STATES)
    said.stops(Receipt, "holder", what=_("receipts without an invoice"), state=ReceiptState.OPEN)
    said.stops(BankFile, "holder", what=_("bank files not booked"), state=BankFileState.READ)
    said.kept(Due, "holder", "firm", what=_("payments of contracts"))
    said.kept(Receipt, "holder", what=_("receipts"))
    said.kept(BankFile, "holder", what=_("bank files"))
    said.kept(Payee, "holder", what=_("people with a share"))
    said.kept(DirectUse, "holder", what=_("records of own use"))
    said.kept(GovernmentPayment, "holder", what=_("payments to the government"))
    said.kept(AheadNotice, "holder", what=_("notices of paying the government ahead"))
    said.kept(FeeShare, "broker", what=_("fees of brokers"))
    said.kept(Posting, "holder", what=_("postings"))
    said.kept(LedgerEntry, "broker", what=_("entries of the ledger"))
    return said.parts
