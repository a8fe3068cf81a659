"""What becomes of a placed order: accepted (the money is bound), declined, taken back, cancelled."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import NotAllowed, NotPossibleNow
from programmes.registry import FirmRefused
from vouchers.enums.money import Verb
from vouchers.enums.orders import ORDER_STATES, OrderState
from vouchers.models import Order
from vouchers.notices import orders as notices
from vouchers.queries.orders import left_of
from vouchers.services.life.asking import once
from vouchers.services.money.post import post
from vouchers.services.orders.asking import (
    lock_all,
    lock_organizations,
    reason_given,
    refuse_excluded,
    refuse_related,
    require,
    require_officer,
)
from vouchers.services.orders.choose import refuse_unusable
from vouchers.services.orders.free import rest_of, unbind
from vouchers.services.orders.place import NotEnoughLeft


@transaction.atomic
def accept_order(*, order: Order, by: User, at: datetime) -> Order:
    """The provider takes it: the government's part is bound, the own share set apart.

    Locks provider and firm first, as imposing a sanction does: who is excluded by then binds no money.

    Raises `NotAllowed`, `NotPossibleNow`, `SelfDealing`, `Conflict` for one that is excluded, `NotEnough`,
    `NotEnoughLeft`, `IllegalTransition`.
    """
    lock_organizations(pk__in=[order.provider_id, order.voucher.holder_id])
    voucher, locked = lock_all(order)
    require(by, Permission.PROVIDE_SERVICES, locked.provider)
    if locked.ordered_by_id == by.pk:
        raise NotAllowed(_("You placed this order yourself: somebody else has to accept it."))
    ORDER_STATES.check(locked, OrderState.RUNNING)
    try:
        refuse_unusable(voucher, at)
    except FirmRefused:
        # What stands against the firm is not for its provider to know.
        raise NotPossibleNow(_("The firm cannot order anything at present. Ask it, or decline.")) from None
    refuse_related(voucher.holder, locked.provider)
    refuse_excluded(locked.provider, timezone.localdate(at))
    if locked.own_won > left_of(voucher, but=locked).own_won:
        raise NotEnoughLeft(_("Less of the firm's own share is left than this order needs."))
    post(
        line_id=voucher.line_id, verb=Verb.BIND, amount_won=locked.government_won, subject=locked.public_id,
        key=once(locked.public_id, "bind"), by=by, at=at, voucher=voucher,
    )  # fmt: skip
    ORDER_STATES.move(locked, OrderState.RUNNING, accepted_by=by, accepted_at=at)
    notices.order_accepted(locked, at)
    return locked


@transaction.atomic
def decline_order(*, order: Order, reason: str, by: User, at: datetime) -> Order:
    """The provider does not take it, and says why. Raises `NotAllowed`, `IllegalTransition`."""
    _voucher, locked = lock_all(order)
    require(by, Permission.PROVIDE_SERVICES, locked.provider)
    _close(locked, OrderState.DECLINED, reason, by, at)
    notices.order_declined(locked, at)
    return locked


@transaction.atomic
def withdraw_order(*, order: Order, reason: str, by: User, at: datetime) -> Order:
    """The firm takes it back before the provider has accepted. Raises `NotAllowed`, `IllegalTransition`."""
    voucher, locked = lock_all(order)
    require(by, Permission.USE_VOUCHERS, voucher.holder)
    _close(locked, OrderState.WITHDRAWN, reason, by, at)
    notices.order_withdrawn(locked, at)
    return locked


@transaction.atomic
def cancel_order(*, order: Order, reason: str, by: User, at: datetime) -> Order:
    """Firm, provider or an officer of the office ends a running order: what was not claimed is free again.

    Parts that were paid stay paid. Raises `NotAllowed`, `NotPossibleNow` while a claim is under way,
    `IllegalTransition`.
    """
    voucher, locked = lock_all(order)
    if not (
        has_permission(by, Permission.USE_VOUCHERS, voucher.holder)
        or has_permission(by, Permission.PROVIDE_SERVICES, locked.provider)
    ):
        require_officer(by, Permission.CHECK_CLAIMS, locked)
    ORDER_STATES.check(locked, OrderState.CANCELLED)
    if locked.claims.under_way().exists():
        raise NotPossibleNow(_("A claim for it is under way. It has to be decided or taken back first."))
    government_won = rest_of(locked).government_won
    _close(locked, OrderState.CANCELLED, reason, by, at)
    unbind(voucher=voucher, amount_won=government_won, subject=locked.public_id, step="cancel", by=by, at=at)
    notices.order_cancelled(locked, at)
    return locked


def _close(order: Order, to: OrderState, reason: str, by: User, at: datetime) -> None:
    ORDER_STATES.move(order, to, closed_text=reason_given(reason), closed_by=by, closed_at=at)
