"""What a firm sees of each option under its own forecast, side by side. Pure: the same inputs give the same won."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from deals.terms.checks import Problem, check, initial_fee
from deals.terms.forecast import Case, Forecast
from deals.terms.plan import Plan, YearRoyalty, plan, royalties
from deals.terms.terms import MOST_WON, Terms, digest
from marketplace.core.money import BASIS_POINTS

VERSION = 1


@dataclass(frozen=True)
class Outcome:
    """One option. `break_even` has, for an option with a running royalty, by the key of each other one the net sales
    of all years together from which this one costs more; None where it never does. Not discounted.
    """

    key: str
    terms: Terms
    plans: Mapping[Case, Plan]
    slipped: Plan
    break_even: Mapping[str, int | None]
    warnings: tuple[Problem, ...]
    discount_bp: int

    @property
    def base(self) -> Plan:
        return self.plans[Case.BASE]

    @property
    def worst_won(self) -> int:
        """What it costs if nothing is ever sold."""
        return self.plans[Case.NONE].total_won

    def present_value_won(self, case: Case = Case.BASE) -> int:
        return self.plans[case].present_value_won(self.discount_bp)

    @property
    def slipped_present_value_won(self) -> int:
        return self.slipped.present_value_won(self.discount_bp)

    @property
    def slip_total_won(self) -> int:
        """How the total changes when sales slip a year; 0 or less."""
        return self.slipped.total_won - self.base.total_won

    @property
    def slip_present_value_won(self) -> int:
        return self.slipped_present_value_won - self.present_value_won()


@dataclass(frozen=True)
class Comparison:
    """The outcomes in the order of the offer, over the same calendar years."""

    signed_on: date
    forecast: Forecast
    outcomes: tuple[Outcome, ...]

    @property
    def years(self) -> list[int]:
        """From signing to the last payment of any option in any case."""
        every = [each for outcome in self.outcomes for each in (*outcome.plans.values(), outcome.slipped)]
        return list(range(self.signed_on.year, max([max(each.cash) for each in every] + [self.signed_on.year]) + 1))

    def cash(self, key: str, case: Case = Case.BASE) -> list[int]:
        """Won per year of `years`."""
        found = next(each for each in self.outcomes if each.key == key).plans[case].cash
        return [found.get(year, 0) for year in self.years]

    def to_json(self) -> dict[str, Any]:
        """Inputs and every figure, as evidence: stored with a choice and recomputed from its inputs to the won."""
        return {
            "version": VERSION,
            "signed_on": self.signed_on.isoformat(),
            "forecast": self.forecast.to_json(),
            "options": [{"key": each.key, "terms": each.terms.to_json()} for each in self.outcomes],
            "years": self.years,
            "outcomes": [_figures(self, each) for each in self.outcomes],
        }

    @property
    def digest(self) -> str:
        return digest(self.to_json())


def _figures(comparison: Comparison, outcome: Outcome) -> dict[str, Any]:
    cases = {
        case.value: {
            "cash_won": comparison.cash(outcome.key, case),
            "total_won": found.total_won,
            "present_value_won": outcome.present_value_won(case),
            "before_first_sale_won": found.before_first_sale_won,
            "before_first_sale_bp": found.before_first_sale_bp,
        }
        for case, found in outcome.plans.items()
    }
    return {
        "key": outcome.key,
        "cases": cases,
        "worst_won": outcome.worst_won,
        "slip_total_won": outcome.slip_total_won,
        "slip_present_value_won": outcome.slip_present_value_won,
        "slip_ends_swap": outcome.slipped.swap_is_late,
        "break_even_won": dict(outcome.break_even),
    }


def compare(options: Mapping[str, Terms], forecast: Forecast, signed_on: date) -> Comparison:
    """`options` are terms by key, in the order in which they are shown. Terms and forecast must be free of faults."""
    outcomes, costs = [], _Costs(forecast, signed_on)
    for key, terms in options.items():
        plans = {case: plan(terms, forecast, signed_on, case=case) for case in Case}
        others = {other: each for other, each in options.items() if other != key} if terms.has_running else {}
        broken = {other: _break_even_won(terms, each, costs) for other, each in others.items()}
        outcomes.append(
            Outcome(
                key=key,
                terms=terms,
                plans=plans,
                slipped=plan(terms, forecast, signed_on, slip=1),
                break_even=broken,
                warnings=tuple(_warnings(terms, plans[Case.BASE])),
                discount_bp=forecast.discount_bp,
            )
        )
    return Comparison(signed_on, forecast, tuple(outcomes))


def _warnings(terms: Terms, base: Plan) -> Iterator[Problem]:
    yield from (problem for problem in check(terms) if problem.is_warning)
    if problem := initial_fee(terms, base.total_won):
        yield problem


def break_even_won(terms: Terms, other: Terms, forecast: Forecast, signed_on: date) -> int | None:
    """The net sales in won of all years together, spread like the base case, from which `terms` cost more than
    `other`: at one won less they do not. 0 where they cost more without any sale, None where they never do.
    """
    return _break_even_won(terms, other, _Costs(forecast, signed_on))


def _break_even_won(terms: Terms, other: Terms, costs: "_Costs") -> int | None:
    points = sorted({0, 1, MOST_WON, *costs.turns(terms), *costs.turns(other)})
    if costs.of(terms, 0) > costs.of(other, 0):
        return 0
    for below, above in pairwise(points):
        if costs.of(terms, above) > costs.of(other, above):
            return _first(below + 1, above, lambda sold: costs.of(terms, sold) > costs.of(other, sold))
    return None


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The smallest of `low`…`high` at which `holds` turns true and stays so; it holds at `high`."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


class _Costs:
    """What terms cost in all as a function of the sales of all years together: straight lines between its turns."""

    def __init__(self, forecast: Forecast, signed_on: date) -> None:
        self.signed_on, self.last_year = signed_on, forecast.last_year
        shares = forecast.sales(Case.BASE)
        self.shares = shares if any(shares.values()) else dict.fromkeys(shares, 1)
        self.whole = sum(self.shares.values())
        self.known: dict[tuple[Terms, int], int] = {}
        self.bends: dict[Terms, list[int]] = {}

    def spread(self, sold: int) -> dict[int, int]:
        return {year: sold * share // self.whole for year, share in self.shares.items()}

    def of(self, terms: Terms, sold: int) -> int:
        if (terms, sold) not in self.known:
            self.known[terms, sold] = self._of(terms, sold)
        return self.known[terms, sold]

    def _of(self, terms: Terms, sold: int) -> int:
        owed = royalties(terms, self.spread(sold), self.signed_on, until_year=self.last_year)
        reached = sum(each.won for each in terms.milestones if sold or not each.needs_sales)
        return terms.fixed_won + reached + sum(each.owed_won for each in owed)

    def turns(self, terms: Terms) -> list[int]:
        """Where the line bends: a year passes the minimum, the cap is full, the discount is made up."""
        if terms not in self.bends:
            self.bends[terms] = list(self._turns(terms))
        return self.bends[terms]

    def _turns(self, terms: Terms) -> Iterator[int]:
        if not terms.running_bp:
            return
        for share in self.shares.values():
            if terms.minimum_won and share:
                yield from _around(terms.minimum_won * BASIS_POINTS * self.whole // (terms.running_bp * share))
        if terms.cap_won:
            yield from _around(_first(0, MOST_WON, lambda sold: not self._last(terms, sold).left_of_cap_won))
        if terms.swap_discount_won:
            yield from _around(_first(0, MOST_WON, lambda sold: not self._last(terms, sold).left_of_discount_won))

    def _last(self, terms: Terms, sold: int) -> YearRoyalty:
        return royalties(terms, self.spread(sold), self.signed_on, until_year=self.last_year)[-1]


def _around(point: int) -> Iterator[int]:
    return (each for each in (point, point + 1) if 0 <= each <= MOST_WON)
