from royalties.models.calendar import Due, SalesStatement, UsageReport
from royalties.models.invoices import Allocation, BankFile, BankRow, Invoice, Receipt
from royalties.models.ledger import LedgerEntry, Posting
from royalties.models.rules import GovernmentRule, SharingRule
from royalties.models.sharing import Distribution, FeeShare, Participant, Payee, PersonShare, SharePlan

__all__ = [
    "Allocation",
    "BankFile",
    "BankRow",
    "Distribution",
    "Due",
    "FeeShare",
    "GovernmentRule",
    "Invoice",
    "LedgerEntry",
    "Participant",
    "Payee",
    "PersonShare",
    "Posting",
    "Receipt",
    "SalesStatement",
    "SharePlan",
    "SharingRule",
    "UsageReport",
]
