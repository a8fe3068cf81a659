"""Terms of payment: dataclasses, checks, what is owed, comparison. Pure: no database, no clock, no models."""

from deals.enums.terms import Method
from deals.terms.checks import Problem, check, initial_fee, refusals
from deals.terms.compare import Comparison, Outcome, break_even_won, compare
from deals.terms.forecast import Case, Forecast, check_forecast, to_begin_with
from deals.terms.plan import Kind, Payment, Plan, YearRoyalty, instalment_due_on, plan, royalties, royalty_due_on
from deals.terms.rates import Band, Source, band_of, bands, sources
from deals.terms.templates import SHAPES, Template, begin, template_of
from deals.terms.terms import MOST_WON, Instalment, Milestone, Terms, digest

__all__ = [
    "MOST_WON", "SHAPES", "Band", "Case", "Comparison", "Forecast", "Instalment", "Kind", "Method", "Milestone",
    "Outcome", "Payment", "Plan", "Problem", "Source", "Template", "Terms", "YearRoyalty", "band_of", "bands",
    "begin", "break_even_won", "check", "check_forecast", "compare", "digest", "initial_fee", "instalment_due_on",
    "plan", "refusals", "royalties", "royalty_due_on", "sources", "template_of", "to_begin_with",
]  # fmt: skip
