"""Who may do what about recoveries and sanctions. Administrators pass no rule by being one."""

import rules

from accounts.models import Organization, User
from accounts.relations import family_of
from accounts.roles import Permission, has_permission, organizations_with
from vouchers.models import Recovery, Sanction, Voucher


def recovering_office(user: User, current: Organization | None) -> Organization | None:
    """The office for which `user` recovers money: the one acted for now, else the first by name; None without one."""
    mine = organizations_with(user, Permission.RECOVER_MONEY)
    if current is not None and current in mine:
        return current
    return mine[0] if mine else None


def _officer_of(user: User, office: Organization, *parties: Organization) -> bool:
    if not has_permission(user, Permission.RECOVER_MONEY, office):
        return False
    mine = {each.organization_id for each in user.active_memberships()}
    return not any(mine & set(family_of(party)) for party in parties)


@rules.predicate
def announces(user: User, voucher: Voucher) -> bool:
    """An officer of the office who works for nothing of the firm's."""
    return _officer_of(user, voucher.line.call.office, voucher.holder)


@rules.predicate
def recovers(user: User, recovery: Recovery) -> bool:
    return _officer_of(user, recovery.voucher.line.call.office, recovery.voucher.holder, recovery.debtor)


@rules.predicate
def decides(user: User, recovery: Recovery) -> bool:
    """Never who announced it."""
    return recovery.noticed_by_id != user.pk and bool(recovers(user, recovery))


@rules.predicate
def answers(user: User, recovery: Recovery) -> bool:
    """A manager of the debtor."""
    return has_permission(user, Permission.SIGN_AGREEMENTS, recovery.debtor)


@rules.predicate
def decides_sanction(user: User, sanction: Sanction) -> bool:
    """Never who proposed it."""
    return sanction.proposed_by_id != user.pk and bool(sanctions(user, sanction))


@rules.predicate
def answers_sanction(user: User, sanction: Sanction) -> bool:
    """A manager of whom it is for."""
    return has_permission(user, Permission.SIGN_AGREEMENTS, sanction.organization)


@rules.predicate
def sanctions(user: User, sanction: Sanction) -> bool:
    return _officer_of(user, sanction.office, sanction.organization)


rules.add_perm("vouchers.announce_recovery", announces)
rules.add_perm("vouchers.recover", recovers)
rules.add_perm("vouchers.decide_recovery", decides)
rules.add_perm("vouchers.answer_recovery", answers)
rules.add_perm("vouchers.sanction", sanctions)
rules.add_perm("vouchers.decide_sanction", decides_sanction)
rules.add_perm("vouchers.answer_sanction", answers_sanction)
