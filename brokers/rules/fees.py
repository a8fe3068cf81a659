"""Who may do what with the guideline and with quotes, for pages and API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from brokers.models import BandRequest, Quote
from brokers.querysets.fees import governs_fees


@rules.predicate
def governs(user: User) -> bool:
    return governs_fees(user)


@rules.predicate
def quotes_fees(user: User) -> bool:
    return bool(organizations_with(user, Permission.QUOTE_FEES))


@rules.predicate
def quotes_for_broker(user: User, quote: Quote) -> bool:
    return has_permission(user, Permission.QUOTE_FEES, quote.broker)


@rules.predicate
def answers_for_client(user: User, quote: Quote) -> bool:
    return has_permission(user, Permission.ACCEPT_FEES, quote.client)


@rules.predicate
def decides(user: User, request: BandRequest) -> bool:
    """An officer of neither side, and not who asked."""
    quote = request.quote
    sides = {quote.broker_id, quote.client_id, *(share.organization_id for share in quote.shares.all())}
    mine = {membership.organization_id for membership in user.active_memberships()}
    return governs_fees(user) and request.asked_by_id != user.pk and not sides & mine


rules.add_perm("brokers.govern_fees", governs)
rules.add_perm("brokers.add_quote", quotes_fees)
rules.add_perm("brokers.take_back_quote", quotes_for_broker)
rules.add_perm("brokers.ask_outside_band", quotes_for_broker)
rules.add_perm("brokers.accept_quote", answers_for_client)
rules.add_perm("brokers.decide_outside_band", decides)
