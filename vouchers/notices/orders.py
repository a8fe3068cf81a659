"""What firm and provider are told of quotations and orders."""

from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import Permission
from vouchers.models import Order, Quotation
from vouchers.notices.people import register, tell

ORDER, QUOTATION = "vouchers.order", "vouchers.quotation"


def orders_visible_to(user: User) -> QuerySet[Order]:
    return Order.objects.visible_to(user)


def quotations_visible_to(user: User) -> QuerySet[Quotation]:
    return Quotation.objects.visible_to(user)


register(
    "voucher_quotation_asked",
    _("A firm asks you for a quotation"),
    _("Name your price, or decline, by %(day)s."),
    quotations_visible_to,
)
register(
    "voucher_quotation_given",
    _("A quotation has come"),
    _("Compare it with the others, and order when you have decided."),
    quotations_visible_to,
)
register(
    "voucher_quotation_declined",
    _("A provider gives no quotation"),
    _("Its reason stands beside the others. You can ask another one."),
    quotations_visible_to,
)
register(
    "voucher_quotation_withdrawn",
    _("A quotation was taken back"),
    _("The reason stands on its page."),
    quotations_visible_to,
)
register(
    "voucher_order_placed",
    _("Order %(number)s was placed with you"),
    _("Accept or decline it. Begin only after you have accepted."),
    orders_visible_to,
)
register(
    "voucher_order_accepted",
    _("Your order %(number)s was accepted"),
    _("The work is to be delivered by %(day)s. You are told when the provider hands it in."),
    orders_visible_to,
)
register(
    "voucher_order_declined",
    _("Your order %(number)s was not accepted"),
    _("The reason stands on its page. You can order from another one of those who quoted."),
    orders_visible_to,
)
register(
    "voucher_order_withdrawn",
    _("Order %(number)s was taken back"),
    _("Nothing is to be done. The reason stands on its page."),
    orders_visible_to,
)
register(
    "voucher_order_cancelled",
    _("Order %(number)s was cancelled"),
    _("What was not delivered is not paid any more. The reason stands on its page."),
    orders_visible_to,
)


register(
    "voucher_grace_ends",
    _("Hand in what you delivered for order %(number)s"),
    _("Its voucher is over. What is not claimed by %(day)s is not paid any more."),
    orders_visible_to,
)


def quotation_asked(quotation: Quotation, at: datetime) -> None:
    _of_quotation("voucher_quotation_asked", quotation, to_provider=True, at=at)


def quotation_given(quotation: Quotation, at: datetime) -> None:
    _of_quotation("voucher_quotation_given", quotation, to_provider=False, at=at)


def quotation_declined(quotation: Quotation, at: datetime) -> None:
    _of_quotation("voucher_quotation_declined", quotation, to_provider=False, at=at)


def quotation_withdrawn(quotation: Quotation, at: datetime, *, by_firm: bool) -> None:
    _of_quotation("voucher_quotation_withdrawn", quotation, to_provider=by_firm, at=at)


def _of_quotation(kind: str, quotation: Quotation, *, to_provider: bool, at: datetime) -> None:
    choice = quotation.choice
    side = quotation.provider if to_provider else choice.voucher.holder
    url = (
        reverse("vouchers:quotation", args=[quotation.public_id])
        if to_provider
        else reverse("vouchers:choice", args=[choice.public_id])
    )
    tell(
        side,
        Permission.PROVIDE_SERVICES if to_provider else Permission.USE_VOUCHERS,
        kind,
        cause=str(quotation.public_id),
        params={"day": quotation.answer_by.isoformat()},
        url=url,
        target=(QUOTATION, quotation.public_id),
        at=at,
    )


def grace_ends(order: Order, last: date, at: datetime) -> None:
    _of_order("voucher_grace_ends", order, order.provider, Permission.PROVIDE_SERVICES, at, day=last)


def order_placed(order: Order, at: datetime) -> None:
    _to_provider("voucher_order_placed", order, at)


def order_accepted(order: Order, at: datetime) -> None:
    _to_firm("voucher_order_accepted", order, at)


def order_declined(order: Order, at: datetime) -> None:
    _to_firm("voucher_order_declined", order, at)


def order_withdrawn(order: Order, at: datetime) -> None:
    _to_provider("voucher_order_withdrawn", order, at)


def order_cancelled(order: Order, at: datetime) -> None:
    _to_firm("voucher_order_cancelled", order, at)
    _to_provider("voucher_order_cancelled", order, at)


def _to_firm(kind: str, order: Order, at: datetime) -> None:
    _of_order(kind, order, order.voucher.holder, Permission.USE_VOUCHERS, at)


def _to_provider(kind: str, order: Order, at: datetime) -> None:
    _of_order(kind, order, order.provider, Permission.PROVIDE_SERVICES, at)


def _of_order(
    kind: str, order: Order, side: Organization, permission: Permission, at: datetime, *, day: date | None = None
) -> None:
    tell(
        side,
        permission,
        kind,
        cause=f"{order.public_id}:{side.public_id}",
        params={"number": order.number, "day": (day or order.deliver_by).isoformat()},
        url=reverse("vouchers:order", args=[order.public_id]),
        target=(ORDER, order.public_id),
        at=at,
    )
