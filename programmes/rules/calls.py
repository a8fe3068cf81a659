"""Who may do what with calls, for pages and API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from programmes.models import Call


@rules.predicate
def runs_calls(user: User) -> bool:
    return bool(organizations_with(user, Permission.RUN_CALLS))


@rules.predicate
def runs_this_call(user: User, call: Call) -> bool:
    return has_permission(user, Permission.RUN_CALLS, call.office)


rules.add_perm("programmes.run_calls", runs_calls)
rules.add_perm("programmes.run_call", runs_this_call)
