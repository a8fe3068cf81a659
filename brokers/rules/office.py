"""Who may do what with applications and versions of the requirements, for pages and API alike."""

import rules

from accounts.models import User
from brokers.enums.registration import VersionState
from brokers.models import Application, RequirementVersion
from brokers.queries.office import has_checked, is_party
from brokers.querysets.registration import governs_brokers


@rules.predicate
def governs(user: User) -> bool:
    return governs_brokers(user)


@rules.predicate
def stands_apart(user: User, application: Application) -> bool:
    """An officer who has nothing to do with the applicant."""
    return governs_brokers(user) and not is_party(user, application)


@rules.predicate
def has_not_checked(user: User, application: Application) -> bool:
    return not has_checked(user, application)


@rules.predicate
def has_not_refused(user: User, application: Application) -> bool:
    return application.decided_by_id != user.pk


@rules.predicate
def wrote(user: User, version: RequirementVersion) -> bool:
    return version.state == VersionState.DRAFT and version.written_by_id == user.pk


@rules.predicate
def publishes(user: User, version: RequirementVersion) -> bool:
    return version.state == VersionState.DRAFT and version.written_by_id != user.pk


rules.add_perm("brokers.govern_brokers", governs)
rules.add_perm("brokers.act_on_application", stands_apart)
rules.add_perm("brokers.register_application", stands_apart & has_not_checked)
rules.add_perm("brokers.decide_objection", stands_apart & has_not_checked & has_not_refused)
rules.add_perm("brokers.edit_requirements", governs & wrote)
rules.add_perm("brokers.publish_requirements", governs & publishes)
