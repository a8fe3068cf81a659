"""A voucher is over: its term ends, or it ends early; then it is closed, when nothing of it is bound any more."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from marketplace.core.money import BASIS_POINTS
from vouchers.enums.claims import HOLDS_MONEY, ClaimState
from vouchers.enums.orders import OrderState
from vouchers.enums.vouchers import OVER, VOUCHER_STATES, ChangeKind, ChangeState, VoucherState
from vouchers.models import Claim, Order, Voucher
from vouchers.notices import life as notices
from vouchers.queries.claims import may_be_sent_back
from vouchers.queries.orders import scheme_of
from vouchers.services.life.asking import lock_voucher, move, reason_given, require_officer, return_open
from vouchers.services.orders.run_out import run_out, take_back_placed

RUNNING = (VoucherState.ISSUED, VoucherState.SUSPENDED)


@transaction.atomic
def expire(*, voucher_id: int, at: datetime) -> bool:
    """The term is over: what nothing is ordered for goes back, what is ordered is waited for. Safe to call again.

    Not while a longer term, asked for within the old one, waits for the office: whose delay is not the firm's. Nothing
    can be ordered meanwhile.
    """
    voucher = lock_voucher(voucher_id)
    today = timezone.localdate(at)
    if voucher.state not in RUNNING or voucher.valid_until is None or voucher.valid_until >= today:
        return False
    asked = voucher.changes.filter(kind=ChangeKind.EXTEND, state=ChangeState.ASKED)
    if asked.filter(asked_at__date__lte=voucher.valid_until).exists():
        return False
    move(voucher, VoucherState.EXPIRED, by=None, at=at, ended_at=at)
    take_back_placed(voucher, at=at)
    return_open(voucher, by=None, at=at)
    notices.expired(voucher, at)
    return True


@transaction.atomic
def end_early(*, voucher: Voucher, text: str, by: User, at: datetime) -> Voucher:
    """An officer ends it before its term, with the reason. Raises `NotAllowed`, `IllegalTransition`, `DomainError`."""
    locked = lock_voucher(voucher.pk)
    require_officer(by, locked)
    VOUCHER_STATES.check(locked, VoucherState.ENDED)
    end_locked(locked, reason_given(text), by=by, at=at)
    return locked


def end_locked(voucher: Voucher, text: str, *, by: User, at: datetime) -> None:
    move(voucher, VoucherState.ENDED, by=by, at=at, text=text, ended_at=at, end_reason=text)
    take_back_placed(voucher, at=at)
    return_open(voucher, by=by, at=at)
    notices.ended(voucher, at)


def still_runs(voucher: Voucher) -> bool:
    """Whether work is waited for, or a claim until it is decided and paid."""
    claims = Claim.objects.filter(order__voucher=voucher, state__in=HOLDS_MONEY).exclude(state=ClaimState.PAID)
    return claims.exists() or Order.objects.filter(voucher=voucher, state=OrderState.RUNNING).exists()


@transaction.atomic
def settle(*, voucher_id: int, at: datetime) -> bool:
    """End what ran out, return what came free, close what is over and waits for nothing, nor for the bank, which may
    send a payment back: closed, it could not be paid again. Whether it is closed now."""
    voucher = lock_voucher(voucher_id)
    if voucher.state not in OVER:
        return False
    run_out(voucher, at=at)
    return_open(voucher, by=None, at=at)
    if voucher.bound_won or still_runs(voucher) or may_be_sent_back(voucher, timezone.localdate(at)):
        return False
    _close(voucher, by=None, at=at)
    return True


@transaction.atomic
def close_used_up(*, voucher_id: int, at: datetime) -> bool:
    """Close one that runs and of which every won is paid, for good. Safe to call again."""
    voucher = lock_voucher(voucher_id)
    if voucher.state != VoucherState.ISSUED or voucher.open_won or voucher.bound_won:
        return False
    if still_runs(voucher) or may_be_sent_back(voucher, timezone.localdate(at)):
        return False
    _close(voucher, by=None, at=at)
    return True


def unused_bp(voucher: Voucher) -> int:
    """What was returned of the face, in basis points, rounded down: in favour of the firm."""
    return voucher.returned_won * BASIS_POINTS // voucher.face_won


def _close(voucher: Voucher, *, by: User | None, at: datetime) -> None:
    scheme, unused = scheme_of(voucher), unused_bp(voucher)
    also: dict[str, Any] = {"closed_at": at, "unused_bp": unused}
    if unused > scheme.unused_bp and scheme.barred_years:
        year = timezone.localdate(at).year
        also |= {"barred_from": date(year + 1, 1, 1), "barred_until": date(year + scheme.barred_years, 12, 31)}
    move(voucher, VoucherState.CLOSED, by=by, at=at, **also)
    notices.closed(voucher, at)
