from django import template
from django.utils.text import Truncator
from django.utils.translation import get_language

from taxonomy.queries import titles
from tech_listings.models import Listing

register = template.Library()


@register.filter
def text(listing: Listing, part: str) -> str:
    """`{{ listing|text:"title" }}` in the reader's language, else in the language that has it."""
    return listing.text_in(part, get_language() or "ko")


@register.filter
def value_or_summary(listing: Listing) -> str:
    """For a row of a list: the value in one sentence, else how the summary begins (imported patents have only that)."""
    language = get_language() or "ko"
    return listing.text_in("value", language) or Truncator(listing.text_in("summary", language)).chars(140)


@register.filter
def holder_name(listing: Listing) -> str:
    return listing.holder.name_in(get_language() or "ko")


@register.filter
def code_title(code: str, system: str) -> str:
    return titles(system, [code], or_ancestor=system == "ipc").get(code, code) if code else ""
