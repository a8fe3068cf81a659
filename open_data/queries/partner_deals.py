from uuid import UUID

from django.db.models import Count

from marketplace.core.few import is_few
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


def confirmed_by_year() -> list[tuple[int, int | None]]:
    """(year, how many) of confirmed deals; None where they are few: a deal may be unnamed."""
    years = PartnerDeal.objects.confirmed().values_list("happened_on__year").annotate(many=Count("pk"))
    return [(year, None if is_few(many) else many) for year, many in years.order_by("happened_on__year")]


def confirmed_that_are_said() -> int | None:
    """The sum of the years that are said, so that none of the others can be worked out; None where no year is."""
    years = confirmed_by_year()
    many = [each for _year, each in years if each is not None]
    return sum(many) if many or not years else None
