"""Firms object within the clock; somebody else answers."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from marketplace.core.errors import Conflict, NotAllowed, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Objection
from programmes.services.review.check import find_ineligible, preview_many
from programmes.services.review.objections import answer_objection, raise_objection
from programmes.wording.applications import next_of
from tests.factories.accounts import MembershipFactory, sign_in
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


def test_a_second_refusal_is_by_another_officer_and_has_a_remedy_of_its_own(client):
    """Overruled, the same officer refused again, and the firm could say nothing any more (the objection was “made”)."""
    first = officer()
    call = call_row(office=first.memberships.get().organization)
    refused = ineligible(call, by=first)
    answered(objected(refused))
    again = fresh(refused)
    with pytest.raises(NotAllowed, match="undone by an objection"):
        find_ineligible(application=again, text="Too old", by=first, at=NOW + DAY)
    [row] = preview_many(call=call, applications=[again], act="ineligible", by=first)
    assert "undone by an objection" in row.why_not
    assert fresh(refused).state == S.ELIGIBLE

    find_ineligible(application=again, text="Closed down", by=officer(call), at=NOW + DAY)

    later, boss = NOW + 2 * DAY, refused.boss
    assert next_of(fresh(refused), later).on == "firm"
    client.force_login(boss)
    with time_machine.travel(later, tick=False):
        page = client.get(reverse("programmes:decision", args=[refused.public_id]))
    assert (page.context["may_object"], len(page.context["objections"])) == (True, 1)
    made = raise_objection(application=fresh(refused), text="We are open", by=boss, at=later)
    with pytest.raises(NotPossibleNow):
        raise_objection(application=fresh(refused), text="We are open", by=boss, at=later)
    assert next_of(fresh(refused), later).due_on == made.answer_due_on
    assert Objection.objects.count() == 2
    answered(made, at=later)
    assert fresh(refused).state == S.ELIGIBLE


def test_the_page_offers_no_refusal_to_whom_was_overruled(client):
    first = officer(second_factor=True)
    call = call_row(office=first.memberships.get().organization)
    refused = ineligible(call, by=first)
    answered(objected(refused))
    address = reverse("programmes:review_application", args=[refused.public_id])
    for person, offers in ((first, []), (officer(call, second_factor=True), ["ineligible"])):
        shown = sign_in(client, person).get(address)
        assert [each["name"] for each in shown.context["offered"]] == offers
