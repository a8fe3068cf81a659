"""Reads for the pages of the calendar: one contract, what waits on whom, and the work page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.enums.contracts import CONCLUDED, ContractState
from deals.enums.negotiation import RUNNING, NegotiationState
from deals.models import Contract, Negotiation
from marketplace.core.waiting import Kind, Waiting, ask
from royalties.enums.calendar import OPEN_STATES, REPORT_KINDS, DueKind, DueState, StatementState
from royalties.models import Due, ReachedReport, SalesStatement, UsageReport
from royalties.querysets.calendar import late_on, sides_of
from royalties.sharing.audit import Figures, Flag, against_forecast, flags

SOON = timedelta(days=30)


def years_to_report(contract: Contract, day: date) -> list[int]:
    """Years whose sales can be reported or corrected on `day`, the newest first."""
    end = contract.ended_on or contract.ends_on
    rows = Due.objects.filter(contract=contract, kind=DueKind.STATEMENT).exclude(state=DueState.WAIVED)
    years = sorted({due.year or 0 for due in rows.only("year")}, reverse=True)
    return [year for year in years if year < day.year or (end is not None and end.year == year and end < day)]


def years_of_use(contract: Contract) -> list[int]:
    rows = Due.objects.filter(contract=contract, kind=DueKind.USAGE).exclude(state=DueState.WAIVED)
    return sorted({due.year or 0 for due in rows.only("year")}, reverse=True)


@dataclass(frozen=True)
class YearOfDues:
    """`year` None: no year of sale, the fixed sums and what is to be reached."""

    year: int | None
    dues: list[tuple[Due, str]]


@dataclass(frozen=True)
class CalendarSums:
    """In won: what is known to be owed, what was paid, what is open, and of that overdue."""

    owed_won: int
    paid_won: int
    open_won: int
    overdue_won: int


def dues_of(contract: Contract) -> list[Due]:
    return list(Due.objects.filter(contract=contract).select_related("version").order_by("due_on", "pk"))


def by_year(dues: Iterable[Due]) -> list[YearOfDues]:
    """The fixed sums first, then the years, the newest first."""
    found: dict[int | None, list[tuple[Due, str]]] = {}
    for due in dues:
        found.setdefault(due.year, []).append((due, due.name))
    years = sorted((year for year in found if year is not None), reverse=True)
    return [YearOfDues(year, found[year]) for year in [*([None] if None in found else []), *years]]


def sums_of(dues: Iterable[Due], day: date) -> CalendarSums:
    money = [due for due in dues if due.is_money and due.is_owed and due.state != DueState.WAIVED]
    late = [due for due in money if due.is_overdue_on(day)]
    return CalendarSums(
        sum(due.amount_won or 0 for due in money), sum(due.paid_won for due in money),
        sum(due.open_won for due in money), sum(due.open_won for due in late),
    )  # fmt: skip


def statements_of(contract: Contract) -> QuerySet[SalesStatement]:
    return SalesStatement.objects.filter(contract=contract).order_by("-year", "-serial")


def usage_of(contract: Contract) -> QuerySet[UsageReport]:
    return UsageReport.objects.filter(contract=contract).select_related("reported_by").order_by("-year", "-pk")


def flags_of(statement: SalesStatement, *, for_firm: bool) -> list[Flag]:
    """What is remarkable about it. Its own forecast is held against it for the firm only, who alone sees it."""
    before = SalesStatement.objects.filter(contract=statement.contract, year=statement.year - 1).counting()
    lines = [line["sales_won"] - line["deductions_won"] for line in statement.lines]
    figures = Figures(
        statement.gross_won, statement.deductions_won, statement.net_sales_won, sum(lines) if lines else None
    )
    found = list(flags(figures, before_won=before.values_list("net_sales_won", flat=True).first()))
    if for_firm and (flag := against_forecast(statement.net_sales_won, _forecast_won(statement))):
        found.append(flag)
    return found


def _forecast_won(statement: SalesStatement) -> int | None:
    """The firm's base case for the year, from its newest forecast in the negotiation."""
    contract = statement.contract
    row = contract.negotiation.forecasts.filter(firm=contract.firm).order_by("-saved_at", "-pk").first()
    if row is None:
        return None
    base, place = row.sales.get("base") or [], statement.year - row.first_sale_on.year
    won = base[place] if isinstance(base, list) and 0 <= place < len(base) else None
    return won if isinstance(won, int) else None


