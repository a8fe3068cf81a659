"""Who may do what with royalty money. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.models import Contract
from royalties.models import Allocation, BankFile, Distribution, Due, Invoice, Receipt


@rules.predicate
def keeps(user: User, thing: Receipt | BankFile) -> bool:
    return has_permission(user, Permission.KEEP_ROYALTIES, thing.holder)


@rules.predicate
def keeps_contract_of(user: User, thing: Invoice | Due | Distribution) -> bool:
    return has_permission(user, Permission.KEEP_ROYALTIES, thing.contract.holder)


@rules.predicate
def keeps_invoice_of(user: User, allocation: Allocation) -> bool:
    return has_permission(user, Permission.KEEP_ROYALTIES, allocation.invoice.contract.holder)


@rules.predicate
def shares_for_holder(user: User, contract: Contract) -> bool:
    return has_permission(user, Permission.SHARE_ROYALTIES, contract.holder)


rules.add_perm("royalties.keep_receipt", keeps)
rules.add_perm("royalties.keep_invoice", keeps_contract_of)
rules.add_perm("royalties.undo_allocation", keeps_invoice_of)
rules.add_perm("royalties.share", shares_for_holder)
