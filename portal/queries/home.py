"""Numbers of the home page, straight from the rows."""

from dataclasses import dataclass

from django.core.cache import cache

from accounts.models import Organization
from marketplace.core.pagination import CEILING, bounded_count
from tech_listings.enums import PUBLIC_STATES
from tech_listings.models import Listing

FIGURES_SECONDS = 60


@dataclass(frozen=True)
class Figures:
    """How much there is to find; a count that reached the ceiling is said with a plus."""

    technologies: int
    holders: int

    @property
    def technologies_text(self) -> str:
        return f"{min(self.technologies, CEILING):,}{'+' if self.technologies > CEILING else ''}"


def figures() -> Figures:
    """Published technologies and the organizations that hold them, at most a minute old."""
    found: Figures | None = cache.get("portal:figures")
    if found is None:
        holders = Organization.objects.filter(listings__state__in=PUBLIC_STATES).distinct().count()
        found = Figures(bounded_count(Listing.objects.published()), holders)
        cache.set("portal:figures", found, FIGURES_SECONDS)
    return found
