"""The table of a version and a calculation as rows for CSV. Money and rates are numbers, in won and percent."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from brokers import fees
from brokers.models import FeeSchedule, Quote
from brokers.queries.fees import OtherVersion
from brokers.wording.fees import facts, sentence, tier_rows
from marketplace.core.money import in_percent


def tier_cells(schedule: FeeSchedule) -> Iterator[list[Any]]:
    """The table of rates, then what else the version says; below it where it comes from."""
    yield [_("Above (won)"), _("Up to (won)"), pgettext("fee", "Rate (%)")]
    for row in tier_rows(schedule.plan):
        yield [row.from_won, "" if row.to_won is None else row.to_won, in_percent(row.rate_bp)]
    yield []
    yield [pgettext("fee guideline", "Version"), schedule.display_name]
    yield [_("State"), schedule.get_state_display()]
    for fact in facts(schedule):
        yield [fact.label, fact.text]
    yield [_("Source"), schedule.where_from]
    yield [_("Some of it is an assumption"), _("Yes") if schedule.is_assumption else _("No")]


def calculation_cells(schedule: FeeSchedule, made: fees.Calculation, others: list[OtherVersion]) -> Iterator[list[Any]]:
    """A calculation line by line, who pays and who gets what, and what other versions say."""
    yield [_("Line"), _("Amount (won)")]
    for line in made.lines:
        yield [sentence(line), line.amount_won]
    yield [_("Total"), made.total_won]
    yield []
    yield [pgettext("fee guideline", "Version"), schedule.display_name]
    yield [_("As of"), f"{timezone.localtime():%Y-%m-%d %H:%M} KST"]
    yield [_("Value of the deal"), made.value_won]
    yield [_("Fee by the guideline"), made.guideline_won]
    yield [_("Fee"), made.fee_won]
    yield [_("Lowest fee without a reason"), made.lower_won]
    yield [_("Highest fee without a reason"), made.upper_won]
    for label, portions in ((_("Pays"), made.payers), (_("Gets"), made.brokers)):
        yield []
        yield [label, _("Share (%)"), _("Without VAT (won)"), _("VAT (won)"), _("Total (won)")]
        for portion in portions:
            name = SIDES[portion.key]() if portion.key in SIDES else _("Broker %(letter)s") % {"letter": portion.key}
            yield [name, in_percent(portion.share_bp), portion.net_won, portion.vat_won, portion.total_won]
    yield []
    yield [_("Other version"), _("Fee (won)"), _("Difference (won)")]
    for other in others:
        yield [other.schedule.display_name, other.calculation.guideline_won, other.more_won]


def quote_cells(quotes: Iterable[Quote], day: date) -> Iterator[list[Any]]:
    """A list of quotes; money in won, days as in ISO 8601."""
    yield [
        _("Number"), _("State"), _("Deal"), _("Broker"), _("Client"), _("Value of the deal"), _("Fee"),
        _("Without VAT (won)"), _("VAT (won)"), _("Total (won)"), _("Quoted"), _("Can be accepted until"),
    ]  # fmt: skip
    for quote in quotes:
        state = _("Lapsed") if quote.has_lapsed_on(day) else quote.get_state_display()
        yield [
            quote.number, state, quote.subject, quote.broker.display_name, quote.client.display_name, quote.value_won,
            quote.fee_won, quote.net_won, quote.vat_won, quote.total_won,
            f"{timezone.localtime(quote.quoted_at):%Y-%m-%d}", quote.valid_until.isoformat(),
        ]  # fmt: skip


SIDES = {
    "holder": lambda: _("Holder of the technology"),
    "firm": lambda: _("Firm that takes it"),
    "": lambda: _("Broker"),
}
