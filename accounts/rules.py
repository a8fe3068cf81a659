"""Who may do what to which object, for views, templates and the API alike."""

import rules

from accounts.models import ApiToken, Membership, Organization, User
from accounts.roles import Permission, has_permission, organizations_with


@rules.predicate
def belongs_to(user: User, organization: Organization) -> bool:
    return has_permission(user, Permission.VIEW_ORGANIZATION, organization)


@rules.predicate
def may_edit(user: User, organization: Organization) -> bool:
    return has_permission(user, Permission.EDIT_ORGANIZATION, organization)


@rules.predicate
def manages_members(user: User, organization: Organization) -> bool:
    return has_permission(user, Permission.MANAGE_MEMBERS, organization)


@rules.predicate
def decides(user: User, membership: Membership) -> bool:
    return has_permission(user, Permission.MANAGE_MEMBERS, membership.organization)


@rules.predicate
def is_own(user: User, thing: Membership | ApiToken) -> bool:
    return thing.user_id == user.pk


@rules.predicate
def merges_organizations(user: User) -> bool:
    return bool(organizations_with(user, Permission.MERGE_ORGANIZATIONS))


rules.add_perm("accounts.merge_organizations", merges_organizations)
rules.add_perm("accounts.view_members", belongs_to)
rules.add_perm("accounts.edit_organization", may_edit)
rules.add_perm("accounts.manage_members", manages_members)
rules.add_perm("accounts.decide_membership", decides)
rules.add_perm("accounts.change_role", decides)
rules.add_perm("accounts.end_membership", decides | is_own)
rules.add_perm("accounts.withdraw_request", is_own)
