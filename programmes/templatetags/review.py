from django import template

from accounts.numbers import format_business_number
from programmes.enums.applications import ApplicationState
from programmes.queries.ranking import reason_in_words

register = template.Library()


@register.filter
def points(hundredths: int) -> str:
    """`83.50` of 8350 hundredths of a point."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


@register.filter
def business_number(digits: str) -> str:
    """`123-45-67890`, as it was frozen without its dashes."""
    return format_business_number(digits)


@register.filter
def outcome_label(outcome: str) -> str:
    return str(ApplicationState(outcome).label)


@register.filter
def reason_text(reason: str) -> str:
    """The stored reason of a line in the reader's language."""
    return reason_in_words(reason)
