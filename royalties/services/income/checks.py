"""What every service about royalty money asks before it writes, and the order in which rows are locked.

Always contract, receipt, invoice, due: two that touch the same money meet at the first row they share.
"""

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from deals.models import Contract
from marketplace.core.errors import DomainError
from marketplace.core.text import tidy
from royalties.enums.income import MOST_INVOICE_WON
from royalties.models import Due, Invoice, Receipt
from royalties.models.invoices import SHORT_TEXT


def require_keeper(by: User, holder: Organization) -> None:
    """Raise `NotAllowed` unless `by` keeps the holder's royalties."""
    require_member(by, Permission.KEEP_ROYALTIES, holder)


def require_sharer(by: User, holder: Organization) -> None:
    """Raise `NotAllowed` unless `by` decides how the holder's royalties are shared."""
    require_member(by, Permission.SHARE_ROYALTIES, holder)


def reason_given(text: str, field: str = "reason") -> str:
    """The words, tidied. Raises `DomainError` for none, or too many."""
    said = tidy(text)
    if not said:
        raise DomainError(_("Say why."), field=field)
    if len(said) > SHORT_TEXT:
        raise DomainError(_("At most %(most)d characters.") % {"most": SHORT_TEXT}, field=field)
    return said


def require_won(amount_won: int, field: str, *, least: int = 1) -> None:
    """Raise `DomainError` unless it lies between `least` and the most that one entry can be."""
    if not least <= amount_won <= MOST_INVOICE_WON:
        bounds = {"least": f"{least:,}", "most": f"{MOST_INVOICE_WON:,}"}
        raise DomainError(_("Give a whole number of won from %(least)s to %(most)s.") % bounds, field=field)


def lock_contract(pk: int) -> Contract:
    rows = Contract.objects.select_for_update(of=["self"], no_key=True).select_related("holder", "firm", "listing")
    return rows.get(pk=pk)


def lock_receipt(pk: int) -> Receipt:
    return Receipt.objects.select_for_update(of=["self"]).select_related("holder").get(pk=pk)


def lock_invoice(pk: int) -> Invoice:
    return Invoice.objects.select_for_update(of=["self"]).select_related("contract").get(pk=pk)


def lock_due(pk: int) -> Due:
    return Due.objects.select_for_update(of=["self"]).get(pk=pk)
