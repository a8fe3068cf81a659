"""Who may do what in a negotiation, for views, templates and the API alike. Seeing is `visible_to`."""

import rules
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.enums.negotiation import NegotiationState
from deals.models import Entry, Negotiation, NegotiationBroker, Offer, TransferRequest
from deals.queries.seats import brokers_on, other, seats_of, sides_of
from matching.models import NeedAnswer


@rules.predicate
def speaks(user: User, negotiation: Negotiation) -> bool:
    """For a party, or as its broker."""
    brokers = brokers_on(negotiation, timezone.localdate())
    return bool(seats_of(negotiation, user, Permission.NEGOTIATE, brokers))


@rules.predicate
def is_party(user: User, negotiation: Negotiation) -> bool:
    return bool(seats_of(negotiation, user, Permission.NEGOTIATE))


@rules.predicate
def binds(user: User, negotiation: Negotiation) -> bool:
    """Can agree for a party."""
    return bool(seats_of(negotiation, user, Permission.AGREE_TERMS))


@rules.predicate
def closes(user: User, negotiation: Negotiation) -> bool:
    return binds(user, negotiation) if negotiation.state == NegotiationState.AGREED else is_party(user, negotiation)


@rules.predicate
def accepts(user: User, offer: Offer) -> bool:
    """A manager of the side that was asked, and nobody who belongs to the other one, too."""
    negotiation, side = offer.negotiation, other(offer.side)
    if not has_permission(user, Permission.AGREE_TERMS, negotiation.organization_of(side)):
        return False
    return offer.side not in sides_of(negotiation, user, brokers_on(negotiation, timezone.localdate()))


@rules.predicate
def declines(user: User, offer: Offer) -> bool:
    return has_permission(user, Permission.NEGOTIATE, offer.negotiation.organization_of(other(offer.side)))


@rules.predicate
def withdraws(user: User, offer: Offer) -> bool:
    """The party that offered, or its broker what it offered itself."""
    negotiation = offer.negotiation
    seats = seats_of(negotiation, user, Permission.NEGOTIATE, brokers_on(negotiation, timezone.localdate()))
    mine = [seat for seat in seats if seat.side == offer.side]
    return any(not seat.is_broker or seat.organization.pk == offer.organization_id for seat in mine)


@rules.predicate
def replies(user: User, question: Entry) -> bool:
    negotiation = question.negotiation
    seats = seats_of(negotiation, user, Permission.NEGOTIATE, brokers_on(negotiation, timezone.localdate()))
    return any(seat.side == other(question.side) for seat in seats)


@rules.predicate
def sends_away(user: User, part: NegotiationBroker) -> bool:
    """The party whose broker it is, or the broker itself."""
    party = part.negotiation.organization_of(part.side)
    return any(has_permission(user, Permission.NEGOTIATE, each) for each in (party, part.organization))


@rules.predicate
def begins(user: User, request: TransferRequest) -> bool:
    """Either side of a request."""
    return any(has_permission(user, Permission.NEGOTIATE, each) for each in (request.requester, request.holder))


@rules.predicate
def begins_from_need(user: User, answer: NeedAnswer) -> bool:
    return has_permission(user, Permission.NEGOTIATE, answer.need.organization)


rules.add_perm("deals.speak", speaks)
rules.add_perm("deals.bring_in_broker", is_party)
rules.add_perm("deals.close_negotiation", closes)
rules.add_perm("deals.reopen_negotiation", binds)
rules.add_perm("deals.accept_offer", accepts)
rules.add_perm("deals.decline_offer", declines)
rules.add_perm("deals.withdraw_offer", withdraws)
rules.add_perm("deals.reply", replies)
rules.add_perm("deals.let_broker_go", sends_away)
rules.add_perm("deals.begin_negotiation", begins)
rules.add_perm("deals.begin_negotiation_from_need", begins_from_need)
