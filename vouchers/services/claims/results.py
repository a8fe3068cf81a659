"""What the treasury says came of a payment file: read once, all of it or nothing."""

import hashlib
from collections import Counter
from datetime import datetime
from typing import BinaryIO, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.money import won
from marketplace.core.text import tidy
from vouchers.enums.claims import BATCH_STATES, CLAIM_STATES, PAYMENT_STATES, BatchState, ClaimState, PaymentState
from vouchers.enums.money import Verb
from vouchers.enums.recovery import RecoveryState
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Claim, Payment, PaymentBatch, PaymentResult
from vouchers.notices import claims as notices
from vouchers.services.claims.pay import lock_batch, lock_claims, require_no_party
from vouchers.services.claims.result_rows import BadResultFile, ResultRow, RowProblem, read_rows
from vouchers.services.claims.steps import step
from vouchers.services.life.asking import once
from vouchers.services.money.post import post
from vouchers.services.orders.free import finish_if_over
from vouchers.services.recovery.announce import askable_won

MOST_BYTES = 2 * 1024 * 1024


class ReadResult(NamedTuple):
    """`is_new` is False where the same file had been read already; then nothing was changed."""

    result: PaymentResult
    is_new: bool


@transaction.atomic
def read_results(*, batch: PaymentBatch, file: BinaryIO, name: str, by: User, at: datetime) -> ReadResult:
    """Paid: the money leaves the budget and the own share is used. Failed: the claim waits for another file. Sent
    back after it was paid: the payment is reversed, and the claim waits too.

    What was read before stays as it is; the same file again changes nothing. Locks the file, then vouchers, orders,
    claims, payments. Raises `BadResultFile` (every row and field that is wrong), `NotAllowed`, `NotPossibleNow`.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DomainError(_("At most %(most)d MB.") % {"most": MOST_BYTES >> 20}, field="file")
    checksum = hashlib.sha256(content).hexdigest()
    locked = lock_batch(batch)
    payments = require_no_party(by, Permission.PAY_CLAIMS, locked)
    if same := locked.results.filter(sha256=checksum).first():
        return ReadResult(same, False)
    if locked.state not in (BatchState.SENT, BatchState.SETTLED):
        raise NotPossibleNow(_("This file did not go to the treasury yet, so nothing can have come of it."))
    rows = read_rows(content)
    claims = {claim.pk: claim for claim in lock_claims([payment.claim for payment in payments])}
    for payment in payments:
        payment.refresh_from_db()  # under the locks of its file and claim
        payment.claim = claims[payment.claim_id]
    due = _to_be_done(locked, rows, payments, at)
    for payment, row in due:
        _ACTS[row.state](payment, row, by, at)
    if all(payment.state != PaymentState.WAITING for payment in payments) and locked.state == BatchState.SENT:
        BATCH_STATES.move(locked, BatchState.SETTLED, settled_at=at)
    done = Counter(row.state for _payment, row in due)
    result = PaymentResult.objects.create(
        batch=locked, name=tidy(name).replace("\n", " ")[:200] or "–", sha256=checksum,
        paid=done[PaymentState.PAID], failed=done[PaymentState.FAILED], returned=done[PaymentState.RETURNED],
        read_by=by, read_at=at,
    )  # fmt: skip
    return ReadResult(result, True)


def _to_be_done(
    batch: PaymentBatch, rows: list[ResultRow], payments: list[Payment], at: datetime
) -> list[tuple[Payment, ResultRow]]:
    """Rows that say something new, each with its payment. Raises `BadResultFile` with all that does not fit."""
    known = {payment.public_id: payment for payment in payments}
    problems: list[RowProblem] = []
    due: list[tuple[Payment, ResultRow]] = []
    for row in rows:
        payment = known.get(row.payment)
        if payment is None:
            why = _("This payment is not in file %(number)s.") % {"number": batch.number}
            problems.append(RowProblem(row.row, "payment", str(row.payment), why))
        elif found := _unfit(batch, row, payment, at):
            problems.append(found)
        elif payment.state != row.state:
            due.append((payment, row))
    problems += _recovered_already(due)
    if problems:
        raise BadResultFile(problems)
    return sorted(due, key=lambda each: each[0].pk)


def _recovered_already(due: list[tuple[Payment, ResultRow]]) -> list[RowProblem]:
    """Rows that would send back what is being recovered, or was: that money would come back twice."""
    free: dict[int, int] = {}
    problems = []
    for payment, row in due:
        if row.state != PaymentState.RETURNED:
            continue
        voucher = payment.claim.order.voucher
        left = free.setdefault(voucher.pk, askable_won(voucher))
        free[voucher.pk] = left - payment.government_won
        if free[voucher.pk] < 0:
            asked = ", ".join(voucher.recoveries.exclude(state=RecoveryState.DROPPED).values_list("number", flat=True))
            why = _(
                "Of claim %(number)s money is asked back already (%(asked)s). Leave this row out. Enter what came back "
                "as a receipt there; where nothing is owed any more, drop that recovery and read this row again."
            )
            given = {"number": payment.claim.number, "asked": asked}
            problems.append(RowProblem(row.row, "result", row.state, why % given))
    return problems


def _unfit(batch: PaymentBatch, row: ResultRow, payment: Payment, at: datetime) -> RowProblem | None:
    if row.amount_won != payment.total_won:
        why = _("It was %(amount)s that was to be paid.") % {"amount": won(payment.total_won)}
        return RowProblem(row.row, "amount_won", str(row.amount_won), why)
    assert batch.sent_at is not None
    if not timezone.localdate(batch.sent_at) <= row.day <= timezone.localdate(at):
        return RowProblem(row.row, "day", row.day.isoformat(), _("A day from the file's sending to today."))
    if payment.state != row.state and not PAYMENT_STATES.can(payment, row.state):
        why = _("Claim %(number)s is “%(now)s” here, so this cannot have come of it.") % {
            "number": payment.claim.number, "now": payment.get_state_display(),
        }  # fmt: skip
        return RowProblem(row.row, "result", row.state, why)
    if row.state == PaymentState.RETURNED and payment.claim.order.voucher.state == VoucherState.CLOSED:
        why = _("The voucher of claim %(number)s is closed. Enter this money as a recovery.")
        return RowProblem(row.row, "result", row.state, why % {"number": payment.claim.number})
    return None


def _paid(payment: Payment, row: ResultRow, by: User, at: datetime) -> None:
    claim = payment.claim
    PAYMENT_STATES.move(payment, PaymentState.PAID, result_on=row.day, result_text=row.text)
    _move_money(Verb.DISBURSE, "paid", payment, by, at)
    _use_own(claim, payment.own_won)
    CLAIM_STATES.move(claim, ClaimState.PAID, paid_at=at)
    made = step(claim, by=by, at=at)
    finish_if_over(claim.order, at)
    notices.paid(claim, made, at)


def _failed(payment: Payment, row: ResultRow, by: User, at: datetime) -> None:
    PAYMENT_STATES.move(payment, PaymentState.FAILED, result_on=row.day, result_text=row.text)
    _back_to_approved(payment.claim, row, by, at)


def _returned(payment: Payment, row: ResultRow, by: User, at: datetime) -> None:
    PAYMENT_STATES.move(payment, PaymentState.RETURNED, result_on=row.day, result_text=row.text)
    _move_money(Verb.REVERSE, "returned", payment, by, at)
    _use_own(payment.claim, -payment.own_won)
    _back_to_approved(payment.claim, row, by, at)


_ACTS = {PaymentState.PAID: _paid, PaymentState.FAILED: _failed, PaymentState.RETURNED: _returned}


def _back_to_approved(claim: Claim, row: ResultRow, by: User, at: datetime) -> None:
    CLAIM_STATES.move(claim, ClaimState.APPROVED, paid_at=None)
    made = step(claim, by=by, at=at, text=row.text)
    notices.sent_back(claim, made, at)


def _move_money(verb: Verb, what: str, payment: Payment, by: User, at: datetime) -> None:
    voucher = payment.claim.order.voucher
    post(
        line_id=voucher.line_id, verb=verb, amount_won=payment.government_won, subject=payment.claim.public_id,
        key=once(payment.public_id, what), by=by, at=at, voucher=voucher,
    )  # fmt: skip


def _use_own(claim: Claim, amount_won: int) -> None:
    voucher = claim.order.voucher  # locked
    voucher.own_used_won += amount_won
    voucher.save(update_fields=["own_used_won", "updated_at"])


__all__ = ["BadResultFile", "ReadResult", "read_results"]
