from datetime import date

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from marketplace.core.templatetags.faces import in_kst, won_figures
from taxonomy.queries import titles
from tech_listings import cards
from tech_listings.columns import ON_SCREEN, Column
from tech_listings.models import Listing
from tech_listings.quality import Quality, quality_of

register = template.Library()
register.simple_tag(cards.card, name="listing_card")
register.filter(cards.reason_text)


@register.filter
def text(listing: Listing, part: str) -> str:
    """`{{ listing|text:"title" }}` in the reader's language, else in the language that has it."""
    return listing.text_in(part, get_language() or "ko")


@register.filter
def holder_name(listing: Listing) -> str:
    return listing.holder.name_in(get_language() or "ko")


@register.filter
def unconfirmed(listing: Listing) -> bool:
    """Whether its holder has not confirmed it in time, as of today."""
    return listing.is_unconfirmed_on(timezone.localdate())


@register.filter
def code_title(code: str, system: str) -> str:
    return titles(system, [code], or_ancestor=system == "ipc").get(code, code) if code else ""


@register.simple_tag
def table_columns() -> tuple[Column, ...]:
    """The columns of the table of technologies, the same as an export begins with."""
    return ON_SCREEN


@register.filter
def cell(listing: Listing, column: Column) -> str:
    """What a listing has in a column, as a screen shows it."""
    value = column.value(listing, get_language() or "ko")
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, date):
        return in_kst(value)
    return won_figures(value) if column.shape == "won" and isinstance(value, int) else str(value)


@register.filter
def quality(listing: Listing) -> Quality:
    """How well it is described; a list brings `has_rights` along (`ListingQuerySet.with_rights`)."""
    return quality_of(listing)


@register.filter
def quality_score(listing: Listing) -> int:
    return quality_of(listing).score
