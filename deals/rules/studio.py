"""Who may compare the options of an offer, and choose. Seeing an offer is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.models import Offer


@rules.predicate
def is_of_the_firm(user: User, offer: Offer) -> bool:
    """Members of the firm itself: what it expects to sell is not for its brokers either."""
    return has_permission(user, Permission.VIEW_ORGANIZATION, offer.negotiation.firm)


@rules.predicate
def chooses_for_firm(user: User, offer: Offer) -> bool:
    return has_permission(user, Permission.NEGOTIATE, offer.negotiation.firm)


rules.add_perm("deals.see_studio", is_of_the_firm)
rules.add_perm("deals.choose_option", chooses_for_firm)
