"""Who may do what with mandates, for pages and API alike. Seeing is `visible_to`; when it is possible, services say."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from brokers.enums.mandates import OfferedBy
from brokers.models import Mandate, MandateConsent


@rules.predicate
def gives_or_takes(user: User) -> bool:
    return bool(
        organizations_with(user, Permission.GIVE_MANDATES) or organizations_with(user, Permission.TAKE_MANDATES)
    )


@rules.predicate
def gives(user: User, mandate: Mandate) -> bool:
    return has_permission(user, Permission.GIVE_MANDATES, mandate.client)


@rules.predicate
def takes(user: User, mandate: Mandate) -> bool:
    return has_permission(user, Permission.TAKE_MANDATES, mandate.broker)


@rules.predicate
def answers(user: User, mandate: Mandate) -> bool:
    return takes(user, mandate) if mandate.offered_side == OfferedBy.CLIENT else gives(user, mandate)


@rules.predicate
def has_offered(user: User, mandate: Mandate) -> bool:
    return gives(user, mandate) if mandate.offered_side == OfferedBy.CLIENT else takes(user, mandate)


@rules.predicate
def shares_in(user: User, mandate: Mandate) -> bool:
    """Of a broker beside the leading one."""
    mine = {each.pk for each in organizations_with(user, Permission.TAKE_MANDATES)} - {mandate.broker_id}
    return any(part.organization_id in mine for part in mandate.partners.all())


@rules.predicate
def consents(user: User, consent: MandateConsent) -> bool:
    return has_permission(user, Permission.GIVE_MANDATES, consent.other.client)


@rules.predicate
def works_as_broker(user: User) -> bool:
    """Whoever takes mandates or quotes fees for a broker."""
    return bool(organizations_with(user, Permission.TAKE_MANDATES) or organizations_with(user, Permission.QUOTE_FEES))


rules.add_perm("brokers.add_mandate", gives_or_takes)
rules.add_perm("brokers.answer_mandate", answers)
rules.add_perm("brokers.take_back_mandate", has_offered)
rules.add_perm("brokers.answer_share", shares_in)
rules.add_perm("brokers.answer_consent", consents)
rules.add_perm("brokers.end_mandate", gives | takes)
rules.add_perm("brokers.see_work", works_as_broker)
