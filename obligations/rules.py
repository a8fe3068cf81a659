"""Who may do what to a duty, for views, templates and the API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from obligations.models import Exemption, Obligation


@rules.predicate
def works_for_institute(user: User, obligation: Obligation) -> bool:
    return has_permission(user, Permission.EDIT_RESULTS, obligation.institute)


@rules.predicate
def asks_for_institute(user: User, obligation: Obligation) -> bool:
    return has_permission(user, Permission.ASK_EXEMPTIONS, obligation.institute)


@rules.predicate
def asked_for_organization(user: User, exemption: Exemption) -> bool:
    return has_permission(user, Permission.ASK_EXEMPTIONS, exemption.organization)


@rules.predicate
def verifies(user: User, obligation: Obligation) -> bool:
    return _is_outsider(user, obligation.institute_id) and bool(organizations_with(user, Permission.VERIFY_OBLIGATIONS))


@rules.predicate
def decides(user: User, exemption: Exemption) -> bool:
    return (
        exemption.asked_by_id != user.pk
        and _is_outsider(user, exemption.organization_id)
        and bool(organizations_with(user, Permission.DECIDE_EXEMPTIONS))
    )


@rules.predicate
def oversees(user: User) -> bool:
    return bool(organizations_with(user, Permission.SEE_COMPLIANCE))


def _is_outsider(user: User, organization_id: int) -> bool:
    return user.is_authenticated and all(m.organization_id != organization_id for m in user.active_memberships())


rules.add_perm("obligations.discharge_obligation", works_for_institute)
rules.add_perm("obligations.ask_exemption", asks_for_institute)
rules.add_perm("obligations.take_back_exemption", asked_for_organization)
rules.add_perm("obligations.verify_obligation", verifies)
rules.add_perm("obligations.extend_obligation", verifies)
rules.add_perm("obligations.decide_exemption", decides)
rules.add_perm("obligations.see_compliance", oversees)
