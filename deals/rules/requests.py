"""Who may do what to a request, for views, templates and the API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.models import TransferRequest


@rules.predicate
def answers_for_holder(user: User, request: TransferRequest) -> bool:
    return has_permission(user, Permission.ANSWER_REQUESTS, request.holder)


@rules.predicate
def asks_for_requester(user: User, request: TransferRequest) -> bool:
    return has_permission(user, Permission.SEND_REQUESTS, request.requester)


rules.add_perm("deals.answer_request", answers_for_holder)
rules.add_perm("deals.withdraw_request", asks_for_requester)
