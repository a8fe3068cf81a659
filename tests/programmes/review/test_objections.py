"""Firms object within the clock; somebody else answers."""

from datetime import date
from uuid import uuid4

import pytest

from marketplace.core.errors import Conflict, NotAllowed, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Objection
from programmes.services.review.objections import answer_objection, raise_objection
from tests.factories.accounts import MembershipFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    answered,
    call_row,
    fresh,
    ineligible,
    objected,
    officer,
    proposed,
    published,
    ready,
)
from tests.programmes.review.seen import told

S = ApplicationState


def test_objected_within_the_clock_and_answered_by_somebody_else():
    by = officer()
    call = call_row(office=by.memberships.get().organization)
    refused = ineligible(call, by=by)
    with pytest.raises(NotPossibleNow):
        raise_objection(application=refused, text="x", by=refused.boss, at=NOW + 21 * DAY)
    made = raise_objection(application=refused, text="We are young", by=refused.boss, at=NOW + 20 * DAY)
    assert made.answer_due_on == date(2026, 7, 30)
    with pytest.raises(NotAllowed):
        answer_objection(objection=made, uphold=True, answer="x", by=by, at=NOW)
    assert fresh(made).state == "open"

    answered(made)
    assert (fresh(made).state, fresh(refused).state) == ("upheld", S.ELIGIBLE)
    assert told(refused.boss) == ["programme_decided", "programme_objection_answered"]


def test_only_the_manager_objects_and_once():
    refused = ineligible()
    staff = MembershipFactory(organization=refused.organization).user
    with pytest.raises(NotAllowed):
        raise_objection(application=refused, text="x", by=staff, at=NOW)
    key = uuid4()
    one = raise_objection(application=refused, text="x", key=key, by=refused.boss, at=NOW)
    assert raise_objection(application=refused, text="x", key=key, by=refused.boss, at=NOW) == one
    with pytest.raises(Conflict):
        raise_objection(application=refused, text="y", key=key, by=refused.boss, at=NOW)
    with pytest.raises(NotPossibleNow):
        raise_objection(application=refused, text="x", by=refused.boss, at=NOW)
    assert Objection.objects.count() == 1


@pytest.mark.parametrize(("budget_won", "state"), [(100_000_000, S.SELECTED), (70_000_000, S.RESERVE)])
def test_upheld_after_the_selection(budget_won, state, heard):
    call, made = ready(60, 10, budget_won=budget_won)
    selection = published(proposed(call=call))
    objection = objected(fresh(made[1]))
    for by in (selection.proposed_by, *(each.by for each in selection.approvals.all())):
        with pytest.raises(NotAllowed):
            answered(objection, by=by)
    answered(objection)
    assert fresh(made[1]).state == state
    assert (("application_selected", made[1].pk) in heard) == (state == S.SELECTED)


def test_dismissed_changes_nothing():
    refused = ineligible()
    answered(objected(refused), uphold=False)
    assert fresh(refused).state == S.INELIGIBLE
