"""Technologies like one that is looked at."""

from tech_listings.models import Listing, ListingMeaning
from tech_listings.search.language import understand
from tech_listings.search.narrowing import among
from tech_listings.search.ranking import find, nearest

SHOWN = 4
LIKE = 0.45
"""Similarity (cosine) from which two technologies are called similar."""


def similar_to(listing: Listing, *, most: int = SHOWN) -> list[Listing]:
    """Published technologies that mean the same as `listing`, nearest first; by its words until it has a meaning."""
    others = Listing.objects.published().exclude(pk=listing.pk)
    vector = ListingMeaning.objects.filter(listing=listing).values_list("vector", flat=True).first()
    if vector is not None:
        ids = [pk for pk, alike in nearest(others, vector, most=most).items() if alike >= LIKE]
    else:
        title = listing.title_ko or listing.title_en or listing.title_zh
        ids = find(others, understand(title), by_meaning=False).ids[:most]
    rows = {found.pk: found for found in among(others.select_related("holder"), ids)}
    return [rows[pk] for pk in ids if pk in rows]
