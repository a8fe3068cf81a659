"""Sums that say nothing of one firm."""

from datetime import datetime
from typing import Any

from django.db.models import Count

from brokers.models import Registration
from open_data.models import CallTotal
from open_data.queries.partner_deals import confirmed_that_are_said
from tech_listings.models import Listing


def totals(*, at: datetime) -> dict[str, Any]:
    """As `TotalsOut` has them. Four questions. Those of vouchers are as `services.totals` has said them."""
    states = Listing.objects.published().values_list("state").annotate(many=Count("pk")).order_by("state")
    kinds = Registration.objects.listed().values_list("kind").annotate(many=Count("pk")).order_by("kind")
    calls = CallTotal.objects.select_related("call").defer("firms").order_by("call__number")
    return {
        "as_of": at,
        "listings": dict(states),
        "brokers": dict(kinds),
        "confirmed_deals": confirmed_that_are_said(),
        "vouchers": [{"call": each.call.number, "counted_at": each.counted_at, **each.said} for each in calls],
    }
