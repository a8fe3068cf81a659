"""Who may do what in cases and hand-overs, for pages and API alike. Seeing is `visible_to`; services ask the states."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission
from brokers.enums.cases import HearingState
from brokers.enums.registration import RegistrationKind
from brokers.models import CancellationCase, HandOver, Registration
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import belongs_to
from brokers.services.cases.hand_over import sides_of


@rules.predicate
def governs(user: User) -> bool:
    return governs_brokers(user)


@rules.predicate
def is_apart(user: User, case: CancellationCase) -> bool:
    """An officer who has nothing to do with the broker."""
    return governs_brokers(user) and not belongs_to(user, case.registration)


@rules.predicate
def holds_the_chair(user: User, case: CancellationCase) -> bool:
    chairs = {row.chair_id for row in case.hearings.all() if row.state in {HearingState.NOTICED, HearingState.HELD}}
    return user.pk in chairs


@rules.predicate
def opened_it(user: User, case: CancellationCase) -> bool:
    return case.opened_by_id == user.pk


@rules.predicate
def speaks_for_broker(user: User, case: CancellationCase) -> bool:
    """The trader, or who reports to the office for the agency."""
    registration: Registration = case.registration
    if registration.kind == RegistrationKind.TRADER:
        return registration.user_id == user.pk
    return has_permission(user, Permission.REPORT_TO_OFFICE, registration.organization)


@rules.predicate
def chooses(user: User, hand_over: HandOver) -> bool:
    return has_permission(user, Permission.GIVE_MANDATES, hand_over.mandate.client)


@rules.predicate
def settles(user: User, hand_over: HandOver) -> bool:
    """An officer of neither side."""
    mine = {membership.organization_id for membership in user.active_memberships()}
    return governs_brokers(user) and not mine & sides_of(hand_over)


rules.add_perm("brokers.govern_cases", governs)
rules.add_perm("brokers.handle_case", is_apart)
rules.add_perm("brokers.record_hearing", is_apart & holds_the_chair)
rules.add_perm("brokers.decide_case", is_apart & ~opened_it & ~holds_the_chair)
rules.add_perm("brokers.answer_case", speaks_for_broker)
rules.add_perm("brokers.choose_hand_over", chooses)
rules.add_perm("brokers.settle_hand_over", settles)
