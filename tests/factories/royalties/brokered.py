"""Contracts whose version froze a broker's fee."""

from brokers.services.fees.accept_quote import accept_quote
from tests.factories.accounts import OrganizationFactory
from tests.factories.brokers.fees import acceptor, broker_user, quoted
from tests.factories.royalties.income import MILLION, concluded


def accepted(holder, *, by, value_won=100 * MILLION, **also):
    """A quote to the holder that it accepted."""
    made = quoted(by=by, client=holder, value_won=value_won, **also)
    return accept_quote(quote=made, by=acceptor(holder), at=made.quoted_at)


def brokered(*, holder=None, by=None, value_won=100 * MILLION, **also):
    """A contract, and who quoted the fee that it froze."""
    holder, by = holder or OrganizationFactory(institute=True), by or broker_user()
    quote = accepted(holder, by=by, value_won=value_won)
    return concluded(holder=holder, fee_quote=quote, **also), by
