from royalties.models.calendar import CalendarRun, Due, LateCharge, ReachedReport, SalesStatement, UsageReport
from royalties.models.government import AheadNotice, DirectUse, GovernmentPayment
from royalties.models.invoices import Allocation, BankFile, BankRow, Invoice, Receipt
from royalties.models.ledger import LedgerEntry, Posting
from royalties.models.rules import GovernmentRule, LateRule, SharingRule
from royalties.models.sharing import Distribution, FeeShare, Participant, Payee, PersonShare, SharePlan

__all__ = [
    "AheadNotice",
    "Allocation",
    "BankFile",
    "BankRow",
    "CalendarRun",
    "DirectUse",
    "Distribution",
    "Due",
    "FeeShare",
    "GovernmentPayment",
    "GovernmentRule",
    "Invoice",
    "LateCharge",
    "LateRule",
    "LedgerEntry",
    "Participant",
    "Payee",
    "PersonShare",
    "Posting",
    "ReachedReport",
    "Receipt",
    "SalesStatement",
    "SharePlan",
    "SharingRule",
    "UsageReport",
]
