"""What terms cost under given sales: royalty year by year, payments by day, cash by calendar year.

The one place that knows what is owed. Studio, contract, calendar and income ask here; no database, no clock.
Broken won are dropped per year of sale (원 미만 절사); a present value is exact and rounded once, half up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from deals.enums.terms import Method
from deals.terms.forecast import Case, Forecast
from deals.terms.terms import Milestone, Terms
from marketplace.core.days import add_months, last_day
from marketplace.core.money import BASIS_POINTS, share_rounded_down


class Kind(StrEnum):
    """What a payment is for."""

    UPFRONT = "upfront"
    INSTALMENT = "instalment"
    MILESTONE = "milestone"
    RUNNING = "running"
    MINIMUM = "minimum"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class YearRoyalty:
    """What is owed for the sales of one calendar year, in won.

    `running_won` is the rate of the sales, `minimum_won` what lacked to the minimum, both as far as the cap has room.
    `recovery_won` makes up for what a swap took off the upfront fee. `left_of_cap_won` is None without a cap.
    """

    year: int
    sales_won: int
    running_won: int
    minimum_won: int
    recovery_won: int
    left_of_cap_won: int | None
    left_of_discount_won: int

    @property
    def owed_won(self) -> int:
        return self.running_won + self.minimum_won + self.recovery_won


def royalties(terms: Terms, sales: Mapping[int, int], signed_on: date, *, until_year: int) -> tuple[YearRoyalty, ...]:
    """The royalty for each calendar year from that of signing to `until_year`, under net `sales` in won by year.

    A year that `sales` leave out has none. Cap and swap remember the years before, so give all of them: the one that
    was just reported is the last of the result. `until_year` before signing gives nothing.
    """
    left_of_cap = terms.cap_won or None
    left_of_discount = terms.swap_discount_won
    found = []
    for year in range(signed_on.year, until_year + 1):
        sold = sales.get(year, 0)
        running = _at_most(share_rounded_down(sold, terms.running_bp), left_of_cap)
        least = terms.minimum_won if year >= signed_on.year + terms.minimum_from_year else 0
        shortfall = _at_most(max(least - running, 0), None if left_of_cap is None else left_of_cap - running)
        left_of_cap = None if left_of_cap is None else left_of_cap - running - shortfall
        recovery = min(left_of_discount, running)
        left_of_discount -= recovery
        found.append(YearRoyalty(year, sold, running, shortfall, recovery, left_of_cap, left_of_discount))
    return tuple(found)


def _at_most(won: int, most: int | None) -> int:
    return won if most is None else min(won, most)


def royalty_due_on(terms: Terms, year: int) -> date:
    """The day on which the royalty for the sales of `year` is due."""
    return last_day(date(year, 12, 31), months=terms.statement_due_months)


def instalment_due_on(signed_on: date, months: int) -> date:
    """Counted as the Civil Act counts periods of months (arts. 157, 160)."""
    return last_day(signed_on, months=months)


@dataclass(frozen=True)
class Payment:
    """`won` due on `on`. `of_year` is the year of sale of a royalty; `key` a milestone's key, an instalment's place."""

    kind: Kind
    on: date
    won: int
    of_year: int | None = None
    key: str = ""


@dataclass(frozen=True)
class Plan:
    """All payments in the order of their days, under one case of sales. `first_sale_on` is None where nothing is sold.

    `swap_is_late`: selling begins after the last day on which a swap allows it.
    """

    signed_on: date
    first_sale_on: date | None
    payments: tuple[Payment, ...]
    royalties: tuple[YearRoyalty, ...]
    swap_is_late: bool = False

    @property
    def total_won(self) -> int:
        return sum(each.won for each in self.payments)

    @property
    def cash(self) -> dict[int, int]:
        """Won by the calendar year in which they are paid, from the year of signing to the last payment, no gaps."""
        last = max((each.on.year for each in self.payments), default=self.signed_on.year)
        by_year = dict.fromkeys(range(self.signed_on.year, last + 1), 0)
        for each in self.payments:
            by_year[each.on.year] += each.won
        return by_year

    def present_value_won(self, discount_bp: int) -> int:
        """Each year's cash discounted by whole calendar years since signing; exact, rounded half up once."""
        factor = Fraction(BASIS_POINTS, BASIS_POINTS + discount_bp)
        exact = sum((won * factor ** (year - self.signed_on.year) for year, won in self.cash.items()), Fraction(0))
        return int(exact + Fraction(1, 2))

    @property
    def before_first_sale_won(self) -> int | None:
        if self.first_sale_on is None:
            return None
        return sum(each.won for each in self.payments if each.on < self.first_sale_on)

    @property
    def before_first_sale_bp(self) -> int | None:
        """The share of the total that is paid before the first sale, rounded down; None where there is neither."""
        if self.before_first_sale_won is None or not self.total_won:
            return None
        return self.before_first_sale_won * BASIS_POINTS // self.total_won


def plan(terms: Terms, forecast: Forecast, signed_on: date, *, case: Case = Case.BASE, slip: int = 0) -> Plan:
    """What `terms` cost under one case of `forecast`, its sales `slip` years later. Compared is the same time always:
    from signing to the last year of the forecast, and what is due for it.
    """
    sales = forecast.sales(case, slip=slip)
    first_sale_on = add_months(forecast.first_sale_on, 12 * slip) if any(sales.values()) else None
    owed = royalties(terms, sales, signed_on, until_year=forecast.last_year)
    payments = [*_fixed(terms, signed_on), *_reached(terms, signed_on, first_sale_on), *_running(terms, owed)]
    late = terms.method == Method.SWAP and first_sale_on is not None and first_sale_on > terms.swap_days(signed_on)[1]
    in_order = tuple(sorted(payments, key=lambda each: each.on))
    return Plan(signed_on, first_sale_on, in_order, owed, swap_is_late=late)


def _fixed(terms: Terms, signed_on: date) -> Iterator[Payment]:
    if terms.upfront_won:
        yield Payment(Kind.UPFRONT, signed_on, terms.upfront_won)
    for place, each in enumerate(terms.instalments, start=1):
        yield Payment(Kind.INSTALMENT, instalment_due_on(signed_on, each.months), each.won, key=str(place))


def _reached(terms: Terms, signed_on: date, first_sale_on: date | None) -> Iterator[Payment]:
    for each in terms.milestones:
        on = _reached_on(each, signed_on, first_sale_on)
        if on is not None:
            yield Payment(Kind.MILESTONE, on, each.won, key=each.key)


def _reached_on(milestone: Milestone, signed_on: date, first_sale_on: date | None) -> date | None:
    """As expected; one that needs sales not before the first of them, and never without."""
    expected = instalment_due_on(signed_on, milestone.month)
    if not milestone.needs_sales:
        return expected
    return None if first_sale_on is None else max(expected, first_sale_on)


def _running(terms: Terms, owed: Iterable[YearRoyalty]) -> Iterator[Payment]:
    for each in owed:
        on = royalty_due_on(terms, each.year)
        parts = (Kind.RUNNING, each.running_won), (Kind.MINIMUM, each.minimum_won), (Kind.RECOVERY, each.recovery_won)
        for kind, won in parts:
            if won:
                yield Payment(kind, on, won, of_year=each.year)
