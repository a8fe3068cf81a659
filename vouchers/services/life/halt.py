"""An officer suspends a voucher while something is looked into, and resumes it."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from vouchers.enums.vouchers import VOUCHER_STATES, VoucherState
from vouchers.models import Voucher
from vouchers.notices import life as notices
from vouchers.services.life.asking import lock_voucher, move, reason_given, require_officer


@transaction.atomic
def suspend(*, voucher: Voucher, text: str, by: User, at: datetime) -> Voucher:
    """Nothing can be ordered until it is resumed; what is ordered goes on. Raises `NotAllowed`, `IllegalTransition`,
    `DomainError` without a reason."""
    locked = lock_voucher(voucher.pk)
    require_officer(by, locked)
    VOUCHER_STATES.check(locked, VoucherState.SUSPENDED)
    move(locked, VoucherState.SUSPENDED, by=by, at=at, text=reason_given(text), suspended_at=at)
    notices.suspended(locked, at)
    return locked


@transaction.atomic
def resume(*, voucher: Voucher, text: str, by: User, at: datetime) -> Voucher:
    """Raises as `suspend`. The term is not made longer by itself: the firm may ask for it."""
    locked = lock_voucher(voucher.pk)
    require_officer(by, locked)
    if locked.state != VoucherState.SUSPENDED:
        VOUCHER_STATES.refuse(locked, VoucherState.ISSUED)
    move(locked, VoucherState.ISSUED, by=by, at=at, text=reason_given(text), suspended_at=None)
    notices.resumed(locked, at)
    return locked
