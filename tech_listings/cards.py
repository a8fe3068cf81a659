"""A technology as lists show it, and why it was found.

In Python: a page of results has twenty cards, and as templates they would take a tenth of its time.
"""

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.core.templatetags.faces import day_since, marked, spans, won_figures
from tech_listings.models import Listing

if TYPE_CHECKING:
    from tech_listings.search.reasons import Part, Reason

SHOWN_KINDS, SHOWN_KEYWORDS = 2, 4

CARD = """<article class="listing-card">
<div class="listing-card-top">{top}</div>
<h3 class="listing-card-title"><a href="{address}" class="card-link">{title}</a></h3>
{value}{why}<ul class="listing-card-facts" role="list">{facts}</ul>
</article>"""


def card(
    listing: Listing,
    title_parts: "tuple[Part, ...]" = (),
    reason: "Reason | None" = None,
    why: SafeString | str = "",
    found_at: datetime | None = None,
) -> SafeString:
    """The card of a listing whose `holder` is at hand: its title with what was asked for marked, and why it is here.

    `reason` is why a search found it, `why` another text. `found_at`, when it was found, stands in place of its
    registration.
    """
    language = get_language() or "ko"
    because = why or (reason_text(reason) if reason and not reason.is_title else "")
    value = listing.text_in("value", language) or shortened(listing.text_in("summary", language))
    return mark_safe(
        CARD.format(
            top=_top(listing),
            address=escape(reverse("tech_listings:detail", args=[listing.reference])),
            title=marked(title_parts) if title_parts else escape(listing.text_in("title", language)),
            value=f'<p class="listing-card-value">{escape(value)}</p>\n' if value else "",
            why=f'<div class="listing-card-why">{conditional_escape(because)}</div>\n' if because else "",
            facts=_facts(listing, language, found_at),
        )
    )


def _top(listing: Listing) -> str:
    parts = []
    if listing.trl:
        name = escape(_("Technology readiness level"))
        parts.append(f'<span class="krds-badge bg-light-primary" title="{name}">TRL {listing.trl}</span>')
    parts.append(spans(listing.deal_kind_labels[:SHOWN_KINDS], "krds-badge bg-light-gray"))
    if listing.is_unconfirmed_on(timezone.localdate()):
        parts.append(f'<span class="krds-badge bg-light-warning">{escape(_("Unconfirmed"))}</span>')
    if listing.number:
        parts.append(f'<span class="listing-card-number">{escape(listing.number)}</span>')
    return " ".join(parts)


def _facts(listing: Listing, language: str, found_at: datetime | None) -> str:
    facts = [f'<li class="listing-card-holder">{escape(listing.holder.name_in(language))}</li>']
    if listing.price_won is not None:
        price = won_figures(listing.price_won) if listing.price_won else _("Free of charge")
        facts.append(f"<li>{escape(price)}</li>")
    if found_at:
        facts.append(f"<li>{day_since(found_at, _('Found'))}</li>")
    elif listing.registered_at:
        facts.append(f"<li>{day_since(listing.registered_at, _('Registered'))}</li>")
    if listing.keywords:
        facts.append(f'<li class="listing-card-tags">{spans(listing.keywords[:SHOWN_KEYWORDS], "tag")}</li>')
    return "".join(facts)


def reason_text(reason: "Reason") -> SafeString:
    """Why it was found: the field and what stands there, or how similar its meaning is."""
    similar = f" {reason.similarity}%" if reason.similarity else ""
    text = f' <span class="reason-text">{marked(reason.parts)}</span>' if reason.parts else ""
    return mark_safe(f'<span class="reason-field">{escape(str(reason.field))}{similar}</span>{text}')


def shortened(text: str, most: int = 140) -> str:
    """A text cut to `most` characters. Ours is composed (NFC): Django's own looks each character up for its marks."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
