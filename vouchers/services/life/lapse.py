"""The own share was not paid in by its day, and the days to read that from the bank are over: the money goes back."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from programmes.models import Application
from programmes.services.review.acting import locked_application, locked_call
from programmes.services.review.agreements import fall_through
from vouchers.enums.vouchers import VoucherState
from vouchers.notices import life as notices
from vouchers.queries.queue import last_day_to_enter
from vouchers.services.life.asking import lock_voucher, move
from vouchers.services.life.issue import issue_if_complete
from vouchers.services.life.reserve import release


@transaction.atomic
def lapse(*, voucher_id: int, at: datetime) -> bool:
    """Let one voucher lapse, if the own share is not complete when the office had its days to enter it. Safe to call
    again."""
    # In the order of all: call and application before the voucher.
    application = Application.objects.select_related("call").get(agreement__voucher=voucher_id)
    locked_call(application.call)
    locked_application(application)
    voucher = lock_voucher(voucher_id)
    if voucher.state != VoucherState.WAITING or last_day_to_enter(voucher) >= timezone.localdate(at):
        return False
    if issue_if_complete(voucher, by=None, at=at):
        return False
    release(application=voucher.agreement.application, by=None, at=at)
    move(voucher, VoucherState.LAPSED, by=None, at=at, ended_at=at)
    fall_through(application=application, at=at)
    notices.lapsed(voucher, at)
    return True
