"""Who may offer ways to pay, and who may compare and choose. Seeing an offer is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.enums.negotiation import Side
from deals.models import Negotiation, Offer
from deals.queries.studio import speaks_as


@rules.predicate
def offers_for_holder(user: User, negotiation: Negotiation) -> bool:
    return speaks_as(user, negotiation, Side.HOLDER) is not None


@rules.predicate
def is_of_the_firm(user: User, offer: Offer) -> bool:
    """Members of the firm itself: what it expects to sell is not for its brokers either."""
    return has_permission(user, Permission.VIEW_ORGANIZATION, offer.negotiation.firm)


@rules.predicate
def chooses_for_firm(user: User, offer: Offer) -> bool:
    return has_permission(user, Permission.NEGOTIATE, offer.negotiation.firm)


rules.add_perm("deals.make_offer", offers_for_holder)
rules.add_perm("deals.see_studio", is_of_the_firm)
rules.add_perm("deals.choose_option", chooses_for_firm)
