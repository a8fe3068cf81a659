"""What of vouchers waits on a person, for the home page: firm, provider, officer. Each bounded."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import BusinessProfile, Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Kind, Waiting
from vouchers.enums.claims import ClaimState
from vouchers.enums.recovery import RecoveryState, SanctionState
from vouchers.enums.vouchers import VoucherState
from vouchers.models import Claim, Order, Quotation, Recovery, Sanction, Voucher
from vouchers.queries.provider import SHOWN, claims_to_mend, orders_to_answer, quotations_to_give
from vouchers.queries.queue import PLAN_AND_RECEIPTS, Task, kinds_of
from vouchers.queries.recovery import next_due_on


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    if organization is None:
        return
    if has_permission(user, Permission.RUN_VOUCHERS, organization):
        for kind in kinds_of(user, day):
            yield kind.then(_of_task)
        if has_permission(user, Permission.EDIT_ORGANIZATION, organization):
            yield _account(organization)
    if has_permission(user, Permission.SIGN_AGREEMENTS, organization):
        yield _recoveries(organization, day)
        yield _sanctions(organization, day)
    if has_permission(user, Permission.USE_VOUCHERS, organization):
        yield from _on_firm(organization, day)
    if has_permission(user, Permission.PROVIDE_SERVICES, organization):
        yield from _on_provider(organization, day)


def _of_task(task: Task) -> Waiting | None:
    """None where a colleague has to do it."""
    if task.is_mine:
        return None
    return Waiting(f"{task.what} ({task.number})", task.url, task.due_on, task.is_overdue)


def _account(office: Organization) -> Kind:
    """Firms have an own share to pay in, and nobody has said where."""
    unpaid = Voucher.objects.filter(line__call__office=OuterRef("pk"), state=VoucherState.WAITING)
    known = BusinessProfile.objects.with_account(office)
    rows = Organization.objects.filter(Exists(unpaid), ~Exists(known), pk=office.pk).order_by("pk")

    def tell(row: Organization) -> Waiting:
        return Waiting(_("Enter the account of your office"), reverse("accounts:business", args=[row.public_id]))

    return Kind(rows, ("public_id",), tell)


def _recoveries(organization: Organization, day: date) -> Kind:
    states = (RecoveryState.NOTICED, RecoveryState.CONFIRMED, RecoveryState.DELINQUENT)
    rows = Recovery.objects.filter(debtor=organization, state__in=states).order_by("pk")

    def tell(row: Recovery) -> Waiting | None:
        asks = row.state == RecoveryState.NOTICED
        due_on = row.object_by if asks else next_due_on(row, day)
        if asks and row.object_by < day:
            return None
        title = _("Read what is asked back (%(number)s)") if asks else _("Pay back (%(number)s)")
        url = reverse("vouchers:recovery", args=[row.public_id])
        return Waiting(title % {"number": row.number}, url, due_on, due_on is not None and due_on < day)

    columns = ("pk", "public_id", "number", "state", "object_by", "pay_by", "plan_after")
    return Kind(rows, columns, tell, lists=PLAN_AND_RECEIPTS)


def _sanctions(organization: Organization, day: date) -> Kind:
    """Whom one is proposed for is heard until a day; then the right is lost."""
    rows = Sanction.objects.filter(
        organization=organization, state=SanctionState.PROPOSED, answer_by__gte=day, answered_at__isnull=True
    )

    def tell(row: Sanction) -> Waiting:
        title = _("Answer a sanction that an office means to impose")
        return Waiting(title, reverse("vouchers:sanction", args=[row.public_id]), row.answer_by)

    return Kind(rows.order_by("answer_by", "pk"), ("public_id", "answer_by"), tell)


def _on_firm(organization: Organization, day: date) -> Iterator[Kind]:
    def to_pay_in(voucher: Voucher) -> Waiting | None:
        if voucher.deposit_by < day:
            return None  # what comes later is not taken
        title = _("Pay in the own share of voucher %(number)s") % {"number": voucher.number}
        url = reverse("vouchers:voucher", args=[voucher.public_id])
        return Waiting(title, url, voucher.deposit_by, is_overdue=False)

    def to_accept(claim: Claim) -> Waiting:
        title = _("Accept what was delivered, or object (%(number)s)") % {"number": claim.number}
        url = reverse("vouchers:claim", args=[claim.public_id])
        due_on = claim.answer_due_on
        return Waiting(title, url, due_on, due_on is not None and due_on < day)

    unpaid = Voucher.objects.filter(holder=organization, state=VoucherState.WAITING).order_by("pk")
    yield Kind(unpaid, ("public_id", "number", "deposit_by"), to_pay_in)
    rows = Claim.objects.filter(order__voucher__holder=organization, state=ClaimState.SUBMITTED)
    yield Kind(rows.order_by("answer_due_on", "pk"), ("public_id", "number", "answer_due_on"), to_accept)


def _on_provider(organization: Organization, day: date) -> Iterator[Kind]:
    def to_quote(quotation: Quotation) -> Waiting:
        title = _("Give a quotation to %(name)s") % {"name": quotation.choice.voucher.holder}
        url = reverse("vouchers:quotation", args=[quotation.public_id])
        return Waiting(title, url, quotation.answer_by, quotation.answer_by < day)

    def to_answer(order: Order) -> Waiting:
        title = _("Accept or decline order %(number)s") % {"number": order.number}
        return Waiting(title, reverse("vouchers:order", args=[order.public_id]))

    def to_mend(claim: Claim) -> Waiting:
        title = _("Complete claim %(number)s") % {"number": claim.number}
        return Waiting(title, reverse("vouchers:claim", args=[claim.public_id]))

    columns = ("public_id", "answer_by", "choice__voucher__holder__name")
    yield Kind(quotations_to_give(organization), columns, to_quote, SHOWN)
    yield Kind(orders_to_answer(organization), ("public_id", "number"), to_answer, SHOWN)
    yield Kind(claims_to_mend(organization), ("public_id", "number"), to_mend, SHOWN)
