"""What orders have taken of the services of a voucher. It goes by money, never by the state of an order alone."""

from dataclasses import dataclass

from vouchers.enums.orders import OrderState
from vouchers.models import Order, Voucher

STANDING = (OrderState.PLACED, OrderState.RUNNING)


@dataclass(frozen=True)
class Taken:
    """Of a service `won` of the government's money are placed, bound, paid or on their way; `order` is the last that
    took some. `is_whole`: that order stands, or was paid whole. Where the rest of it was cancelled or not allowed, the
    rest of the service can be ordered again; the service counts as one that was taken all the same.
    """

    order: Order
    won: int
    is_whole: bool


def taken_of(voucher: Voucher) -> dict[str, Taken]:
    """By key of the service. An order that came to nothing takes nothing."""
    found: dict[str, Taken] = {}
    for order in Order.objects.filter(voucher=voucher).taking().order_by("pk"):
        before = found.get(order.service)
        is_whole = order.state in STANDING or order.taken_won >= order.government_won
        found[order.service] = Taken(
            order, order.taken_won + (before.won if before else 0), is_whole or bool(before and before.is_whole)
        )
    return found
