"""Sums that say nothing of one firm."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from brokers.models import Registration
from open_data.models import PartnerDeal
from tech_listings.models import Listing
from vouchers.models import Voucher

FEW = 3
"""Of a call with fewer firms nothing is said: a sum would be a firm's, however many vouchers it has."""


def totals(*, at: datetime) -> dict[str, Any]:
    """As `TotalsOut` has them. Four questions."""
    states = Listing.objects.published().values_list("state").annotate(many=Count("pk")).order_by("state")
    kinds = Registration.objects.listed().values_list("kind").annotate(many=Count("pk")).order_by("kind")
    sums = ("face_won", "bound_won", "paid_won")
    calls = (
        Voucher.objects.filter(issued_at__isnull=False)
        .values("line__call__number")
        .annotate(
            vouchers=Count("pk"), firms=Count("holder", distinct=True), **{f"{name}_sum": Sum(name) for name in sums}
        )
        .order_by("line__call__number")
    )
    return {
        "as_of": at,
        "listings": dict(states),
        "brokers": dict(kinds),
        "confirmed_deals": PartnerDeal.objects.confirmed().count(),
        "vouchers": [
            {
                "call": call["line__call__number"],
                **(
                    {"vouchers": call["vouchers"], **{name: call[f"{name}_sum"] for name in sums}}
                    if call["firms"] >= FEW
                    else {"vouchers": None, **dict.fromkeys(sums)}
                ),
            }
            for call in calls
        ],
    }
