"""A voucher is over: orders nobody accepted end at once; what was not delivered ends with the grace.

So every won is spent or returned in the end, whoever forgets what: what waits for the provider runs out by itself,
what waits for the firm is accepted by silence, what waits for the office stands in its queue.
"""

from datetime import datetime

from django.utils import timezone

from vouchers.enums.claims import CLAIM_STATES, ClaimState
from vouchers.enums.orders import ORDER_STATES, TERM_OVER, OrderState
from vouchers.models import Claim, Order, Voucher
from vouchers.notices import orders as notices
from vouchers.queries.claims import WAITS_FOR_PROVIDER, last_day_to_hand_in
from vouchers.services.claims.steps import step
from vouchers.services.orders.free import rest_of, unbind


def take_back_placed(voucher: Voucher, *, at: datetime) -> None:
    """Orders that no provider accepted in time, of a locked voucher that is over: they bound no money."""
    for order in _locked(voucher, OrderState.PLACED):
        ORDER_STATES.move(order, OrderState.WITHDRAWN, closed_text=TERM_OVER, closed_at=at)
        notices.order_withdrawn(order, at)


def run_out(voucher: Voucher, *, at: datetime) -> None:
    """End what may not be claimed any more, of a locked voucher that is over; its money goes back to the budget.

    Claims that were handed in stay, and their order waits for them.
    """
    for order in _locked(voucher, OrderState.RUNNING):
        for claim in order.claims.select_for_update(of=["self"]).filter(state__in=WAITS_FOR_PROVIDER).order_by("pk"):
            claim.order = order
            _lapse(claim, at)
        under_way = order.claims.exclude(state__in=[ClaimState.PAID, ClaimState.DISALLOWED, ClaimState.WITHDRAWN])
        last = last_day_to_hand_in(voucher)
        if under_way.exists() or last is None or timezone.localdate(at) <= last:
            continue
        left_won = rest_of(order).government_won
        ORDER_STATES.move(order, OrderState.CANCELLED, closed_text=TERM_OVER, closed_at=at)
        unbind(voucher=voucher, amount_won=left_won, subject=order.public_id, step="cancel", by=None, at=at)
        notices.order_cancelled(order, at)


def _locked(voucher: Voucher, state: OrderState) -> list[Order]:
    rows = Order.objects.select_for_update(of=["self"]).select_related("provider").filter(voucher=voucher, state=state)
    orders = list(rows.order_by("pk"))
    for order in orders:
        order.voucher = voucher
    return orders


def _lapse(claim: Claim, at: datetime) -> None:
    last = last_day_to_hand_in(claim.order.voucher, claim)
    if last is not None and last < timezone.localdate(at):
        CLAIM_STATES.move(claim, ClaimState.WITHDRAWN, reason=TERM_OVER)
        step(claim, by=None, at=at, text=TERM_OVER)
