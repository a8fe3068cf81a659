from vouchers.models.bank import BankLine
from vouchers.models.claims import Claim, ClaimDocument, ClaimStep, Payment, PaymentBatch, PaymentResult
from vouchers.models.money import SUMS, BudgetLine, LedgerEntry
from vouchers.models.orders import Order, ProviderChoice, Quotation
from vouchers.models.recovery import Recovery, RecoveryInstalment, RecoveryReceipt, RecoveryStep, Sanction
from vouchers.models.vouchers import ChangeRequest, Deposit, Voucher, VoucherStep

__all__ = [
    "SUMS", "BankLine", "BudgetLine", "ChangeRequest", "Claim", "ClaimDocument", "ClaimStep", "Deposit", "LedgerEntry",
    "Order", "Payment", "PaymentBatch", "PaymentResult", "ProviderChoice", "Quotation", "Recovery",
    "RecoveryInstalment", "RecoveryReceipt", "RecoveryStep", "Sanction", "Voucher", "VoucherStep",
]  # fmt: skip
