"""Who may do what with staff, reports, changes and warnings, for pages and API alike. Seeing is `visible_to`."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from brokers.models import BrokerWarning, ChangeNotice, DealReport, Qualification, Registration, StaffEntry
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import belongs_to
from brokers.services.duties.asking import reports_for


@rules.predicate
def governs(user: User) -> bool:
    return governs_brokers(user)


@rules.predicate
def names_staff(user: User) -> bool:
    return bool(organizations_with(user, Permission.NAME_STAFF))


@rules.predicate
def is_the_person(user: User, entry: StaffEntry) -> bool:
    return entry.user_id == user.pk


@rules.predicate
def ends_staff(user: User, entry: StaffEntry) -> bool:
    return entry.user_id == user.pk or has_permission(user, Permission.NAME_STAFF, entry.organization)


@rules.predicate
def acts_for(user: User, thing: DealReport | ChangeNotice | BrokerWarning) -> bool:
    return reports_for(user, thing.registration)


@rules.predicate
def acts_for_registration(user: User, registration: Registration) -> bool:
    return reports_for(user, registration)


@rules.predicate
def governs_from_outside(user: User, thing: ChangeNotice | BrokerWarning) -> bool:
    return governs_brokers(user) and not belongs_to(user, thing.registration)


@rules.predicate
def warns(user: User, registration: Registration) -> bool:
    return governs_brokers(user) and not belongs_to(user, registration)


@rules.predicate
def decides_on_licence(user: User, licence: Qualification) -> bool:
    """An officer, never about one's own."""
    return governs_brokers(user) and licence.user_id != user.pk


rules.add_perm("brokers.watch_duties", governs)
rules.add_perm("brokers.name_staff", names_staff)
rules.add_perm("brokers.answer_staff", is_the_person)
rules.add_perm("brokers.end_staff", ends_staff)
rules.add_perm("brokers.submit_report", acts_for)
rules.add_perm("brokers.file_change", acts_for)
rules.add_perm("brokers.report_for", acts_for_registration)
rules.add_perm("brokers.answer_warning", acts_for)
rules.add_perm("brokers.acknowledge_change", governs_from_outside)
rules.add_perm("brokers.lift_warning", governs_from_outside)
rules.add_perm("brokers.warn", warns)
rules.add_perm("brokers.decide_qualification", decides_on_licence)
