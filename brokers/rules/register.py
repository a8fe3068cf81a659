"""Who may do what with an entry of the register and with ratings, for pages and API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import Rating, RatingText, Registration
from brokers.querysets.registration import governs_brokers


@rules.predicate
def edits_entry(user: User, registration: Registration) -> bool:
    """Staff of the agency, or the trader; a cancelled one is changed by nobody."""
    if registration.state == RegistrationState.CANCELLED:
        return False
    return owns_entry(user, registration)


@rules.predicate
def owns_entry(user: User, registration: Registration) -> bool:
    if registration.kind == RegistrationKind.TRADER:
        return registration.user_id == user.pk and user.is_active
    return has_permission(user, Permission.EDIT_REGISTER_ENTRY, registration.organization)


@rules.predicate
def has_an_entry(user: User) -> bool:
    """Whether the register says something of a broker that the user may change, or could before its end."""
    return Registration.objects.editable_by(user).exists()


def _belongs(user: User, organization_id: int) -> bool:
    return any(membership.organization_id == organization_id for membership in user.active_memberships())


@rules.predicate
def speaks_for_party(user: User, rating: Rating) -> bool:
    """Who may rate for the party, and does not belong to the broker."""
    may = has_permission(user, Permission.RATE_BROKERS, rating.organization)
    return may and not _belongs(user, rating.deal.broker_id)


@rules.predicate
def speaks_for_broker(user: User, rating: Rating) -> bool:
    return has_permission(user, Permission.EDIT_REGISTER_ENTRY, rating.deal.broker)


@rules.predicate
def moderates(user: User, text: RatingText) -> bool:
    """An officer of neither side."""
    sides = (text.rating.organization_id, text.rating.deal.broker_id)
    return governs_brokers(user) and not any(_belongs(user, side) for side in sides)


rules.add_perm("brokers.has_entry", has_an_entry)
rules.add_perm("brokers.own_entry", owns_entry)
rules.add_perm("brokers.edit_entry", edits_entry)
rules.add_perm("brokers.edit_rating", speaks_for_party)
rules.add_perm("brokers.reply_rating", speaks_for_party)
rules.add_perm("brokers.answer_rating", speaks_for_broker)
rules.add_perm("brokers.moderate_text", moderates)
