from datetime import date

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from marketplace.core.templatetags.faces import in_kst, won_figures
from taxonomy.queries import titles
from tech_listings.columns import ON_SCREEN, Column
from tech_listings.models import Listing
from tech_listings.quality import Quality, quality_of

register = template.Library()


@register.filter
def text(listing: Listing, part: str) -> str:
    """`{{ listing|text:"title" }}` in the reader's language, else in the language that has it."""
    return listing.text_in(part, get_language() or "ko")


@register.filter
def value_or_summary(listing: Listing) -> str:
    """For a row of a list: the value in one sentence, else how the summary begins (imported patents have only that)."""
    language = get_language() or "ko"
    return listing.text_in("value", language) or shortened(listing.text_in("summary", language))


def shortened(text: str, most: int = 140) -> str:
    """A text cut to `most` characters. Ours is composed (NFC): Django's own looks each character up for its marks."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


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
