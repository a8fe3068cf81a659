"""Into which account of its office a firm pays its own share, and what is asked back.

It stands on the page and in the API of a voucher or recovery, for who may see that, and never in a mail: whoever gets
another account by mail knows that it is not from here, and a mail does not change when the account does.
"""

from dataclasses import dataclass

from accounts.models import BusinessProfile, Organization


@dataclass(frozen=True)
class PayInto:
    """`reference` is the number that the firm names with the transfer."""

    bank: str
    account: str
    holder: str
    reference: str


def pay_into(office: Organization, reference: str) -> PayInto | None:
    """None where the office has not entered an account."""
    profile = BusinessProfile.objects.with_account(office).first()
    if profile is None:
        return None
    return PayInto(profile.get_bank_code_display(), profile.bank_account, office.name, reference)
