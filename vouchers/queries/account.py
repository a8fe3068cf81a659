"""Into which account of its office a firm pays its own share, and what is asked back; and the other way.

It stands on the page and in the API of a voucher or recovery, for who may see that, and never in a mail: whoever gets
another account by mail knows that it is not from here, and a mail does not change when the account does.
"""

from dataclasses import dataclass

from accounts.models import BusinessProfile, Organization, User
from vouchers.models import Voucher
from vouchers.queries.life import refund_due


@dataclass(frozen=True)
class PayInto:
    """`reference` is the number that the firm names with the transfer."""

    bank: str
    account: str
    holder: str
    reference: str


def pay_into(payee: Organization, reference: str) -> PayInto | None:
    """None where it has not entered an account."""
    profile = BusinessProfile.objects.with_account(payee).first()
    if profile is None:
        return None
    return PayInto(profile.get_bank_code_display(), profile.bank_account, payee.name, reference)


def pay_back_to(voucher: Voucher, user: User) -> PayInto | None:
    """The firm's account, for who pays back what of its own share was not needed, and for nobody else."""
    if not user.has_perm("vouchers.run", voucher) or not refund_due(voucher):
        return None
    return pay_into(voucher.holder, voucher.number)
