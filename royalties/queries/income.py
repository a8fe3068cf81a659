"""What waits on a holder's royalty office, and what can be asked of it."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from accounts.enums import OrganizationKind
from accounts.models import User
from accounts.roles import Permission, organizations_with
from deals.models import Contract
from royalties.enums.calendar import DueState
from royalties.models import Allocation, BankFile, Due, Invoice, Receipt
from royalties.querysets.income import keepers


def keeps_something(user: User | AnonymousUser) -> bool:
    """Whether the user keeps the royalties of an institute, or of a company that has licensed something out."""
    mine = organizations_with(user, Permission.KEEP_ROYALTIES)
    if any(organization.kind == OrganizationKind.INSTITUTE for organization in mine):
        return True
    return bool(mine) and Contract.objects.concluded().filter(holder__in=mine).exists()


def to_ask_for(user: User) -> QuerySet[Due]:
    """Lines of the calendar whose amount is known and that were not asked for, soonest first."""
    rows = Due.objects.money().filter(holder__in=keepers(user), state=DueState.EXPECTED, amount_won__gt=0)
    rows = rows.filter(is_owed=True)
    return rows.select_related("contract__firm", "contract__holder", "contract__listing").order_by("due_on", "pk")


def open_invoices_of(receipt: Receipt) -> QuerySet[Invoice]:
    """Those of the receipt's holder that are not paid, the oldest first."""
    rows = Invoice.objects.open().filter(contract__holder=receipt.holder_id).select_related("contract__firm")
    return rows.order_by("issued_at", "pk")


def work_counts(user: User) -> dict[str, Any]:
    """For the tabs: whether the user keeps royalties, and how much waits in each. Asked for only where it is shown."""
    mine = organizations_with(user, Permission.KEEP_ROYALTIES)
    return {
        "keeps_royalties": keeps_something(user),
        "pays_government": any(organization.kind == OrganizationKind.COMPANY for organization in mine),
        "waiting": SimpleLazyObject(
            lambda: {
                "ask": to_ask_for(user).order_by()[:100].count(),
                "receipts": Receipt.objects.visible_to(user).open()[:100].count(),
                "files": BankFile.objects.visible_to(user).filter(state="read")[:100].count(),
                "share": Allocation.objects.kept_by(user).to_share()[:100].count(),
            }
        ),
    }
