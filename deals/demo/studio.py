"""Ways to pay in the demo, `studio.json`: an offer of the holder, and what the firm expects to sell.

In the negotiation of a request of the demo, which the firm begins where nobody has; days are counted back from the
loading.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from deals.enums.negotiation import NegotiationState
from deals.models import Offer, TransferRequest
from deals.services.negotiation.open import open_from_request
from deals.services.offers.make import OfferContent, OptionContent, make_offer
from deals.services.studio.choose import choose
from deals.services.studio.save_forecast import save_forecast
from deals.terms import Forecast, Terms
from tech_listings.demo import public_id_of


@cache
def studio_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "studio.json").read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load(*, at: datetime) -> int:
    """Offer, expect and choose what is not there yet. Returns how many offers are new."""
    return sum(_load(row, at) for row in studio_rows())


def _load(row: Mapping[str, Any], at: datetime) -> bool:
    request = TransferRequest.objects.filter(idempotency_key=public_id_of(f"request/{row['request']}")).first()
    if request is None or not request.listing.is_public:
        return False
    firm_by = User.objects.get(email=row["firm_by"])
    moment = at - timedelta(days=row["days_ago"])
    negotiation = open_from_request(request=request, by=firm_by, at=moment - timedelta(days=4)).negotiation
    if negotiation.state != NegotiationState.OPEN or negotiation.offers.exists():
        return False
    by = users_with_permission(negotiation.holder, Permission.NEGOTIATE).order_by("pk").first()
    assert by is not None, f"nobody may offer for {negotiation.holder}"
    today = timezone.localdate(at)
    offer = make_offer(
        negotiation=negotiation,
        content=OfferContent(
            deal_kind=negotiation.deal_kind,
            options=[OptionContent(Terms.from_json(each["terms"]), each["title"]) for each in row["options"]],
            valid_until=today + timedelta(days=row["valid_days"]),
            term_months=row["term_months"],
            territory=row["territory"],
            text=row["text"],
        ),
        by=by,
        at=moment,
    ).offer
    if expected := row.get("forecast"):
        _expect(offer, expected, firm_by, at, today)
    return True


def _expect(offer: Offer, row: Mapping[str, Any], by: User, at: datetime, today: date) -> None:
    sales = Forecast(
        first_sale_on=date(today.year + row["years_to_sale"], 3, 2),
        discount_bp=row["discount_bp"],
        **{name: tuple(row[name]) for name in ("low", "base", "high")},
    )
    save_forecast(negotiation=offer.negotiation, sales=sales, by=by, at=at)
    if place := row.get("choice"):
        choose(option=offer.options.get(position=place), seen=None, by=by, at=at)
