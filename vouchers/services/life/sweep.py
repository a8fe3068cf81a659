"""What a crash left between two steps is finished; what time has brought is done: one row, one transaction each.

The steps of a voucher are single transactions, so a crash leaves nothing half done; it leaves what was to follow. All
of it can be asked from the rows, so a run that was missed heals by itself, and two runs at once do nothing twice.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

import structlog
from django.db import DatabaseError
from django.db.models import F, Q, Sum
from django.utils import timezone

from marketplace.core.errors import DomainError
from programmes.enums.calls import SchemeKind
from programmes.enums.review import AgreementState
from programmes.models import Agreement, Application
from vouchers.enums.money import Verb
from vouchers.enums.orders import OrderState
from vouchers.enums.recovery import RecoveryState
from vouchers.enums.vouchers import OVER, VoucherState
from vouchers.models import LedgerEntry, Order, Recovery, RecoveryInstalment, Voucher
from vouchers.notices import life as notices
from vouchers.notices import orders as order_notices
from vouchers.notices import recovery as recovery_notices
from vouchers.queries.claims import last_day_to_hand_in
from vouchers.queries.life import is_paid_in
from vouchers.queries.queue import days_for
from vouchers.queries.recovery import next_due_on
from vouchers.services.life.found import found
from vouchers.services.life.issue import issue
from vouchers.services.life.lapse import lapse
from vouchers.services.life.over import RUNNING, close_used_up, expire, settle
from vouchers.services.life.reserve import release
from vouchers.services.recovery.receive import become_delinquent

log = structlog.get_logger(__name__)
REMIND_BEFORE = 5  # days before the own share is to be paid in, or the next part of a debt
TERM_BEFORE = 30  # days before the term ends
GRACE_BEFORE = 14  # days before what was ordered runs out


def sweep(*, at: datetime) -> dict[str, int]:
    """Finish or release what was left. How many of each kind something was done for."""
    return {
        "founded": _each(_signed_without_voucher(), lambda pk: _found(pk, at)),
        "released": _each(_reserved_for_nobody(), lambda pk: _release(pk, at)),
        "issued": _each(_complete(), lambda pk: issue(voucher_id=pk, at=at)),
        "settled": _each(_over_with_something_open(), lambda pk: settle(voucher_id=pk, at=at)),
    }


def nightly(*, at: datetime) -> dict[str, int]:
    """Just after midnight in Korea: what days bring, after what a crash left. People are told in the morning."""
    today = timezone.localdate(at)
    read_by = today - timedelta(days=days_for()["own_share"])
    waiting = Voucher.objects.filter(state=VoucherState.WAITING, deposit_by__lt=read_by)
    ended = Voucher.objects.filter(state__in=RUNNING, valid_until__lt=today)
    used = Voucher.objects.filter(state=VoucherState.ISSUED, open_won=0, bound_won=0)
    parts = RecoveryInstalment.objects.filter(due_on__lt=today).values("recovery")
    overdue = Recovery.objects.filter(Q(pay_by__lt=today) | Q(pk__in=parts), state=RecoveryState.CONFIRMED)
    return {
        **sweep(at=at),
        "lapsed": _each(_pks(waiting), lambda pk: lapse(voucher_id=pk, at=at)),
        "expired": _each(_pks(ended), lambda pk: expire(voucher_id=pk, at=at)),
        "closed": _each(_pks(Voucher.objects.filter(state__in=OVER)), lambda pk: settle(voucher_id=pk, at=at))
        + _each(_pks(used), lambda pk: close_used_up(voucher_id=pk, at=at)),
        "delinquent": _each(_pks(overdue), lambda pk: become_delinquent(recovery_id=pk, at=at)),
    }


def remind(*, at: datetime) -> int:
    """In the morning, once each: own shares that are still missing, terms that end soon, orders that run out soon, and
    what is to be paid back soon. How many of them."""
    today = timezone.localdate(at)
    missing = Voucher.objects.filter(
        state=VoucherState.WAITING, deposit_by__range=(today, today + timedelta(days=REMIND_BEFORE))
    )
    ending = Voucher.objects.filter(
        state=VoucherState.ISSUED, open_won__gt=0, valid_until__range=(today, today + timedelta(days=TERM_BEFORE))
    )
    unpaid = [each for each in missing.select_related("holder").order_by("pk") if not is_paid_in(each)]
    for voucher in unpaid:
        notices.own_share_missing(voucher, at)
    for voucher in ending.select_related("holder").order_by("pk"):
        notices.term_ends(voucher, at)
    return len(unpaid) + len(ending) + _remind_of_grace(today, at) + _remind_of_debts(today, at)


def _remind_of_grace(today: date, at: datetime) -> int:
    rows = Order.objects.filter(state=OrderState.RUNNING, voucher__state__in=OVER).select_related(
        "provider", "voucher__agreement__application__version"
    )
    told = 0
    for order in rows.order_by("pk"):
        last = last_day_to_hand_in(order.voucher)
        if last is not None and today <= last <= today + timedelta(days=GRACE_BEFORE):
            order_notices.grace_ends(order, last, at)
            told += 1
    return told


def _remind_of_debts(today: date, at: datetime) -> int:
    told = 0
    for recovery in Recovery.objects.filter(state=RecoveryState.CONFIRMED).for_list().order_by("pk"):
        due_on = next_due_on(recovery, today)
        if due_on is not None and today <= due_on <= today + timedelta(days=REMIND_BEFORE):
            recovery_notices.due_soon(recovery, due_on, at)
            told += 1
    return told


def _each(keys: Iterable[int], do: Callable[[int], object]) -> int:
    """One that fails is logged and holds up nobody."""
    done = 0
    for pk in keys:
        try:
            done += bool(do(pk))
        except (DomainError, DatabaseError) as error:
            log.error("voucher_sweep_failed", pk=pk, error=str(error), exc_info=True)
    return done


def _pks(rows: "object") -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]


def _signed_without_voucher() -> list[int]:
    return _pks(
        Agreement.objects.filter(
            state=AgreementState.SIGNED, voucher__isnull=True, application__call__kind=SchemeKind.VOUCHER,
            application__call__is_rehearsal=False,
        )
    )  # fmt: skip


def _found(pk: int, at: datetime) -> object:
    return found(agreement=Agreement.objects.get(pk=pk), by=None, at=at)


def _reserved_for_nobody() -> list[int]:
    """Applications with money reserved by the ledger that are selected no more and have no voucher that waits."""
    held = (
        LedgerEntry.objects.filter(verb__in=[Verb.RESERVE, Verb.RELEASE, Verb.COMMIT])
        .values("subject")
        .annotate(
            reserved=Sum("amount_won", filter=Q(verb=Verb.RESERVE), default=0),
            gone=Sum("amount_won", filter=~Q(verb=Verb.RESERVE), default=0),
        )
        .filter(reserved__gt=F("gone"))
        .values("subject")
    )
    gone = Application.objects.filter(public_id__in=held).exclude(state__in=["selected", "agreed"])
    lapsed = Application.objects.filter(public_id__in=held, agreement__voucher__state=VoucherState.LAPSED)
    return sorted({*_pks(gone), *_pks(lapsed)})


def _release(pk: int, at: datetime) -> object:
    return release(application=Application.objects.get(pk=pk), by=None, at=at)


def _complete() -> list[int]:
    paid = Sum(
        F("deposits__amount_won"), filter=Q(deposits__is_refund=False), default=0
    ) - Sum(F("deposits__amount_won"), filter=Q(deposits__is_refund=True), default=0)  # fmt: skip
    rows = Voucher.objects.filter(state=VoucherState.WAITING).annotate(paid=paid)
    return _pks(rows.filter(paid__gte=F("own_won")))


def _over_with_something_open() -> list[int]:
    return _pks(Voucher.objects.filter(state__in=OVER, open_won__gt=0))
