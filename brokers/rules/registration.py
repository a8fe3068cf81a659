"""Who may do what with applications, for pages and API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, organizations_with
from brokers.models import Application
from brokers.queries.registration import may_write


@rules.predicate
def applies_for_an_agency(user: User) -> bool:
    return bool(organizations_with(user, Permission.APPLY_REGISTRATION))


@rules.predicate
def writes(user: User, application: Application) -> bool:
    return may_write(user, application)


rules.add_perm("brokers.apply_for_an_agency", applies_for_an_agency)
rules.add_perm("brokers.write_application", writes)
