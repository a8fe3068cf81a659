"""A confirmed recovery is paid back: in one go or by a plan; what came in is entered; what did not is delinquent."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import won
from marketplace.core.text import tidy
from vouchers.enums.money import Verb
from vouchers.enums.recovery import RECOVERY_STATES, RecoveryState
from vouchers.models import Recovery, RecoveryInstalment, RecoveryReceipt
from vouchers.notices import recovery as notices
from vouchers.querysets.recovery import OWED
from vouchers.recovery import Instalment, behind_on, monthly_plan, owed_on, split
from vouchers.services.life.asking import once
from vouchers.services.money.post import post
from vouchers.services.recovery.announce import rules_of
from vouchers.services.recovery.asking import lock_recovery, move, owed_of, received_of, require_officer, step


class ReferenceUsed(Conflict):
    """That line of the bank statement was entered already."""

    code = "reference_used"


def require_owed(recovery: Recovery) -> None:
    if recovery.state not in OWED:
        raise NotPossibleNow(_("This is “%(now)s”: nothing can be paid on it.") % {"now": recovery.get_state_display()})


@transaction.atomic
def set_plan(*, recovery: Recovery, first_on: date, count: int, by: User, at: datetime) -> Recovery:
    """Let it be paid in `count` monthly parts from `first_on` on, interest until then included. Replaces a plan.

    Raises `NotAllowed`, `NotPossibleNow` unless it is confirmed and not overdue, `DomainError`.
    """
    locked = lock_recovery(recovery)
    require_officer(by, locked)
    if locked.state != RecoveryState.CONFIRMED:
        raise NotPossibleNow(_("A plan is made for what is confirmed and not overdue."))
    today, most = timezone.localdate(at), rules_of(locked).most_instalments
    if not 2 <= count <= most:
        raise DomainError(_("Between 2 and %(most)d parts.") % {"most": most}, field="count")
    if not today < first_on or (first_on - today).days > 92:
        raise DomainError(_("The first part is due within three months from tomorrow on."), field="first_on")
    received = received_of(locked)
    if owed_on(locked.debt, received, first_on).total_won < count:
        raise DomainError(_("There are more parts than won."), field="count")
    plan = monthly_plan(locked.debt, received, first_on, count)
    locked.instalments.all().delete()
    RecoveryInstalment.objects.bulk_create(
        RecoveryInstalment(recovery=locked, serial=serial, due_on=part.due_on, amount_won=part.amount_won)
        for serial, part in enumerate(plan, 1)
    )
    locked.pay_by, locked.plan_after = plan[-1].due_on, len(received)
    locked.save(update_fields=["pay_by", "plan_after", "updated_at"])
    said = ", ".join(f"{part.due_on.isoformat()}: {part.amount_won}" for part in plan)
    step(locked, by=by, at=at, text=said)
    notices.planned(locked, at)
    return locked


@transaction.atomic
def enter_receipt(
    *, recovery: Recovery, amount_won: int, received_on: date, reference: str, key: UUID, by: User, at: datetime
) -> RecoveryReceipt:
    """Enter what came in: it pays interest until that day, then principal, then surcharge. Principal moves by `post`.

    The same `key` gives the first receipt again. Raises `NotAllowed`, `ReferenceUsed`, `KeyReused`, `NotPossibleNow`,
    `DomainError` for more than is owed, a day to come, or one before a receipt that was entered.
    """
    locked = lock_recovery(recovery)
    require_officer(by, locked)
    said = tidy(reference)
    # Inside the lock: a second call that waited here sees the first one's receipt.
    if earlier := locked.receipts.filter(key=key).first():
        if (earlier.total_won, earlier.received_on, earlier.reference) != (amount_won, received_on, said):
            raise KeyReused(_("This key was used for another receipt. Send this one with a key of its own."))
        return earlier
    require_owed(locked)
    if not said:
        raise DomainError(_("Name the reference of the bank."), field="reference")
    if locked.receipts.filter(reference=said).exists():
        raise ReferenceUsed(_("A receipt with this reference was entered already."), field="reference")
    received = received_of(locked)
    if received_on > timezone.localdate(at) or received_on < max(
        [timezone.localdate(locked.noticed_at), *(each.on for each in received)]
    ):
        raise DomainError(
            _("A day until today, not before the announcement or the receipt entered last."), field="received_on"
        )
    owed = owed_on(locked.debt, received, received_on)
    if not 0 < amount_won <= owed.total_won:
        raise DomainError(
            _("Between 1 won and %(owed)s, which was owed that day. What is above it goes back to the debtor.")
            % {"owed": won(owed.total_won)},
            field="amount_won",
        )
    return _written(locked, amount_won, received_on, said, key, by, at)


def _written(
    recovery: Recovery, amount_won: int, received_on: date, reference: str, key: UUID, by: User, at: datetime
) -> RecoveryReceipt:
    parts = split(owed_of(recovery, received_on), amount_won)
    receipt = RecoveryReceipt.objects.create(
        recovery=recovery, received_on=received_on, reference=reference, entered_by=by, entered_at=at, key=key,
        principal_won=parts.principal_won, interest_won=parts.interest_won, surcharge_won=parts.surcharge_won,
    )  # fmt: skip
    if parts.principal_won:
        post(
            line_id=recovery.voucher.line_id, verb=Verb.RECOVER, amount_won=parts.principal_won,
            subject=recovery.public_id, key=once(recovery.public_id, f"receipt {key}"), by=by, at=at,
            voucher=recovery.voucher,
        )  # fmt: skip
        recovery.recovered_won += parts.principal_won
        recovery.save(update_fields=["recovered_won", "updated_at"])
    if owed_of(recovery, received_on).total_won == 0:
        move(recovery, RecoveryState.PAID_BACK, by=by, at=at, text=reference)
        notices.paid_back(recovery, at)
    return receipt


@transaction.atomic
def become_delinquent(*, recovery_id: int, at: datetime) -> bool:
    """Whether it was: confirmed, and not paid by its last day, or behind its plan. For the night.

    A part that did not come by its day ends the plan: all that is left is due, and collected by force from now on.
    """
    locked = lock_recovery(Recovery.objects.get(pk=recovery_id))
    missed_on = _missed_on(locked, timezone.localdate(at))
    if locked.state != RecoveryState.CONFIRMED or missed_on is None:
        return False
    RECOVERY_STATES.check(locked, RecoveryState.DELINQUENT)
    move(locked, RecoveryState.DELINQUENT, by=None, at=at)
    notices.delinquent(locked, missed_on, at)
    return True


def _missed_on(recovery: Recovery, today: date) -> date | None:
    """The first day by which money should have come and did not."""
    plan = [Instalment(each.due_on, each.amount_won) for each in recovery.instalments.order_by("serial")]
    received = received_of(recovery)[recovery.plan_after :]
    for part in plan:
        if part.due_on < today and behind_on(plan, received, part.due_on + timedelta(days=1)):
            return part.due_on
    return recovery.pay_by if recovery.pay_by is not None and recovery.pay_by < today else None
