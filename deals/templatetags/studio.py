from typing import Any

from django import template
from django.utils.translation import get_language

from deals.queries.studio import usual_rates
from deals.results.studio import Turn, turn_in_words
from deals.wording.terms import case_name
from tech_listings.models import Listing

register = template.Library()


@register.filter
def in_words(turn: Turn) -> str:
    return turn_in_words(turn)


@register.filter
def name_of_case(case: str) -> str:
    return case_name(case)


@register.inclusion_tag("deals/studio/partials/_rates.html")
def usual_rates_table(listing: Listing | None = None) -> dict[str, Any]:
    """Usual running royalties by industry, that of the technology marked."""
    return {"bands": usual_rates(get_language() or "ko", listing), "links_on": True}
