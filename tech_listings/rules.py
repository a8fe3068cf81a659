"""Who may do what beyond one's own organization, for views, templates and the API alike. Seeing is `visible_to`."""

import rules
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.roles import Permission, organizations_with


@rules.predicate
def is_officer(user: User | AnonymousUser) -> bool:
    return user.is_authenticated and user.is_officer


@rules.predicate
def edits_synonyms(user: User | AnonymousUser) -> bool:
    return bool(organizations_with(user, Permission.EDIT_SYNONYMS))


@rules.predicate
def reviews_listings(user: User | AnonymousUser) -> bool:
    return bool(organizations_with(user, Permission.REVIEW_LISTINGS))


rules.add_perm("tech_listings.review", reviews_listings)
rules.add_perm("tech_listings.see_search_state", is_officer)
rules.add_perm("tech_listings.see_synonyms", is_officer)
rules.add_perm("tech_listings.edit_synonyms", edits_synonyms)
