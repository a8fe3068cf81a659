from uuid import UUID

from django.db.models import Count

from open_data.models import PartnerDeal
from tech_listings.enums import ONCE_PUBLIC_STATES, SHOWN_STATES
from tech_listings.models import Listing
from tech_listings.numbers import LISTING_NUMBER


def once_public(reference: str) -> Listing | None:
    """The listing with this number or id that is or was public: a partner may hold a copy of it."""
    rows = Listing.objects.filter(registered_at__isnull=False, state__in={*SHOWN_STATES, *ONCE_PUBLIC_STATES})
    rows = rows.select_related("holder")
    if LISTING_NUMBER.fullmatch(reference):
        return rows.filter(number=reference).first()
    try:
        return rows.filter(public_id=UUID(reference)).first()
    except ValueError:
        return None


FEW = 3
"""As on the page of statistics: a deal may be unnamed, so a smaller number of them is not said."""


def confirmed_by_year() -> list[tuple[int, int | None]]:
    """(year, how many) of confirmed deals; None where they are few."""
    years = PartnerDeal.objects.confirmed().values_list("happened_on__year").annotate(many=Count("pk"))
    return [(year, said(many)) for year, many in years.order_by("happened_on__year")]


def said(many: int) -> int | None:
    """A number of deals as it is said to everybody; None for few."""
    return None if 0 < many < FEW else many
