"""Rows of the figures about brokers' fees and vouchers."""

from collections.abc import Callable
from typing import Any

from django.db.models import Case, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from brokers.enums.fees import QuoteState
from brokers.models import Quote
from policy.enums.figures import Kind, Openness, Theme, Unit
from policy.models import Snapshot
from policy.queries.figures.contracts import DaysBetween
from policy.queries.figures.figure import Figure, Part, Rows, Scope, shaped
from policy.queries.figures.kinds import DENOMINATOR, NUMERATOR, ROWS
from programmes.models import Application
from vouchers.enums.claims import ClaimState
from vouchers.enums.money import WAYS, Verb
from vouchers.models import BudgetLine, Claim, LedgerEntry, Voucher

BROKER_OFFICE = _("Office in charge of brokers")
VOUCHER_OFFICE = _("Office in charge of vouchers")


def _accepted(scope: Scope) -> QuerySet[Quote]:
    return Quote.objects.filter(
        state=QuoteState.ACCEPTED, accepted_at__year=scope.year, accepted_at__date__lte=scope.day
    )


def _quote_rows(found: QuerySet[Quote], amount: Any = 1) -> Rows:
    return shaped(found, label="number", institute=None, day=TruncDate("accepted_at"), amount=amount)


def fees(scope: Scope) -> Rows:
    return _quote_rows(_accepted(scope), F("fee_won"))


def guideline_fees(scope: Scope) -> Rows:
    return _quote_rows(_accepted(scope), F("guideline_won"))


def accepted_quotes(scope: Scope) -> Rows:
    return _quote_rows(_accepted(scope))


def quotes_inside(scope: Scope) -> Rows:
    return _quote_rows(_accepted(scope).filter(fee_won__gte=F("lower_won"), fee_won__lte=F("upper_won")))


def lines_by(column: str) -> Callable[[Scope], Rows]:
    """Budget lines with what lies in one of their sums."""

    def rows(scope: Scope) -> Rows:
        return shaped(
            BudgetLine.objects.all(),
            label="call__number",
            institute=None,
            day=TruncDate("created_at"),
            amount=F(column),
        )

    return rows


def _issued(scope: Scope, amount: str) -> Rows:
    rows = Voucher.objects.filter(issued_at__year=scope.year, issued_at__date__lte=scope.day)
    return shaped(rows, label="number", institute=None, day=TruncDate("issued_at"), amount=F(amount))


def issued(scope: Scope) -> Rows:
    return _issued(scope, "face_won")


def paid_of_issued(scope: Scope) -> Rows:
    return _issued(scope, "paid_won")


def claim_days(scope: Scope) -> Rows:
    rows = Claim.objects.filter(
        state=ClaimState.PAID, paid_at__year=scope.year, paid_at__date__lte=scope.day, submitted_at__isnull=False
    )
    return shaped(
        rows,
        label="number",
        institute=None,
        day=TruncDate("paid_at"),
        amount=DaysBetween(TruncDate("paid_at"), TruncDate("submitted_at")),
    )


def last_entry() -> int:
    """The key of the newest entry of the ledger."""
    return LedgerEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _after(month: Snapshot) -> Q:
    """Entries that the sums of a frozen month do not hold. By their key: the moment of one is that of the request, and
    the moment of the month that of the night's task, which reads the sums long after it began."""
    return Q(at__gt=month.frozen_at) if month.moved_until is None else Q(pk__gt=month.moved_until)


def movers_of(column: str) -> Callable[[Snapshot | None], int]:
    """How many firms moved money into or out of a sum of budget lines, not counting what went and came back. Until its
    voucher is there, a firm is its application; what the office allocates or cuts is nobody's; who was merged is one.
    """
    verbs = [verb for verb, way in WAYS.items() if column in (way.line_from, way.line_to)]
    into = [verb for verb, way in WAYS.items() if way.line_to == column]

    def many(since: Snapshot | None) -> int:
        moved = LedgerEntry.objects.filter(verb__in=verbs).exclude(verb__in=(Verb.ALLOCATE, Verb.CUT))
        if since is not None:
            moved = moved.filter(_after(since))
        application = Application.objects.filter(public_id=OuterRef("subject"))
        stands = Coalesce("organization__merged_into", "organization")
        applicant = Subquery(application.values(standing=stands)[:1])
        firm = Coalesce("voucher__holder__merged_into", "voucher__holder", applicant, Value(0))
        net = Sum(Case(When(verb__in=into, then=F("amount_won")), default=-F("amount_won")))
        firms = moved.order_by().annotate(firm=firm).values("firm").annotate(net=net)
        return firms.exclude(net=0).count()

    return many


