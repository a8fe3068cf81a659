"""A need outlives the membership of whoever posted it."""

from datetime import date, timedelta

from django.core import mail

from accounts.models import Membership
from accounts.services.leave import end_membership
from matching.services.alerts import gather_all, people_due
from matching.services.close import reopen
from notifications.delivery import deliver_all, waiting_for_mail
from tests.factories.accounts import MembershipFactory
from tests.factories.matching import POSTED, NeedFactory, NeedMatchFactory


def leaves(need, *, by=None):
    membership = Membership.objects.get(user=need.owner, organization=need.organization)
    end_membership(membership=membership, by=by or need.owner, at=POSTED)
    need.refresh_from_db()


def test_who_leaves_hands_open_needs_to_the_longest_manager_who_hears_what_fits():
    need = NeedFactory(rate="at_once")
    closed = NeedFactory(organization=need.organization, owner=need.owner, closed=True)
    elsewhere = NeedFactory(owner=need.owner)
    first = MembershipFactory(organization=need.organization, manager=True).user
    MembershipFactory(organization=need.organization, manager=True)
    MembershipFactory(organization=need.organization)
    NeedMatchFactory(need=need)
    leaver = need.owner

    leaves(need)

    assert (need.owner, need.revision) == (first, 2)
    closed.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (closed.owner, elsewhere.owner) == (leaver, leaver)
    gather_all(user_ids=people_due(POSTED), at=POSTED)
    deliver_all(waiting_for_mail(), POSTED)
    assert [m.to for m in mail.outbox if "new technology" in m.subject] == [[first.email]]


def test_who_takes_somebody_out_takes_over_their_needs():
    need = NeedFactory()
    MembershipFactory(organization=need.organization, manager=True)
    manager = MembershipFactory(organization=need.organization, manager=True).user
    leaves(need, by=manager)
    assert need.owner == manager


def test_who_only_asked_to_join_hands_nothing_over():
    need = NeedFactory()
    MembershipFactory(organization=need.organization, manager=True)
    other = MembershipFactory(organization=need.organization).user
    end_membership(membership=Membership.objects.get(user=other), by=other, at=POSTED)
    need.refresh_from_db()
    assert (need.owner == other, need.revision) == (False, 1)


def test_who_opens_a_need_again_owns_it_where_its_owner_has_left():
    need = NeedFactory(closed=True)
    manager = MembershipFactory(organization=need.organization, manager=True).user
    leaver = need.owner
    leaves(need)
    assert need.owner == leaver

    reopen(need=need, answer_by=date(2026, 4, 20), by=manager, at=POSTED + timedelta(days=6))

    need.refresh_from_db()
    assert (need.owner, need.state) == (manager, "open")


def test_who_opens_a_colleagues_need_again_leaves_it_theirs():
    need = NeedFactory(closed=True)
    manager = MembershipFactory(organization=need.organization, manager=True).user
    reopen(need=need, answer_by=date(2026, 4, 20), by=manager, at=POSTED + timedelta(days=6))
    owner = need.owner
    need.refresh_from_db()
    assert need.owner == owner
