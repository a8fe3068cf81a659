"""Who may do what with needs and matches, for views, templates and the API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from matching.models import Match, Need


@rules.predicate
def posts_for_the_firm(user: User, need: Need) -> bool:
    return has_permission(user, Permission.POST_NEEDS, need.organization)


@rules.predicate
def answers_for_somebody_else(user: User, need: Need) -> bool:
    """Whether `user` may answer for an organization other than the one that asks."""
    return any(o.pk != need.organization_id for o in organizations_with(user, Permission.ANSWER_NEEDS))


@rules.predicate
def judges(user: User, match: Match) -> bool:
    if match.need is not None:
        return has_permission(user, Permission.POST_NEEDS, match.need.organization)
    return match.saved_search is not None and match.saved_search.owner_id == user.pk


rules.add_perm("matching.change_need", posts_for_the_firm)
rules.add_perm("matching.answer_need", answers_for_somebody_else)
rules.add_perm("matching.judge_match", judges)
