"""Money that an order no longer needs, and orders that are over."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Sum

from accounts.models import User
from vouchers.enums.money import Verb
from vouchers.enums.orders import ORDER_STATES, OrderState
from vouchers.enums.vouchers import OVER
from vouchers.models import Claim, Order, Voucher
from vouchers.services.life.asking import once
from vouchers.services.money.post import post


def unbind(*, voucher: Voucher, amount_won: int, subject: UUID, step: str, by: User | None, at: datetime) -> None:
    """Free it for other orders. Of a voucher that is over it goes on to the budget: nobody can order with it."""
    if not amount_won:
        return
    given = {"line_id": voucher.line_id, "amount_won": amount_won, "subject": subject, "by": by, "at": at}
    post(verb=Verb.UNBIND, key=once(subject, step), voucher=voucher, **given)  # type: ignore[arg-type]
    if voucher.state in OVER:
        post(verb=Verb.RETURN, key=once(subject, f"{step}-return"), voucher=voucher, **given)  # type: ignore[arg-type]


class Rest(NamedTuple):
    """What no claim has taken yet: price, VAT, the government's part, the own share."""

    supply_won: int
    vat_won: int
    government_won: int
    own_won: int


def rest_of(order: Order, *, but: Claim | None = None) -> Rest:
    """Of a locked order; the claim `but` is looked at as if it were not there."""
    rows = order.claims.taking_part()
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    taken = rows.aggregate(supply=Sum("supply_won"), vat=Sum("vat_won"), gov=Sum("government_won"), own=Sum("own_won"))
    return Rest(
        order.supply_won - (taken["supply"] or 0),
        order.vat_won - (taken["vat"] or 0),
        order.government_won - (taken["gov"] or 0),
        order.own_won - (taken["own"] or 0),
    )


def finish_if_over(order: Order, at: datetime) -> None:
    """A running order whose parts were all paid, or not allowed, is done."""
    if order.state != OrderState.RUNNING or rest_of(order).supply_won:
        return
    if order.claims.under_way().exists():
        return
    ORDER_STATES.move(order, OrderState.DONE, closed_at=at)
