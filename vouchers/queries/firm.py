"""What the page of a voucher tells its firm to do, and what was ordered with it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vouchers.enums.claims import ClaimState
from vouchers.enums.orders import QuotationState
from vouchers.models import Claim, Order, Voucher
from vouchers.queries.orders import menu_of, scheme_of


@dataclass(frozen=True)
class Todo:
    title: str
    url: str
    due_on: date | None = None


@dataclass(frozen=True)
class Ordered:
    order: Order
    service: str


def orders_of(voucher: Voucher) -> list[Ordered]:
    """Newest first, each with the call's words for its service."""
    words = _words(voucher)
    rows = Order.objects.filter(voucher=voucher).select_related("provider").order_by("-ordered_at", "-pk")
    return [Ordered(order, words.get(order.service, order.service)) for order in rows]


def todos(voucher: Voucher, day: date) -> list[Todo]:
    """What waits for the firm: delivered work first, which counts as accepted after its day, then open searches for
    what can still be ordered that day."""
    delivered = Claim.objects.filter(order__voucher=voucher, state=ClaimState.SUBMITTED)
    found = [
        Todo(
            _("Accept what was delivered, or object (%(number)s)") % {"number": claim.number},
            reverse("vouchers:claim", args=[claim.public_id]),
            claim.answer_due_on,
        )
        for claim in delivered.order_by("answer_due_on", "pk")
    ]
    if not voucher.is_usable_on(day):
        return found
    words = _words(voucher)
    free = [line.service.key for line in menu_of(voucher) if line.is_free]
    searches = voucher.choices.filter(service__in=free, chosen__isnull=True, dropped_at__isnull=True)
    given = Count("quotations", filter=Q(quotations__state=QuotationState.GIVEN))
    for choice in searches.annotate(given=given, asked=Count("quotations")).order_by("seen_at", "pk"):
        service = words.get(choice.service, choice.service)
        url = reverse("vouchers:choice", args=[choice.public_id])
        if choice.given:
            said = ngettext(
                "Look at %(count)d quotation: %(service)s", "Compare %(count)d quotations: %(service)s", choice.given
            )
            found.append(Todo(said % {"count": choice.given, "service": service}, url))
        elif not choice.asked:
            found.append(Todo(_("Ask for quotations: %(service)s") % {"service": service}, url))
    return found


def _words(voucher: Voucher) -> dict[str, str]:
    return {each.key: str(each.words) for each in scheme_of(voucher).menu}
