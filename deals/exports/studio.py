"""A comparison as rows for CSV; money in whole won, rates in percent, days as in ISO 8601."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from deals.models import Offer
from deals.queries.studio import Way
from deals.results.studio import Turn, turn_in_words
from deals.terms import Case, Comparison
from deals.wording.terms import case_name, summary
from marketplace.core.money import in_percent


def comparison_cells(made: Comparison, found: Sequence[Way], *, offer: Offer) -> Iterator[list[Any]]:
    """What was entered, the figures of every option and case, then cash by year."""
    forecast = made.forecast
    yield [_("Negotiation"), offer.negotiation.number]
    yield [_("As of"), f"{timezone.localtime():%Y-%m-%d %H:%M} KST"]
    yield [_("Signed, as assumed"), made.signed_on.isoformat()]
    yield [_("First sale"), forecast.first_sale_on.isoformat()]
    yield [_("Discount rate (%)"), in_percent(forecast.discount_bp)]
    yield []
    sold = [*range(forecast.first_year, forecast.last_year + 1)]
    yield [_("Expected sales (won)"), *sold]
    for case in (Case.LOW, Case.BASE, Case.HIGH):
        yield [case_name(case), *forecast.sales(case).values()]
    yield []
    yield from _figures(made, found)
    yield []
    yield [_("Cash by year (won)"), _("Sales"), *made.years, _("Total (won)")]
    for way in found:
        for case in Case:
            cash = made.cash(way.key, case)
            yield [way.option.name, case_name(case), *cash, sum(cash)]


def _figures(made: Comparison, found: Sequence[Way]) -> Iterator[list[Any]]:
    yield [
        _("Option"), _("Terms"), _("Total (won)"), _("Present value (won)"), _("Paid before the first sale (%)"),
        _("Without any sales (won)"), _("Total if sales slip a year (won)"),
        _("Present value if sales slip a year (won)"), _("Break-even"),
    ]  # fmt: skip
    titles = {each.key: each.option.name for each in found}
    for way, outcome in zip(found, made.outcomes, strict=True):
        turns = [turn_in_words(Turn(titles[other], sold)) for other, sold in outcome.break_even.items()]
        yield [
            way.option.name,
            summary(way.terms),
            outcome.base.total_won,
            outcome.present_value_won(),
            in_percent(outcome.base.before_first_sale_bp),
            outcome.worst_won,
            outcome.slipped.total_won,
            outcome.slipped_present_value_won,
            "; ".join(turns),
        ]
