"""Payment files for the treasury: prepared by one officer from approved claims, sent by another."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.exports import csv_lines
from marketplace.core.idempotency import KeyReused
from programmes.models import Call
from vouchers.enums.claims import BATCH_STATES, CLAIM_STATES, PAYMENT_STATES, BatchState, ClaimState, PaymentState
from vouchers.models import Claim, Payment, PaymentBatch
from vouchers.numbers import take
from vouchers.services.claims.steps import step
from vouchers.services.life.asking import lock_voucher
from vouchers.services.orders.asking import (
    lock_claim,
    lock_order,
    reason_given,
    refuse_related,
    require,
    require_officer,
)

MOST_CLAIMS = 500
HEADER = (
    "payment", "claim", "payee", "bank", "account", "government_won", "own_won", "amount_won", "result", "day", "text",
)  # fmt: skip


class AccountMissing(NotPossibleNow):
    """The provider has named no account to pay to."""

    code = "account_missing"


def lock_claims(claims: Iterable[Claim]) -> list[Claim]:
    """Vouchers, then orders, then claims, each by primary key; the claims as `claim.order.voucher`."""
    rows = list(Claim.objects.filter(pk__in=[claim.pk for claim in claims]).select_related("order"))
    vouchers = {pk: lock_voucher(pk) for pk in sorted({claim.order.voucher_id for claim in rows})}
    orders = {pk: lock_order(pk) for pk in sorted({claim.order_id for claim in rows})}
    for order in orders.values():
        order.voucher = vouchers[order.voucher_id]
    locked = [lock_claim(pk) for pk in sorted(claim.pk for claim in rows)]
    for claim in locked:
        claim.order = orders[claim.order_id]
    return locked


@transaction.atomic
def prepare_batch(*, call: Call, claims: Collection[UUID], key: UUID, by: User, at: datetime) -> PaymentBatch:
    """Put approved claims of a call into a file: each to the account its provider has now. VAT is not in it.

    All or nothing; the same `key` again gives the same file. `claims` are public ids. Raises `NotAllowed`,
    `NotPossibleNow` (not approved any more), `AccountMissing`, `SelfDealing`, `KeyReused`, `DomainError`.
    """
    call = Call.objects.select_for_update(of=["self"], no_key=True).select_related("office").get(pk=call.pk)
    require(by, Permission.PAY_CLAIMS, call.office)
    if earlier := PaymentBatch.objects.filter(call=call, key=key).first():
        if set(earlier.payments.values_list("claim__public_id", flat=True)) != set(claims):
            raise KeyReused(_("This key was used for another file. Send this one with a key of its own."))
        return earlier
    if call.is_rehearsal:
        raise NotPossibleNow(_("This is a rehearsal: no money moves, and nobody outside is told."))
    if not claims or len(set(claims)) > MOST_CLAIMS:
        raise DomainError(_("Choose between 1 and %(most)d claims.") % {"most": MOST_CLAIMS}, field="claims")
    rows = lock_claims(Claim.objects.filter(public_id__in=claims, order__voucher__line__call=call))
    if len(rows) != len(set(claims)):
        raise DomainError(_("Some of these are not claims of this call."), field="claims")
    batch = PaymentBatch.objects.create(
        number=take("batch", at), call=call, total_won=sum(claim.supply_won for claim in rows), prepared_by=by,
        prepared_at=at, key=key,
    )  # fmt: skip
    for claim in rows:
        _take_up(batch, claim, by, at)
    batch.sha256 = hashlib.sha256(content_of(batch)).hexdigest()
    batch.save(update_fields=["sha256", "updated_at"])
    return batch


def _take_up(batch: PaymentBatch, claim: Claim, by: User, at: datetime) -> None:
    require_officer(by, Permission.PAY_CLAIMS, claim.order)
    if claim.state != ClaimState.APPROVED:
        raise NotPossibleNow(
            _("Claim %(number)s is “%(state)s” and cannot be paid now. Reload the page.")
            % {"number": claim.number, "state": claim.get_state_display()}
        )
    refuse_related(claim.order.voucher.holder, claim.order.provider)
    name, bank, account = payee_of(claim.order.provider)
    CLAIM_STATES.move(claim, ClaimState.PAYING)
    Payment.objects.create(
        batch=batch, claim=claim, government_won=claim.government_won, own_won=claim.own_won, payee_name=name,
        bank_code=bank, bank_account=account,
    )  # fmt: skip
    step(claim, by=by, at=at, text=batch.number)


def payee_of(provider: Organization) -> tuple[str, str, str]:
    """(name, bank, account) as the provider's details say now. Raises `AccountMissing`."""
    profile = getattr(provider, "business_profile", None)
    if profile is None or not profile.bank_account:
        raise AccountMissing(
            _("“%(name)s” has named no bank account. Ask a manager of it to fill it in.") % {"name": provider}
        )
    return provider.name, profile.bank_code, profile.bank_account


