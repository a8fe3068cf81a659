"""Two managers at once. Each race is run with the lock, and without it to show that the lock is what holds."""

import contextlib
import threading

import pytest
from django.db import close_old_connections, connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.enums import MembershipState, Role
from accounts.models import Membership
from accounts.services import leave
from accounts.services.decide import decline_membership, grant_membership
from accounts.services.leave import change_role, end_membership
from accounts.services.members import refuse_last_manager
from marketplace.core.errors import Conflict
from marketplace.core.states import StateMachine
from tests.factories.accounts import MembershipFactory, OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["with the lock", "without"])
def locked(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    return request.param


class Meeting:
    """Where both threads meet between check and write, if nothing keeps one of them out."""

    def __init__(self, locked):
        self.barrier = threading.Barrier(2)
        # With the lock the other never comes; without it, it comes however slow the machine is.
        self.patience = 0.5 if locked else 15

    def wait(self):
        with contextlib.suppress(threading.BrokenBarrierError):
            self.barrier.wait(timeout=self.patience)


def at_once(*calls):
    """The outcome of each call, run in threads: "done", the error's code, or the name of what went wrong."""
    outcomes = [""] * len(calls)

    def run(index):
        try:
            calls[index]()
            outcomes[index] = "done"
        except Conflict as error:
            outcomes[index] = error.code
        except Exception as error:
            outcomes[index] = type(error).__name__
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=[index]) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(outcomes)


def test_two_managers_decide_at_once(locked, monkeypatch):
    organization = OrganizationFactory()
    first, second = MembershipFactory.create_batch(2, organization=organization, manager=True)
    request = MembershipFactory(organization=organization, requested=True)
    meeting, check = Meeting(locked), StateMachine.check

    def check_then_meet(self, obj, to):
        check(self, obj, to)
        meeting.wait()

    monkeypatch.setattr(StateMachine, "check", check_then_meet)

    outcomes = at_once(
        lambda: grant_membership(
            membership=Membership.objects.get(pk=request.pk), role=Role.STAFF, by=first.user, at=timezone.now()
        ),
        lambda: decline_membership(membership=Membership.objects.get(pk=request.pk), by=second.user, at=timezone.now()),
    )

    assert (outcomes == ["done", "illegal_transition"]) is locked


@pytest.mark.parametrize("how", ["both leave", "both step down", "one leaves, one steps down"])
def test_the_last_two_managers_go_at_once(locked, monkeypatch, how):
    organization = OrganizationFactory()
    first, second = MembershipFactory.create_batch(2, organization=organization, manager=True)
    meeting = Meeting(locked)

    def check_then_meet(membership):
        refuse_last_manager(membership)
        meeting.wait()

    monkeypatch.setattr(leave, "refuse_last_manager", check_then_meet)

    def leave_now(pk):
        membership = Membership.objects.get(pk=pk)
        return end_membership(membership=membership, by=membership.user, at=timezone.now())

    def step_down(pk):
        membership = Membership.objects.get(pk=pk)
        return change_role(membership=membership, role=Role.STAFF, by=membership.user)

    ways = {
        "both leave": (leave_now, leave_now),
        "both step down": (step_down, step_down),
        "one leaves, one steps down": (leave_now, step_down),
    }[how]
    outcomes = at_once(lambda: ways[0](first.pk), lambda: ways[1](second.pk))

    left = organization.memberships.filter(state=MembershipState.ACTIVE, role=Role.MANAGER).count()
    assert ((outcomes, left) == (["done", "last_manager"], 1)) is locked
    assert locked or left == 0
