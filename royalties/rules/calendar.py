"""Who may do what to the calendar of a contract, for views, templates and the API alike. Seeing is `visible_to`."""

import rules

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, organizations_with
from deals.models import Contract


@rules.predicate
def reports_for_firm(user: User, contract: Contract) -> bool:
    return has_permission(user, Permission.REPORT_SALES, contract.firm)


@rules.predicate
def keeps_for_holder(user: User, contract: Contract) -> bool:
    return has_permission(user, Permission.KEEP_ROYALTIES, contract.holder)


@rules.predicate
def binds_holder(user: User, contract: Contract) -> bool:
    return has_permission(user, Permission.AGREE_TERMS, contract.holder)


@rules.predicate
def keeps_rules(user: User, _nothing: object = None) -> bool:
    return bool(organizations_with(user, Permission.GOVERN_ROYALTIES))


@rules.predicate
def works(user: User, organization: Organization | None) -> bool:
    return has_permission(user, Permission.VIEW_ORGANIZATION, organization)


rules.add_perm("royalties.report", reports_for_firm)
rules.add_perm("royalties.check", keeps_for_holder)
rules.add_perm("royalties.waive", binds_holder)
rules.add_perm("royalties.write_late_rule", keeps_rules)
rules.add_perm("royalties.see_work", works)
