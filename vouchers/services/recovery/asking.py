"""What every service on recoveries and sanctions asks before it writes. The voucher is locked first."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.relations import family_of
from accounts.roles import Permission, has_permission
from marketplace.core.errors import NotAllowed
from vouchers.enums.recovery import RECOVERY_STATES, RecoveryState
from vouchers.models import Recovery, RecoveryReceipt, RecoveryStep
from vouchers.recovery import Paid, Parts, owed_on
from vouchers.services.life.asking import lock_voucher


def lock_recovery(recovery: Recovery) -> Recovery:
    """Its voucher, then the recovery: receipts, plans and decisions on one voucher follow one another."""
    voucher = lock_voucher(recovery.voucher_id)
    locked = Recovery.objects.select_for_update(of=["self"]).select_related("debtor").get(pk=recovery.pk)
    locked.voucher = voucher
    return locked


def require_of_the_office(by: User | None, office: Organization, *parties: Organization) -> None:
    """Raise `NotAllowed` unless `by` recovers money for the office and works for none of the parties."""
    if by is None or not has_permission(by, Permission.RECOVER_MONEY, office):
        raise NotAllowed(_("Only officers of the office whose call it is can do this."))
    mine = {each.organization_id for each in by.active_memberships()}
    if any(mine & set(family_of(party)) for party in parties):
        raise NotAllowed(_("You work for one of the parties: a colleague has to do this."))


def require_officer(by: User | None, recovery: Recovery) -> None:
    """As above, for the parties of a recovery: the firm and who owes."""
    voucher = recovery.voucher
    require_of_the_office(by, voucher.line.call.office, voucher.holder, recovery.debtor)


def received_of(recovery: Recovery) -> list[Paid]:
    """As they were entered, which is by their days: a receipt is never before the one entered last."""
    return [paid_of(receipt) for receipt in recovery.receipts.order_by("pk")]


def paid_of(receipt: RecoveryReceipt) -> Paid:
    parts = Parts(receipt.interest_won, receipt.principal_won, receipt.surcharge_won, receipt.late_won)
    return Paid(receipt.received_on, parts)


def owed_of(recovery: Recovery, day: date) -> Parts:
    """What is still owed on a day in Korea."""
    return owed_on(recovery.debt, received_of(recovery), day)


def move(
    recovery: Recovery, to: RecoveryState, *, by: User | None, at: datetime, text: str = "", **also: object
) -> None:
    """Move a locked recovery and write the step."""
    RECOVERY_STATES.move(recovery, to, **also)
    step(recovery, by=by, at=at, text=text)


def step(recovery: Recovery, *, by: User | None, at: datetime, text: str) -> None:
    RecoveryStep.objects.create(recovery=recovery, state=recovery.state, by=by, at=at, text=text)
