"""Who may do what to a duty, for views, templates and the API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from obligations.models import Exemption, Obligation, ResearchResult, RnDProject


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
def edits_project(user: User, project: RnDProject) -> bool:
    return has_permission(user, Permission.EDIT_RESULTS, project.lead) or _is_officer(user)


@rules.predicate
def reports_results(user: User, project: RnDProject) -> bool:
    """Who leads it reports for all, who takes part or owns a result for itself."""
    mine = {organization.pk for organization in organizations_with(user, Permission.EDIT_RESULTS)}
    if _is_officer(user) or project.lead_id in mine:
        return True
    return bool(mine) and (
        any(partner.pk in mine for partner in project.partners.all())
        or ResearchResult.objects.live().filter(project=project, owner__in=mine).exists()
    )


@rules.predicate
def edits_result(user: User, result: ResearchResult) -> bool:
    mine = organizations_with(user, Permission.EDIT_RESULTS)
    return _is_officer(user) or result.owner in mine or result.project.lead in mine


@rules.predicate
def governs_projects(user: User, project: RnDProject | None = None) -> bool:
    return _is_officer(user)


@rules.predicate
def sees_projects(user: User) -> bool:
    return any(organizations_with(user, p) for p in (Permission.VIEW_RESULTS, Permission.SEE_COMPLIANCE))


@rules.predicate
def adds_projects(user: User) -> bool:
    return bool(organizations_with(user, Permission.EDIT_RESULTS)) or _is_officer(user)


def _is_officer(user: User) -> bool:
    return bool(organizations_with(user, Permission.VERIFY_OBLIGATIONS))


@rules.predicate
def oversees(user: User) -> bool:
    return bool(organizations_with(user, Permission.SEE_COMPLIANCE))


def _is_outsider(user: User, organization_id: int) -> bool:
    return user.is_authenticated and all(m.organization_id != organization_id for m in user.active_memberships())


rules.add_perm("obligations.see_projects", sees_projects)
rules.add_perm("obligations.add_project", adds_projects)
rules.add_perm("obligations.change_project", edits_project)
rules.add_perm("obligations.delete_project", governs_projects)
rules.add_perm("obligations.add_result", reports_results)
rules.add_perm("obligations.change_result", edits_result)
rules.add_perm("obligations.discharge_obligation", works_for_institute)
rules.add_perm("obligations.undischarge_obligation", works_for_institute | verifies)
rules.add_perm("obligations.ask_exemption", asks_for_institute)
rules.add_perm("obligations.take_back_exemption", asked_for_organization)
rules.add_perm("obligations.verify_obligation", verifies)
rules.add_perm("obligations.extend_obligation", verifies)
rules.add_perm("obligations.decide_exemption", decides)
rules.add_perm("obligations.see_compliance", oversees)
