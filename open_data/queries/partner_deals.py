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


def confirmed_by_year() -> list[tuple[int, int]]:
    """(year, how many) of confirmed deals."""
    years = PartnerDeal.objects.confirmed().values_list("happened_on__year").annotate(many=Count("pk"))
    return list(years.order_by("happened_on__year"))