MONTHLY_WON: dict[str, Any] = {"unit": Unit.WON, "openness": Openness.MONTHLY}
HELD: dict[str, Any] = {"behind": ("holder",)}
QUOTED: dict[str, Any] = {"behind": ("broker", "client")}
STATES = (
    ("available", pgettext_lazy("money", "Available")),
    ("reserved", pgettext_lazy("money", "Reserved")),
    ("committed", pgettext_lazy("money", "Committed")),
    ("paid", pgettext_lazy("money", "Paid")),
    ("recovered", pgettext_lazy("money", "Recovered")),
)

FIGURES = (
    Figure(
        code="fees_by_guideline",
        theme=Theme.BROKER,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Brokers’ fees against the guideline"),
        definition=_(
            "Fees that clients accepted in the year, divided by what the guideline says for the same deals. 100 "
            "percent is the guideline."
        ),
        parts=(
            Part(NUMERATOR, _("Fees accepted in the year"), fees, source="fees", **MONTHLY_WON, **QUOTED),
            Part(
                DENOMINATOR,
                _("Fees by the guideline for the same deals"),
                guideline_fees,
                source="guideline_fees",
                **MONTHLY_WON,
                **QUOTED,
            ),
        ),
        owner=BROKER_OFFICE,
    ),
    Figure(
        code="fees_inside_band",
        theme=Theme.BROKER,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Fees within the band"),
        definition=_("Fees accepted in the year that lie within the band of the guideline, divided by all accepted."),
        parts=(
            Part(NUMERATOR, _("Accepted fees within the band"), quotes_inside, openness=Openness.GUARDED, **QUOTED),
            Part(DENOMINATOR, _("Accepted fees"), accepted_quotes, openness=Openness.GUARDED, **QUOTED),
        ),
        owner=BROKER_OFFICE,
    ),
    Figure(
        code="voucher_money",
        theme=Theme.VOUCHER,
        kind=Kind.SHARES,
        unit=Unit.WON,
        name=_("Voucher money by state"),
        definition=_("The money of all calls for vouchers, by where each won of it is now."),
        parts=tuple(
            Part(
                key,
                name,
                lines_by(f"{key}_won"),
                movers=movers_of(f"{key}_won"),
                source=f"voucher_{key}",
                **MONTHLY_WON,
            )
            for key, name in STATES
        ),
        owner=VOUCHER_OFFICE,
        is_yearly=False,
        last_move=last_entry,
    ),
    Figure(
        code="vouchers_paid",
        theme=Theme.VOUCHER,
        kind=Kind.RATIO,
        unit=Unit.BASIS_POINTS,
        name=_("Paid of vouchers issued"),
        definition=_("What was paid to providers on vouchers issued in the year, divided by what these are worth."),
        parts=(
            Part(
                NUMERATOR,
                _("Paid on vouchers issued in the year"),
                paid_of_issued,
                source="paid_of_issued",
                **MONTHLY_WON,
                **HELD,
            ),
            Part(
                DENOMINATOR,
                _("Worth of vouchers issued in the year"),
                issued,
                source="issued",
                **MONTHLY_WON,
                **HELD,
            ),
        ),
        owner=VOUCHER_OFFICE,
    ),
    Figure(
        code="claim_to_payment",
        theme=Theme.SPEED,
        kind=Kind.MEDIAN,
        unit=Unit.DAYS,
        name=_("From claim to payment"),
        definition=_(
            "Days from the claim of a provider to its payment, of claims paid in the year: the one in the middle."
        ),
        parts=(
            Part(
                ROWS,
                _("Claims paid in the year"),
                claim_days,
                Unit.DAYS,
                Openness.MONTHLY,
                behind=("order__voucher__holder", "order__provider"),
                source="claim_days",
            ),
        ),
        owner=VOUCHER_OFFICE,
        target_is_most=True,
    ),
)
