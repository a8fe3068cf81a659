"""Who may do what with applications, for pages and API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from programmes.models import Application


@rules.predicate
def applies(user: User) -> bool:
    return bool(organizations_with(user, Permission.APPLY_PROGRAMMES))


@rules.predicate
def writes(user: User, application: Application) -> bool:
    is_real = not application.call.is_rehearsal
    return is_real and has_permission(user, Permission.APPLY_PROGRAMMES, application.organization)


rules.add_perm("programmes.apply", applies)
rules.add_perm("programmes.write_application", writes)
