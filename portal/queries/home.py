"""What the home page shows of the market, straight from the rows, kept for a minute."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Exists, OuterRef

from accounts.models import Organization
from brokers.models import Registration
from marketplace.core.few import is_few
from marketplace.core.pagination import CEILING, bounded_count, count_text
from matching.models import Need
from portal.queries.statistics import few_text
from programmes.models import Call
from programmes.querysets.calls import CallQuerySet
from tech_listings.enums import PUBLIC_STATES
from tech_listings.models import Listing

FIGURES_KEY = "portal:figures:2"
FIGURES_SECONDS = 60
NEWEST = 6
CALLS = 3


@dataclass(frozen=True)
class Figures:
    """How much there is to find; a count that reached the ceiling is said with a plus."""

    technologies: int
    holders: int
    needs: int
    brokers: int
    calls: int

    @property
    def technologies_text(self) -> str:
        return count_text(min(self.technologies, CEILING), more=self.technologies > CEILING)

    @property
    def needs_text(self) -> str:
        """Open needs, as the open statistics count and withhold them."""
        if is_few(self.needs):
            return few_text()
        return count_text(min(self.needs, CEILING), more=self.needs > CEILING)


def figures(at: datetime) -> Figures:
    """At most a minute old."""
    found: Figures | None = cache.get(FIGURES_KEY)
    if found is None:
        offered = Listing.objects.filter(holder=OuterRef("pk"), state__in=PUBLIC_STATES)
        found = Figures(
            technologies=bounded_count(Listing.objects.published()),
            holders=Organization.objects.filter(Exists(offered)).count(),
            needs=bounded_count(Need.objects.open()),
            brokers=bounded_count(Registration.objects.listed()),
            calls=open_calls(at).order_by().count(),
        )
        cache.set(FIGURES_KEY, found, FIGURES_SECONDS)
    return found


def open_calls(at: datetime) -> CallQuerySet:
    """Calls under which an application may be submitted now, what closes first first."""
    return Call.objects.published().taking_at(at).for_list()
