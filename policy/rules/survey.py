"""Who may do what with survey, index and plans. Seeing is `visible_to`."""

import rules

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, organizations_with
from policy.models import SurveySheet
from policy.querysets.survey import governs_survey


@rules.predicate
def answers_for(user: User, organization: Organization | None) -> bool:
    return has_permission(user, Permission.ANSWER_SURVEY, organization)


@rules.predicate
def reads_for(user: User, organization: Organization | None) -> bool:
    """A member of the institute in any role."""
    is_institute = organization is not None and organization.kind == OrganizationKind.INSTITUTE
    return is_institute and has_permission(user, Permission.VIEW_ORGANIZATION, organization)


@rules.predicate
def governs(user: User, _thing: object = None) -> bool:
    return governs_survey(user)


@rules.predicate
def is_outside(user: User, sheet: SurveySheet) -> bool:
    """Neither a member of the institute nor the one who submitted it."""
    mine = {membership.organization_id for membership in user.active_memberships()}
    return sheet.institute_id not in mine and sheet.submitted_by_id != user.pk


@rules.predicate
def brings_in(user: User, organization: Organization | None) -> bool:
    return answers_for(user, organization) or (
        organization is not None
        and organization.pk in {each.pk for each in organizations_with(user, Permission.GOVERN_SURVEY)}
    )


rules.add_perm("policy.answer_survey", answers_for)
rules.add_perm("policy.read_survey", reads_for)
rules.add_perm("policy.bring_in_answers", brings_in)
rules.add_perm("policy.govern", governs)
rules.add_perm("policy.decide_sheet", governs & is_outside)
