"""A provider's page: money due and paid, and what waits on it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet, Sum

from accounts.models import Organization
from vouchers.enums.claims import ClaimState
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.models import Claim, Order, Quotation, Recovery
from vouchers.queries.recovery import left_of

ON_THE_WAY = (
    ClaimState.SUBMITTED, ClaimState.OBJECTED, ClaimState.ACCEPTED, ClaimState.CHECKED, ClaimState.CORRECTION,
)  # fmt: skip
DUE = (ClaimState.APPROVED, ClaimState.PAYING)
SHOWN = 10


@dataclass(frozen=True)
class ProviderMoney:
    """Won without VAT: in orders that run, claimed, approved and not paid yet, paid; what it has to pay back today,
    with interest."""

    running_won: int
    claimed_won: int
    due_won: int
    paid_won: int
    owed_won: int


def money_of(provider: Organization, today: date) -> ProviderMoney:
    claimed = Claim.objects.filter(order__provider=provider).aggregate(
        claimed=Sum("supply_won", filter=Q(state__in=ON_THE_WAY), default=0),
        due=Sum("supply_won", filter=Q(state__in=DUE), default=0),
        paid=Sum("supply_won", filter=Q(state=ClaimState.PAID), default=0),
    )
    running = Order.objects.filter(provider=provider, state=OrderState.RUNNING).aggregate(
        won=Sum(F("supply_won"), default=0)
    )
    owed = Recovery.objects.owed().filter(debtor=provider).prefetch_related("receipts")
    owed_won = sum(left_of(each, today).total_won for each in owed)
    return ProviderMoney(running["won"], claimed["claimed"], claimed["due"], claimed["paid"], owed_won)


def quotations_to_give(provider: Organization) -> QuerySet[Quotation]:
    rows = Quotation.objects.filter(provider=provider, state=QuotationState.ASKED)
    return rows.select_related("choice__voucher__holder").order_by("answer_by", "pk")


def orders_to_answer(provider: Organization) -> QuerySet[Order]:
    rows = Order.objects.filter(provider=provider, state=OrderState.PLACED)
    return rows.select_related("voucher__holder").order_by("ordered_at", "pk")


def claims_to_mend(provider: Organization) -> QuerySet[Claim]:
    states = (ClaimState.DRAFT, ClaimState.OBJECTED, ClaimState.CORRECTION)
    rows = Claim.objects.filter(order__provider=provider, state__in=states)
    return rows.select_related("order__voucher__holder").order_by("pk")


def claims_due(provider: Organization) -> list[Claim]:
    rows = Claim.objects.filter(order__provider=provider, state__in=DUE)
    return list(rows.select_related("order__voucher__holder").order_by("approved_at", "pk")[:SHOWN])
