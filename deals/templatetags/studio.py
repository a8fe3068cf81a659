from django import template

from deals.results.studio import Turn, turn_in_words
from deals.wording.terms import case_name

register = template.Library()


@register.filter
def in_words(turn: Turn) -> str:
    return turn_in_words(turn)


@register.filter
def name_of_case(case: str) -> str:
    return case_name(case)
