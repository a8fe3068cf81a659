"""What people are told of royalty money. A message says which invoice or receipt; sums and names stand on the page."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify
from royalties.enums.income import FeePayer
from royalties.models import Allocation, Distribution, FeeShare, Invoice, PersonShare

INVOICE, PERSON, FEE = "royalties.invoice", "royalties.personshare", "royalties.feeshare"


def invoices_visible_to(user: User) -> QuerySet[Invoice]:
    return Invoice.objects.visible_to(user)


def shares_visible_to(user: User) -> QuerySet[PersonShare]:
    return PersonShare.objects.visible_to(user)


def fees_visible_to(user: User) -> QuerySet[FeeShare]:
    return FeeShare.objects.visible_to(user)


def _as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    if "day" not in params:
        return params
    return {**params, "day": date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any, targets: registry.Targets) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=_as_people_write_it)


_register(
    "royalty_invoice_issued",
    _("Invoice %(number)s for royalty"),
    _("Pay it by %(day)s, and name the number of the invoice in the transfer."),
    invoices_visible_to,
)
_register(
    "royalty_invoice_cancelled",
    _("Invoice %(number)s was cancelled"),
    _("Nothing of it is to be paid. The reason stands on its page."),
    invoices_visible_to,
)
_register(
    "royalty_invoice_paid",
    _("A payment for invoice %(number)s has arrived"),
    _("What is still to be paid stands on its page."),
    invoices_visible_to,
)
_register(
    "royalty_payment_taken_off",
    _("A payment was taken off invoice %(number)s"),
    _("What is still to be paid stands on its page."),
    invoices_visible_to,
)
_register(
    "royalty_shared",
    _("Royalty was shared out (%(number)s)"),
    _("Your part stands in your statement."),
    shares_visible_to,
)
_register(
    "royalty_shared_undone",
    _("A distribution of royalty was taken back (%(number)s)"),
    _("Your statement shows it. The institute shares the royalty out again."),
    shares_visible_to,
)
_register(
    "royalty_fee_earned",
    _("A fee is owed to you (%(number)s)"),
    _("Royalty of a deal that you brokered came in. Your part stands among your fees."),
    fees_visible_to,
)
_register(
    "royalty_fee_owed",
    _("A broker’s fee is to be paid (%(number)s)"),
    _("Royalty of your deal came in, and with it your broker’s fee. It stands among the fees."),
    fees_visible_to,
)
_register(
    "royalty_fee_taken_back",
    _("A broker’s fee was taken back (%(number)s)"),
    _("The royalty it came from is shared out again. The list of fees shows it."),
    fees_visible_to,
)


def issued(invoice: Invoice, at: datetime) -> None:
    _of_invoice("royalty_invoice_issued", invoice, invoice.public_id, at)


def cancelled(invoice: Invoice, at: datetime) -> None:
    _of_invoice("royalty_invoice_cancelled", invoice, invoice.public_id, at)


def taken_off(invoice: Invoice, allocation: Allocation, at: datetime) -> None:
    _of_invoice("royalty_payment_taken_off", invoice, allocation.public_id, at)


def paid(invoice: Invoice, allocation: Allocation, at: datetime) -> None:
    _of_invoice("royalty_invoice_paid", invoice, allocation.public_id, at)


def shared(distribution: Distribution, at: datetime) -> None:
    _of_people("royalty_shared", distribution, at)
    for fee in _fees_of(distribution):
        _of_fee("royalty_fee_earned", fee, _brokers(fee), at)
        _of_fee("royalty_fee_owed", fee, _debtors(fee), at)


def undone(distribution: Distribution, at: datetime) -> None:
    _of_people("royalty_shared_undone", distribution, at)
    for fee in _fees_of(distribution):
        _of_fee("royalty_fee_taken_back", fee, [*_brokers(fee), *_debtors(fee)], at)


def _fees_of(distribution: Distribution) -> QuerySet[FeeShare]:
    return distribution.fees.select_related("broker", "distribution__contract__firm").order_by("pk")


def _brokers(fee: FeeShare) -> QuerySet[User]:
    return users_with_permission(fee.broker, Permission.QUOTE_FEES)


def _debtors(fee: FeeShare) -> Iterable[User]:
    """The firm where it owes the fee; a holder shares out by itself, and sees it there."""
    if fee.payer != FeePayer.FIRM:
        return ()
    return users_with_permission(fee.distribution.contract.firm, Permission.REPORT_SALES)


def _of_fee(kind: str, fee: FeeShare, users: Iterable[User], at: datetime) -> None:
    params = {"number": fee.distribution.number}
    _tell(users, kind, fee.public_id, params, reverse("royalties:fees"), (FEE, fee.public_id), at)


def _of_people(kind: str, distribution: Distribution, at: datetime) -> None:
    """Those who have an account here; others read it in the institute's statement."""
    for share in distribution.people.select_related("payee").order_by("pk"):
        users = User.objects.filter(email=share.payee.email, is_active=True)
        params = {"number": distribution.number}
        url = reverse("royalties:my_statement")
        _tell(users, kind, share.public_id, params, url, (PERSON, share.public_id), at)


def _of_invoice(kind: str, invoice: Invoice, cause: UUID, at: datetime) -> None:
    _tell(
        users_with_permission(invoice.contract.firm, Permission.REPORT_SALES),
        kind,
        cause,
        {"number": invoice.number, "day": invoice.pay_by.isoformat()},
        reverse("royalties:invoice", args=[invoice.public_id]),
        (INVOICE, invoice.public_id),
        at,
    )


def _tell(
    users: Iterable[User], kind: str, cause: UUID, params: dict[str, str], url: str, target: tuple[str, UUID],
    at: datetime,
) -> None:  # fmt: skip
    notify(users=users, kind=kind, dedupe_key=f"{kind}:{cause}", params=params, url=url, target=target, at=at)
