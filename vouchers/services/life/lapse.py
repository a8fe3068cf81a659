"""The own share was not paid in by its day and what the office needs to read that from the bank, or the firm gives the
voucher up: the money goes back to the budget."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import Conflict
from programmes.models import Application
from programmes.services.review.acting import locked_application, locked_call
from programmes.services.review.agreements import fall_through
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Voucher
from vouchers.notices import life as notices
from vouchers.queries.queue import last_day_to_enter
from vouchers.services.life.asking import lock_voucher, move, reason_given, require_holder
from vouchers.services.life.issue import issue_if_complete
from vouchers.services.life.reserve import release


@transaction.atomic
def lapse(*, voucher_id: int, at: datetime) -> bool:
    """Let one voucher lapse, if the own share is not complete when the office had its days to enter it. Safe to call
    again."""
    voucher = _locked(voucher_id)
    if voucher.state != VoucherState.WAITING or last_day_to_enter(voucher) >= timezone.localdate(at):
        return False
    if issue_if_complete(voucher, by=None, at=at):
        return False
    _let_go(voucher, by=None, at=at)
    notices.lapsed(voucher, at)
    return True


@transaction.atomic
def give_up(*, voucher: Voucher, text: str, by: User, at: datetime) -> Voucher:
    """A manager of the firm gives up a voucher that waits for its own share; what was paid in goes back.

    Raises `NotAllowed`, `Conflict` for one that does not wait any more, `DomainError` without a reason.
    """
    locked = _locked(voucher.pk)
    require_holder(by, Permission.SIGN_AGREEMENTS, locked)
    said = reason_given(text)
    if locked.state != VoucherState.WAITING:
        raise Conflict(_("This voucher does not wait for its own share any more. Ask for its end instead."))
    _let_go(locked, by=by, at=at, text=said)
    return locked


def _locked(voucher_id: int) -> Voucher:
    """In the order of all: call and application before the voucher."""
    application = Application.objects.select_related("call").get(agreement__voucher=voucher_id)
    locked_call(application.call)
    locked_application(application)
    return lock_voucher(voucher_id)


def _let_go(voucher: Voucher, *, by: User | None, at: datetime, text: str = "") -> None:
    application = voucher.agreement.application
    release(application=application, by=by, at=at)
    move(voucher, VoucherState.LAPSED, by=by, at=at, text=text, ended_at=at)
    fall_through(application=application, by=by, text=text, at=at)
