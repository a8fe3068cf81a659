"""The own share was not paid in by its day: the money goes back to the budget."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from vouchers.enums.vouchers import VoucherState
from vouchers.notices import life as notices
from vouchers.services.life.asking import lock_voucher, move
from vouchers.services.life.issue import issue_if_complete
from vouchers.services.life.reserve import release


@transaction.atomic
def lapse(*, voucher_id: int, at: datetime) -> bool:
    """Let one voucher lapse, if its day has passed and the own share is not complete. Safe to call again."""
    voucher = lock_voucher(voucher_id)
    if voucher.state != VoucherState.WAITING or voucher.deposit_by >= timezone.localdate(at):
        return False
    if issue_if_complete(voucher, by=None, at=at):
        return False
    release(application=voucher.agreement.application, by=None, at=at)
    move(voucher, VoucherState.LAPSED, by=None, at=at, ended_at=at)
    notices.lapsed(voucher, at)
    return True
