"""A confirmed recovery is paid back: in one go or by a plan; what came in is entered; what did not is delinquent."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from marketplace.core.money import won
from marketplace.core.text import tidy
from vouchers.enums.money import Verb
from vouchers.enums.recovery import RecoveryState
from vouchers.models import Recovery, RecoveryInstalment, RecoveryReceipt
from vouchers.notices import recovery as notices
from vouchers.querysets.recovery import OWED
from vouchers.recovery import Instalment, Missed, missed_by, monthly_plan, owed_on, split
from vouchers.services.life.asking import once
from vouchers.services.life.bank import once_per_line
from vouchers.services.money.post import post
from vouchers.services.recovery.announce import rules_of
from vouchers.services.recovery.asking import lock_recovery, move, owed_of, received_of, require_officer, step


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
    today, most = timezone.localdate(at), rules_of(locked).most_instalments
    # Also where the night that finds it has not come yet.
    if locked.state != RecoveryState.CONFIRMED or _missed(locked, today):
        raise NotPossibleNow(_("A plan is made for what is confirmed and not overdue."))
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
    notices.planned(locked, plan[0].due_on, at)
    return locked


@transaction.atomic
def enter_receipt(
    *, recovery: Recovery, amount_won: int, received_on: date, reference: str, key: UUID, by: User, at: datetime
) -> RecoveryReceipt:
    """Enter what came in: it pays interest until that day, then principal, surcharge and the addition for coming late.
    Principal moves by `post`. What came in time and is entered late takes back what was held against the debtor.

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
    received = received_of(locked)
    if received_on > timezone.localdate(at) or received_on < max(
        [timezone.localdate(locked.noticed_at), *(each.on for each in received)]
    ):
        raise DomainError(
            _("A day until today, not before the announcement or the receipt entered last."), field="received_on"
        )
    if not _would_be_in_time(locked, received_on, timezone.localdate(at)):
        _fall_behind(locked, at)  # the night that was missed
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
    with once_per_line(recovery.voucher, received_on, reference):
        receipt = RecoveryReceipt.objects.create(
            recovery=recovery, received_on=received_on, reference=reference, entered_by=by, entered_at=at, key=key,
            principal_won=parts.principal_won, interest_won=parts.interest_won, surcharge_won=parts.surcharge_won,
            late_won=parts.late_won,
        )  # fmt: skip
    if parts.principal_won:
        post(
            line_id=recovery.voucher.line_id, verb=Verb.RECOVER, amount_won=parts.principal_won,
            subject=recovery.public_id, key=once(recovery.public_id, f"receipt {key}"), by=by, at=at,
            voucher=recovery.voucher,
        )  # fmt: skip
        recovery.recovered_won += parts.principal_won
        recovery.save(update_fields=["recovered_won", "updated_at"])
    if recovery.late_from is not None and received_on < recovery.late_from:
        _reckon_again(recovery, reference, by, at)
    if owed_of(recovery, received_on).total_won == 0:
        move(recovery, RecoveryState.PAID_BACK, by=by, at=at, text=reference)
        notices.paid_back(recovery, at)
    return receipt


@transaction.atomic
def become_delinquent(*, recovery_id: int, at: datetime) -> bool:
    """Whether it was: confirmed, and not paid by its last day, or behind its plan. For the night.

    A part that did not come by its day ends the plan: all that is left is due, and collected by force from now on. What
    was due that day and did not come is more by the addition of the rules, once.
    """
    return _fall_behind(lock_recovery(Recovery.objects.get(pk=recovery_id)), at)


def _fall_behind(locked: Recovery, at: datetime) -> bool:
    missed = _missed(locked, timezone.localdate(at))
    if locked.state != RecoveryState.CONFIRMED or missed is None:
        return False
    late: dict[str, Any] = {"late_due_won": missed.due_won, "late_won": rules_of(locked).late_won(missed.due_won)}
    move(locked, RecoveryState.DELINQUENT, by=None, at=at, late_from=missed.on + timedelta(days=1), **late)
    notices.delinquent(locked, missed.on, at)
    return True


def _would_be_in_time(recovery: Recovery, received_on: date, today: date) -> bool:
    missed = _missed(recovery, today)
    return missed is None or received_on <= missed.on


def _reckon_again(recovery: Recovery, reference: str, by: User, at: datetime) -> None:
    """Of a locked one that is overdue, after money was entered that had come by its day: less was late, or nothing."""
    missed = _missed(recovery, timezone.localdate(at))
    if missed is None or missed.on + timedelta(days=1) != recovery.late_from:
        none: dict[str, Any] = {"late_from": None, "late_due_won": 0, "late_won": 0}
        move(recovery, RecoveryState.CONFIRMED, by=by, at=at, text=reference, **none)
        if not _fall_behind(recovery, at):  # by a later part of its plan
            notices.in_time(recovery, reference, at)
        return
    recovery.late_due_won, recovery.late_won = missed.due_won, rules_of(recovery).late_won(missed.due_won)
    recovery.save(update_fields=["late_due_won", "late_won", "updated_at"])


def _missed(recovery: Recovery, today: date) -> Missed | None:
    if recovery.pay_by is None:
        return None
    plan = [Instalment(each.due_on, each.amount_won) for each in recovery.instalments.order_by("serial")]
    return missed_by(
        recovery.debt, plan, received_of(recovery), plan_after=recovery.plan_after, pay_by=recovery.pay_by, today=today
    )
