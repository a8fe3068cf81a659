"""Contracts whose version froze brokers' fees."""

from brokers.services.fees.accept_quote import accept_quote
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import acceptor, broker_user, quoted
from tests.factories.royalties.income import MILLION, concluded


def accepted(client, *, by, value_won=100 * MILLION, **also):
    """A quote to a side that it accepted."""
    made = quoted(by=by, client=client, value_won=value_won, **also)
    return accept_quote(quote=made, by=acceptor(client), at=made.quoted_at)


def freezing(quotes, **also):
    """A contract whose version froze these `(side, quote)`."""
    fees = [{"quote": quote.number, "schedule": str(quote.schedule.public_id), "side": side} for side, quote in quotes]
    return concluded(fee_quote=quotes[0][1], rules={"version": 1, "fees": fees}, **also)


def brokered(*, holder=None, by=None, value_won=100 * MILLION, **also):
    """A contract, and who quoted the fee that it froze."""
    holder, by = holder or OrganizationFactory(institute=True), by or broker_user()
    return freezing([("holder", accepted(holder, by=by, value_won=value_won))], holder=holder, **also), by