# --- what waits on whom ---------------------------------------------------------------------------------------------


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Of the firm: what is due within a month or overdue, and questions. Of the holder: what waits for its word.

    Each bounded, so that the home page costs the same however many contracts there are.
    """
    if organization is not None and has_permission(user, Permission.KEEP_ROYALTIES, organization):
        yield from _on_holder(organization)
    if organization is not None and has_permission(user, Permission.REPORT_SALES, organization):
        yield from _on_firm(organization, day)


def waiting_on(user: User, organization: Organization | None, *, today: date) -> list[Waiting]:
    """The same for the page of work under contracts. One question."""
    return ask(waiting_kinds(user, organization, today))


def _on_holder(organization: Organization) -> Iterator[Kind]:
    contracts = Contract.objects.concluded().filter(holder=organization).values("pk")

    def to_check(statement: SalesStatement) -> Waiting:
        return _about_sales(statement, _("Check the sales of %(year)d, contract %(number)s"))

    def to_confirm(report: ReachedReport) -> Waiting:
        title = _("Confirm what was reached, contract %(number)s") % {"number": report.due.contract.number}
        return Waiting(title, reverse("royalties:due", args=[report.due.public_id]))

    statements = SalesStatement.objects.filter(contract__in=contracts).waiting().order_by("reported_at", "pk")
    yield Kind(statements, OF_SALES, to_check)
    reports = ReachedReport.objects.filter(due__contract__in=contracts).waiting().order_by("reported_at", "pk")
    yield Kind(reports, ("due__public_id", "due__contract__number"), to_confirm)


OF_SALES = ("public_id", "year", "contract__number")
OF_A_DUE = (
    "public_id", "kind", "key", "year", "due_on", "pay_by", "is_owed", "state", "version__terms", "contract__number",
    "contract__public_id",
)  # fmt: skip


def _about_sales(statement: SalesStatement, sentence: str) -> Waiting:
    given = {"year": statement.year, "number": statement.contract.number}
    return Waiting(sentence % given, reverse("royalties:sales", args=[statement.public_id]))


def _on_firm(organization: Organization, day: date) -> Iterator[Kind]:
    contracts = Contract.objects.concluded().filter(firm=organization).values("pk")

    def to_answer(statement: SalesStatement) -> Waiting:
        return _about_sales(statement, _("Answer the holder about the sales of %(year)d, contract %(number)s"))

    def to_do(due: Due) -> Waiting:
        title = _("%(what)s, contract %(number)s") % {"what": due.name, "number": due.contract.number}
        return Waiting(title, _where(due), due.last_day, due.is_overdue_on(day))

    asked = SalesStatement.objects.filter(contract__in=contracts, state=StatementState.QUESTIONED)
    yield Kind(asked.order_by("checked_at", "pk"), OF_SALES, to_answer)
    dues = Due.objects.open().filter(firm=organization, due_on__lte=day + SOON, is_owed=True)
    dues = dues.filter(Q(kind__in=REPORT_KINDS) | Q(amount_won__gt=F("paid_won")))
    yield Kind(dues.order_by("due_on", "pk"), OF_A_DUE, to_do)


def _where(due: Due) -> str:
    """Where the firm does it."""
    if due.kind == DueKind.STATEMENT and due.year:
        return f"{reverse('royalties:sales_new', args=[due.contract.public_id])}?year={due.year}"
    if due.kind == DueKind.USAGE and due.year:
        return f"{reverse('royalties:usage_new', args=[due.contract.public_id])}?year={due.year}"
    return reverse("royalties:due", args=[due.public_id])


# --- the work page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class YearOfMoney:
    """What falls due in a calendar year under the contracts of one side, and what was received of it, in won.

    `side` says what the organization is in them: what a holder receives and what a firm owes is never one sum.
    """

    side: str
    year: int
    due_won: int
    paid_won: int
    overdue_won: int

    @property
    def open_won(self) -> int:
        return self.due_won - self.paid_won


def money_by_year(organization: Organization, day: date) -> list[YearOfMoney]:
    """Last year, this one and the next, of each side that the organization has; one question each."""
    return [row for side, narrow in sides_of(organization).items() for row in _money_of(side, narrow, day)]


def _money_of(side: str, narrow: Q, day: date) -> Iterator[YearOfMoney]:
    first, last = day.year - 1, day.year + 1
    rows = Due.objects.filter(narrow).money().filter(is_owed=True).exclude(state=DueState.WAIVED)
    rows = rows.filter(due_on__gte=date(first, 1, 1), due_on__lte=date(last, 12, 31))
    late = late_on(day) & Q(state__in=OPEN_STATES)
    figures = {
        row["due_on__year"]: row
        for row in rows.order_by()
        .values("due_on__year")
        .annotate(
            due=Sum("amount_won"),
            paid=Sum("paid_won"),
            late=Sum("amount_won", filter=late),
            late_paid=Sum("paid_won", filter=late),
        )
    }
    for year in range(first, last + 1):
        row = figures.get(year) or {}
        overdue = (row.get("late") or 0) - (row.get("late_paid") or 0)
        yield YearOfMoney(side, year, row.get("due") or 0, row.get("paid") or 0, overdue)


@dataclass(frozen=True)
class Stage:
    """`query` narrows the list of negotiations, or that of contracts, to it."""

    label: str
    count: int
    query: str
    is_contract: bool


def stages(organization: Organization, user: User) -> list[Stage]:
    """By stage, as the lists they lead to have them: negotiations of all the user's organizations, contracts of this
    one. Two questions.
    """
    negotiations = Negotiation.objects.visible_to(user).aggregate(
        **{
            state.value: Count("pk", filter=Q(state=state))
            for state in (NegotiationState.OPEN, NegotiationState.AGREED)
        }
    )
    contracts = (
        Contract.objects.visible_to(user)
        .of_organization(organization.pk)
        .aggregate(**{state.value: Count("pk", filter=Q(state=state)) for state in ContractState})
    )
    return [
        *(
            Stage(str(state.label), negotiations[state], f"?tab={state}", False)
            for state in map(NegotiationState, RUNNING)
        ),
        *(
            Stage(str(state.label), contracts[state], f"?state={state}", True)
            for state in (ContractState.DRAFTED, ContractState.APPROVED, *CONCLUDED)
        ),
    ]


def next_dues(organization: Organization, day: date, *, limit: int = 8) -> list[tuple[Due, str]]:
    """What is overdue or comes next, of all contracts."""
    rows = Due.objects.open().of(organization).filter(due_on__lte=day + timedelta(days=90), is_owed=True)
    rows = rows.filter(Q(kind__in=REPORT_KINDS) | Q(amount_won__gt=F("paid_won")))
    found = rows.for_list().select_related("contract__listing", "contract__holder", "contract__firm", "version")
    return [(due, due.name) for due in found[:limit]]
