"""Templates of options: terms to begin with, filled from the holder's price wish and a usual rate.

The portions are a starting point that is ours, not a rule; the holder changes every figure.
"""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from deals.enums.terms import Method
from deals.terms.terms import Instalment, Milestone, Terms
from marketplace.core.money import share_rounded_down, split_exactly

USUAL_BP = 300
"""Median of the royalties of eight US universities: about 3 % of net sales (domain-facts.md §4.2)."""


class Template(models.TextChoices):
    """What a holder chooses from when it adds an option."""

    LUMP_SUM = "lump_sum", _("Lump sum, once")
    INSTALMENTS = "instalments", _("Lump sum in instalments")
    INITIAL_RUNNING = "initial_running", _("Initial fee and running royalty")
    RUNNING = "running", _("Running royalty with minimum and cap")
    MILESTONES = "milestones", _("Payments at milestones")
    SWAP = "swap", _("Swap: half the fee, double rate until it is made up")
    EQUITY = "equity", _("Share of the company")
    FREE = "free", _("Free of charge")


@cache
def _names() -> dict[str, models.TextChoices]:
    """Names of templates and methods in every language of the house."""
    found: dict[str, models.TextChoices] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {str(known.label): known for names in (Method, Template) for known in names}
    return found


def name_of(title: str) -> str:
    """The title of an option for the reader: one that the house suggested in the language of who offered it is said in
    the language of who reads it; what somebody wrote is left as it is.
    """
    known = _names().get(title)
    return str(known.label) if known else title


@dataclass(frozen=True)
class Shape:
    """Which fields the form of a template shows, beside the title."""

    method: Method
    fields: tuple[str, ...]


INITIAL = ("upfront_won", "running_bp", "statement_due_months")
SHAPES = {
    Template.LUMP_SUM: Shape(Method.LUMP_SUM, ("upfront_won",)),
    Template.INSTALMENTS: Shape(Method.LUMP_SUM, ("upfront_won", "instalments")),
    Template.INITIAL_RUNNING: Shape(Method.RUNNING, INITIAL),
    Template.RUNNING: Shape(
        Method.RUNNING,
        ("upfront_won", "running_bp", "minimum_won", "minimum_from_year", "cap_won", "statement_due_months"),
    ),
    Template.MILESTONES: Shape(Method.MILESTONES, ("upfront_won", "milestones", "running_bp", "statement_due_months")),
    Template.SWAP: Shape(
        Method.SWAP,
        (
            "upfront_won",
            "swap_discount_won",
            "running_bp",
            "swap_start_months",
            "swap_grace_months",
            "statement_due_months",
        ),
    ),
    Template.EQUITY: Shape(Method.EQUITY, ("upfront_won", "equity_bp")),
    Template.FREE: Shape(Method.FREE, ()),
}


def begin(template: Template, *, price_won: int | None, rate_bp: int = USUAL_BP) -> Terms:
    """Terms to begin with. Without a price wish (None, or 0 for free of charge) amounts are 0 and to be filled in."""
    price = price_won or 0
    tenth = share_rounded_down(price, 1_000)
    if template == Template.INSTALMENTS:
        parts = split_exactly(price, {"0": 40, "12": 30, "24": 30})
        later = tuple(Instalment(months, parts[str(months)]) for months in (12, 24) if price)
        return Terms(Method.LUMP_SUM, upfront_won=parts["0"], instalments=later)
    if template == Template.INITIAL_RUNNING:
        return Terms(Method.RUNNING, upfront_won=tenth, running_bp=rate_bp)
    if template == Template.RUNNING:
        return Terms(
            Method.RUNNING, running_bp=rate_bp, minimum_won=tenth // 2, minimum_from_year=2, cap_won=price + price // 2
        )
    if template == Template.MILESTONES:
        return _milestones(price)
    if template == Template.SWAP:
        half = price // 2
        return Terms(Method.SWAP, upfront_won=price - half, swap_discount_won=half, running_bp=rate_bp)
    method = SHAPES[template].method
    return Terms(method, upfront_won=price if method == Method.LUMP_SUM else 0)


def _milestones(price_won: int) -> Terms:
    parts = split_exactly(price_won, {"start": 20, "prototype": 30, "sale": 50})
    reached = (
        Milestone("prototype", str(_("Prototype proven")), parts["prototype"], month=12),
        Milestone("first_sale", str(_("First sale")), parts["sale"], month=24, needs_sales=True),
    )
    return Terms(Method.MILESTONES, upfront_won=parts["start"], milestones=reached)


def template_of(terms: Terms) -> Template:
    """The template whose form shows everything that `terms` say."""
    if terms.method == Method.LUMP_SUM:
        return Template.INSTALMENTS if terms.instalments else Template.LUMP_SUM
    if terms.method == Method.RUNNING:
        return Template.RUNNING if terms.minimum_won or terms.cap_won else Template.INITIAL_RUNNING
    return Template(terms.method)