def content_of(batch: PaymentBatch) -> bytes:
    """The file as the treasury gets it; what came of each payment is filled in there and sent back."""
    rows: list[tuple[object, ...]] = [HEADER]
    for each in batch.payments.select_related("claim").order_by("claim__number"):
        rows.append(
            (
                str(each.public_id),
                each.claim.number,
                each.payee_name,
                each.bank_code,
                each.bank_account,
                each.government_won,
                each.own_won,
                each.total_won,
                "",
                "",
                "",
            )
        )
    return "".join(csv_lines(rows)).encode()


def lock_batch(batch: PaymentBatch) -> PaymentBatch:
    """Before the rows of its payments: two who work on one file meet here."""
    return PaymentBatch.objects.select_for_update(of=["self"]).select_related("call__office").get(pk=batch.pk)


def require_no_party(by: User, permission: Permission, batch: PaymentBatch) -> list[Payment]:
    """The payments of a locked file, after `by` was asked for each of them. Raises `NotAllowed`."""
    require(by, permission, batch.call.office)
    payments = list(
        batch.payments.select_related("claim__order__voucher__line__call__office", "claim__order__provider")
    )
    for order in {payment.claim.order_id: payment.claim.order for payment in payments}.values():
        require_officer(by, permission, order)
    return sorted(payments, key=lambda payment: payment.pk)


@transaction.atomic
def send_batch(*, batch: PaymentBatch, by: User, at: datetime) -> PaymentBatch:
    """Say that the file went to the treasury: never by who prepared it, and only as it was prepared.

    Raises `NotAllowed`, `NotPossibleNow` where the file is not what it was, `IllegalTransition`.
    """
    locked = lock_batch(batch)
    require_no_party(by, Permission.PAY_CLAIMS, locked)
    if locked.prepared_by_id == by.pk:
        raise NotAllowed(_("You prepared this file: a second officer has to send it."))
    BATCH_STATES.check(locked, BatchState.SENT)
    if hashlib.sha256(content_of(locked)).hexdigest() != locked.sha256:
        raise NotPossibleNow(_("The file is not what was prepared. Cancel it and prepare it again."))
    BATCH_STATES.move(locked, BatchState.SENT, sent_by=by, sent_at=at)
    return locked


@transaction.atomic
def cancel_batch(*, batch: PaymentBatch, reason: str, by: User, at: datetime) -> PaymentBatch:
    """Before it was sent: its claims wait for another file. Raises `NotAllowed`, `IllegalTransition`."""
    locked = lock_batch(batch)
    payments = require_no_party(by, Permission.PAY_CLAIMS, locked)
    why = reason_given(reason)
    BATCH_STATES.check(locked, BatchState.CANCELLED)
    claims = {claim.pk: claim for claim in lock_claims([payment.claim for payment in payments])}
    for payment in payments:
        PAYMENT_STATES.move(payment, PaymentState.CANCELLED, result_text=why)
        claim = claims[payment.claim_id]
        CLAIM_STATES.move(claim, ClaimState.APPROVED)
        step(claim, by=by, at=at, text=why)
    BATCH_STATES.move(locked, BatchState.CANCELLED)
    return locked
