"""A comparison as a page shows it: a card for each option with its figures, its chart, and its table by year."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from brokers.wording.fees import Fact, figures, rate
from deals.queries.studio import Way
from deals.terms import Case, Comparison, Outcome, Plan
from deals.wording.terms import facts

WIDTH, HEIGHT = 320, 150
TOP, BOTTOM, SIDE = 18, 22, 4
MOST_LABELS = 8


@dataclass(frozen=True)
class Bar:
    """A year of the chart, in units of its picture. `label` is empty where years stand too close."""

    year: int
    won: int
    x: int
    y: int
    width: int
    height: int
    middle: int
    label: str


@dataclass(frozen=True)
class Chart:
    """Cash by year as bars. All options of a comparison have the same scale: `top_won` is the highest of them."""

    bars: tuple[Bar, ...]
    top_won: int
    base_y: int = HEIGHT - BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Turn:
    """Net sales of all years from which an option costs more than the other one; None where it never does."""

    other: str
    sold_won: int | None


@dataclass(frozen=True)
class Card:
    """What stands of one option. `plan` is that of the case that is shown."""

    way: Way
    outcome: Outcome
    plan: Plan
    present_value_won: int
    chart: Chart
    years: tuple[tuple[int, int], ...]
    turns: tuple[Turn, ...]
    facts: tuple[Fact, ...]

    @property
    def before_first_sale(self) -> str:
        bp = self.plan.before_first_sale_bp
        return _("no sale") if self.plan.first_sale_on is None else "–" if bp is None else rate(bp)

    @property
    def late_days(self) -> tuple[object, object]:
        return self.outcome.terms.swap_days(self.plan.signed_on)


def cards(comparison: Comparison, found: Sequence[Way], case: Case) -> list[Card]:
    """In the order of the offer."""
    titles = {each.key: each.option.name for each in found}
    cash = {each.key: comparison.cash(each.key, case) for each in comparison.outcomes}
    top_won = max((max(row) for row in cash.values()), default=0)
    made = []
    for way, outcome in zip(found, comparison.outcomes, strict=True):
        plan = outcome.plans[case]
        years = tuple(zip(comparison.years, cash[way.key], strict=True))
        turns = tuple(Turn(titles[other], sold) for other, sold in outcome.break_even.items())
        made.append(
            Card(
                way=way,
                outcome=outcome,
                plan=plan,
                present_value_won=outcome.present_value_won(case),
                chart=_chart(years, top_won),
                years=years,
                turns=turns,
                facts=tuple(facts(way.terms)),
            )
        )
    return made


def _chart(years: Sequence[tuple[int, int]], top_won: int) -> Chart:
    slot = (WIDTH - 2 * SIDE) // len(years)
    width, room = max(slot * 7 // 10, 2), HEIGHT - TOP - BOTTOM
    every = -(-len(years) // MOST_LABELS)
    bars = []
    for place, (year, won) in enumerate(years):
        x = SIDE + place * slot + (slot - width) // 2
        # A sum that is paid is never invisible beside a large one.
        height = max(room * won // top_won, 2) if won else 0
        label = str(year) if place % every == 0 else ""
        bars.append(Bar(year, won, x, HEIGHT - BOTTOM - height, width, height, x + width // 2, label))
    return Chart(tuple(bars), top_won)


def turn_in_words(turn: Turn) -> str:
    if turn.sold_won is None:
        return _("never more than “%(other)s”") % {"other": turn.other}
    if turn.sold_won == 0:
        return _("more than “%(other)s” even without sales") % {"other": turn.other}
    return _("more than “%(other)s” from %(sold)s of sales on") % {
        "other": turn.other,
        "sold": figures(turn.sold_won),
    }
