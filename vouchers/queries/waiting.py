"""What of vouchers waits on a person, for the home page: firm, provider, officer. Each bounded."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from vouchers.enums.claims import ClaimState
from vouchers.enums.recovery import RecoveryState
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Claim, Recovery, Voucher
from vouchers.queries.provider import claims_to_mend, orders_to_answer, quotations_to_give
from vouchers.queries.queue import queue


@dataclass(frozen=True)
class Waiting:
    """One thing that waits on a person; the same shape as `deals.queries.Waiting` for the page."""

    title: str
    url: str
    due_on: date | None = None
    is_overdue: bool = False


def waiting_on(
    user: User, organization: Organization | None, *, today: date | None = None, limit: int = 10
) -> list[Waiting]:
    day = today or timezone.localdate()
    found: list[Waiting] = []
    if organization is None:
        return found
    if has_permission(user, Permission.RUN_VOUCHERS, organization):
        found += [
            Waiting(f"{task.what} ({task.number})", task.url, task.due_on, task.is_overdue)
            for task in queue(user, day)
            if not task.is_mine
        ]
    if has_permission(user, Permission.SIGN_AGREEMENTS, organization):
        found += _recoveries(organization, day, limit)
    if has_permission(user, Permission.USE_VOUCHERS, organization):
        found += _on_firm(organization, day, limit)
    if has_permission(user, Permission.PROVIDE_SERVICES, organization):
        found += _on_provider(organization, day)
    return found[:limit]


def _recoveries(organization: Organization, day: date, limit: int) -> list[Waiting]:
    states = (RecoveryState.NOTICED, RecoveryState.CONFIRMED, RecoveryState.DELINQUENT)
    made = []
    for row in Recovery.objects.filter(debtor=organization, state__in=states).order_by("pk")[:limit]:
        asks = row.state == RecoveryState.NOTICED
        due_on = row.object_by if asks else row.pay_by
        if asks and row.object_by < day:
            continue
        title = _("Read what is asked back (%(number)s)") if asks else _("Pay back (%(number)s)")
        url = reverse("vouchers:recovery", args=[row.public_id])
        made.append(Waiting(title % {"number": row.number}, url, due_on, due_on is not None and due_on < day))
    return made


def _on_firm(organization: Organization, day: date, limit: int) -> list[Waiting]:
    made = []
    for voucher in Voucher.objects.filter(holder=organization, state=VoucherState.WAITING).order_by("pk")[:limit]:
        title = _("Pay in the own share of voucher %(number)s") % {"number": voucher.number}
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        made.append(Waiting(title, url, voucher.deposit_by, voucher.deposit_by < day))
    rows = Claim.objects.filter(order__voucher__holder=organization, state=ClaimState.SUBMITTED)
    for claim in rows.order_by("answer_due_on", "pk")[:limit]:
        title = _("Accept what was delivered, or object (%(number)s)") % {"number": claim.number}
        url = reverse("vouchers:claim", args=[claim.public_id])
        due_on = claim.answer_due_on
        made.append(Waiting(title, url, due_on, due_on is not None and due_on < day))
    return made


def _on_provider(organization: Organization, day: date) -> list[Waiting]:
    made = []
    for quotation in quotations_to_give(organization):
        title = _("Give a quotation to %(name)s") % {"name": quotation.choice.voucher.holder}
        url = reverse("vouchers:quotation", args=[quotation.public_id])
        made.append(Waiting(title, url, quotation.answer_by, quotation.answer_by < day))
    for order in orders_to_answer(organization):
        title = _("Accept or decline order %(number)s") % {"number": order.number}
        made.append(Waiting(title, reverse("vouchers:order", args=[order.public_id])))
    for claim in claims_to_mend(organization):
        title = _("Complete claim %(number)s") % {"number": claim.number}
        made.append(Waiting(title, reverse("vouchers:claim", args=[claim.public_id])))
    return made
