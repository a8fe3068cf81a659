"""Who may do what with a voucher. Seeing is `visible_to`; administrators pass no rule by being one."""

import rules

from accounts.models import User
from accounts.relations import family_of
from accounts.roles import Permission, has_permission
from vouchers.models import Voucher


@rules.predicate
def runs(user: User, voucher: Voucher) -> bool:
    """An officer of the call's office who works for nothing of the firm's."""
    if not has_permission(user, Permission.RUN_VOUCHERS, voucher.line.call.office):
        return False
    return not {each.organization_id for each in user.active_memberships()} & set(family_of(voucher.holder))


@rules.predicate
def uses(user: User, voucher: Voucher) -> bool:
    return has_permission(user, Permission.USE_VOUCHERS, voucher.holder)


@rules.predicate
def signs(user: User, voucher: Voucher) -> bool:
    return has_permission(user, Permission.SIGN_AGREEMENTS, voucher.holder)


rules.add_perm("vouchers.run", runs)
rules.add_perm("vouchers.use", uses)
rules.add_perm("vouchers.sign", signs)
