"""Offers, forecasts and choices, by the services that make them."""

import datetime
from typing import Any

from deals.services.offers.make import OfferContent, OptionContent, make_offer
from deals.services.studio.choose import choose
from deals.services.studio.save_forecast import save_forecast
from tests.deals.terms.examples import LUMP, RUNNING, SWAP
from tests.deals.terms.examples import forecast as sales_of
from tests.factories.deals.contracts import member, negotiation_row
from tests.factories.deals.requests import SENT

OFFERED_AT = SENT + datetime.timedelta(days=3)
OPTIONS = (OptionContent(LUMP, "Once"), OptionContent(RUNNING, "Fee and royalty"), OptionContent(SWAP, "Swap"))
VALID_UNTIL = datetime.date(2026, 5, 1)
SALES = sales_of(1_000, 2_000, 3_000, first=datetime.date(2027, 3, 1), discount_bp=800)


def offered(negotiation=None, *, options=OPTIONS, at=OFFERED_AT, valid_until=VALID_UNTIL, by=None, key=None, **also):
    """An offer of the holder that waits for an answer."""
    negotiation = negotiation or negotiation_row()
    around: dict[str, Any] = {"term_months": 60, "territory": "Republic of Korea"} | also
    content = OfferContent(deal_kind=negotiation.deal_kind, options=options, valid_until=valid_until, **around)
    by = by or member(negotiation.holder)
    return make_offer(negotiation=negotiation, content=content, by=by, at=at, key=key).offer


def expected(offer, *, sales=SALES, by=None, at=OFFERED_AT):
    """The firm's forecast for the negotiation of an offer."""
    by = by or member(offer.negotiation.firm)
    return save_forecast(negotiation=offer.negotiation, sales=sales, by=by, at=at)


def picked(offer, *, place=2, by=None, at=OFFERED_AT):
    by = by or member(offer.negotiation.firm)
    return choose(option=offer.options.get(position=place), seen=None, by=by, at=at)


__all__ = ["OFFERED_AT", "OPTIONS", "SALES", "VALID_UNTIL", "expected", "offered", "picked", "sales_of"]
