"""Negotiations, made through the services as people make them; only days are moved."""

import datetime

from django.utils import timezone

from deals.models import Negotiation, Offer
from deals.services.negotiation.brokers import bring_in
from deals.services.negotiation.open import open_from_request
from deals.services.negotiation.say import say
from deals.services.offers.accept import accept
from deals.services.offers.make import OfferContent, OptionContent, make_offer
from deals.terms import Method, Terms
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import NOW
from tests.factories.brokers.mandates import in_force, manager_of
from tests.factories.deals.requests import TransferRequestFactory

DAY = datetime.timedelta(days=1)
LUMP = Terms(Method.LUMP_SUM, upfront_won=30_000_000)
RUNNING = Terms(Method.RUNNING, upfront_won=5_000_000, running_bp=300)


def staff_of(organization):
    found = organization.memberships.active().filter(role="staff").order_by("pk").first()
    return found.user if found else MembershipFactory(organization=organization).user


def opened(*, at=NOW, by=None, text="", **also):
    """A negotiation that the holder has begun about a request it answered with a yes."""
    request = also.pop("request", None) or TransferRequestFactory(talk=True, **also)
    made = open_from_request(request=request, text=text, by=by or manager_of(request.holder), at=at)
    return Negotiation.objects.for_page().get(pk=made.negotiation.pk)


def content(*options, at=NOW, **also):
    """Two ways to pay, valid for 30 days."""
    given = {
        "deal_kind": "non_exclusive_licence",
        "options": [OptionContent(terms) for terms in options or (LUMP, RUNNING)],
        "valid_until": timezone.localdate(at) + 30 * DAY,
    }
    return OfferContent(**(given | also))


def offered(negotiation=None, *options, side="holder", at=NOW, by=None, counter_to=None, **also):
    """An offer of the holder's staff, or of `side`."""
    negotiation = negotiation or opened(at=at)
    by = by or staff_of(negotiation.organization_of(side))
    made = make_offer(
        negotiation=negotiation, content=content(*options, at=at, **also), counter_to=counter_to, by=by, at=at
    )
    return Offer.objects.for_page().get(pk=made.offer.pk)


def agreed(negotiation=None, *, at=NOW):
    """Terms agreed: the firm's manager accepted the first way to pay. Gives the offer."""
    offer = offered(negotiation, at=at)
    by = manager_of(offer.negotiation.firm)
    accept(offer=offer, option=offer.options.all()[0], by=by, at=at)
    return Offer.objects.for_page().get(pk=offer.pk)


def asked(negotiation, text="How much steam does it take?", *, side="firm", at=NOW):
    by = staff_of(negotiation.organization_of(side))
    return say(negotiation=negotiation, kind="question", text=text, by=by, at=at).entry


def brokered(negotiation, *, side="firm", broker=None, at=NOW, **also):
    """A broker takes part for a side under a mandate about everything. Gives its part."""
    party = negotiation.organization_of(side)
    mandate = in_force(at=at, client=party, broker=broker, **also)
    return bring_in(negotiation=negotiation, mandate=mandate, broker=mandate.broker, by=manager_of(party), at=at)
