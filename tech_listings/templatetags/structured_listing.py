from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from tech_listings.models import Listing

register = template.Library()
CONTEXT = "https://schema.org"


@register.filter
def as_product(listing: Listing) -> dict[str, Any]:
    """A public technology in the words of schema.org: what its page says to everybody, nothing else."""
    language = get_language() or "ko"
    address = settings.SITE_URL + reverse("tech_listings:detail", args=[listing.reference])
    holder = {"@type": "Organization", "name": listing.holder.name_in(language)}
    offer: dict[str, Any] = {"@type": "Offer", "url": address, "seller": holder}
    if listing.price_won is not None:
        offer |= {"price": str(listing.price_won), "priceCurrency": "KRW"}
    text = listing.text_in("value", language) or listing.text_in("summary", language)
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Product",
        "@id": address,
        "url": address,
        "name": listing.text_in("title", language),
        "description": text,
        "sku": listing.number,
        "category": ", ".join(listing.ipc_codes or ()),
        "keywords": ", ".join(listing.keywords or ()),
        "manufacturer": holder,
        "offers": offer,
    }
    if listing.registered_at is not None:
        found["releaseDate"] = timezone.localdate(listing.registered_at).isoformat()
    return {key: value for key, value in found.items() if value not in ("", [], None)}
