"""From the document check to the signed agreement, as the services do it."""

from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError

from accounts.enums import Role
from accounts.models import BusinessProfile
from accounts.services.merge import merge
from marketplace.core.errors import ChangedMeanwhile, Conflict, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from programmes import events, tasks
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application, Objection, Score, Selection, SelectionApproval
from programmes.outbox import TAKE_UP_TASK
from programmes.queries.ranking import FIRM_CAP, FIRM_UNKNOWN
from programmes.scheme import Caps, Days
from programmes.services.review import check, panel
from programmes.services.review.agreements import fall_through, lapse, sign
from programmes.services.review.approve import approve, send_back, take_back
from programmes.services.review.objections import answer_objection, raise_objection
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish
from programmes.services.review.reserves import nightly
from tests.factories.accounts import MembershipFactory, MergeProposalFactory, UserFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    answered,
    approved,
    call_row,
    eligible,
    firm,
    flagged,
    fresh,
    ineligible,
    known,
    manager,
    member,
    objected,
    officer,
    proposed,
    published,
    ready,
    scheme,
    scored,
    submitted,
)
from vouchers.services.life.lapse import lapse as voucher_lapses

S = ApplicationState


@pytest.fixture
def heard():
    """What was sent to apps above, in order."""
    found = []

    def on(name):
        def receive(sender, **kwargs):
            subject = kwargs.get("application") or kwargs["agreement"]
            found.append((name, subject.pk))

        return receive

    receivers = {name: on(name) for name in ("application_selected", "selection_undone", "agreement_signed")}
    for name, receive in receivers.items():
        getattr(events, name).connect(receive)
    yield found
    for name, receive in receivers.items():
        getattr(events, name).disconnect(receive)


def told(user):
    return list(Notification.objects.filter(recipient=user).order_by("pk").values_list("kind", flat=True))


# --- document check ---------------------------------------------------------------------------------------------------


def test_completion_names_parts_and_the_day():
    made = submitted()

    found = check.ask_completion(application=made, parts={"plan": "Page 3 is missing"}, by=officer(made.call), at=NOW)

    assert (found.state, found.complete_by, found.reason) == (
        S.COMPLETION,
        date(2026, 6, 24),
        "plan: Page 3 is missing",
    )
    assert found.steps.get().data == {"parts": {"plan": "Page 3 is missing"}, "due_on": "2026-06-24"}
    assert told(made.boss) == ["programme_completion"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"parts": {}}, "parts"),
        ({"parts": {"plan": "  "}}, "parts"),
        ({"parts": {"plan": "x" * 501}}, "parts"),
        ({"parts": {"plan": "x"}, "due_on": date(2026, 6, 10)}, "due_on"),
        ({"parts": {"plan": "x"}, "due_on": date(2027, 6, 10)}, "due_on"),
    ],
)
def test_a_completion_that_says_nothing_is_refused(given, field):
    made = submitted()
    with pytest.raises(DomainError) as refused:
        check.ask_completion(application=made, by=officer(made.call), at=NOW, **given)
    assert refused.value.field == field
    assert fresh(made).state == S.SUBMITTED
    assert not made.steps.exists()


def test_reasons_reach_the_firm_and_passing_does_not():
    good, bad = eligible(), ineligible()
    assert (good.state, good.reason, told(good.boss)) == (S.ELIGIBLE, "", [])
    assert (bad.state, bad.reason, told(bad.boss)) == (S.INELIGIBLE, "Too old", ["programme_decided"])


def test_a_flag_is_looked_into_before():
    made = submitted()
    flag = flagged(made)
    by = officer(made.call)
    with pytest.raises(NotPossibleNow):
        check.find_eligible(application=made, by=by, at=NOW)
    assert fresh(made).state == S.SUBMITTED

    check.clear_flag(flag=flag, text="Two people of one name", by=by, at=NOW)
    with pytest.raises(NotPossibleNow):
        check.clear_flag(flag=flag, text="Again", by=by, at=NOW)

    assert check.find_eligible(application=made, by=by, at=NOW).state == S.ELIGIBLE
    assert fresh(flag).evidence == "Kim Gaon"
    assert fresh(flag).cleared_by == by


def test_what_was_changed_since_it_was_read_is_refused():
    made = submitted()
    with pytest.raises(ChangedMeanwhile):
        check.find_eligible(application=made, revision=7, by=officer(made.call), at=NOW)
    assert fresh(made).state == S.SUBMITTED


@pytest.mark.parametrize("tie", ["member", "relative", "unknown"])
def test_an_officer_with_a_tie_decides_nothing(tie):
    made = submitted()
    by = officer(made.call)
    if tie == "member":
        MembershipFactory(user=by, organization=made.organization, role=Role.VIEWER)
    else:
        other = MembershipFactory(user=by, company=True).organization
        if tie == "relative":
            profile = known(other)
            theirs = made.organization.business_profile
            profile.address, profile.address_key = theirs.address, theirs.address_key
            profile.save()
    for act in (check.find_eligible, check.find_ineligible):
        with pytest.raises(NotAllowed):
            act(application=made, text="x", by=by, at=NOW)
    assert fresh(made).state == S.SUBMITTED
    assert not made.steps.exists()


def test_a_batch_is_shown_before_and_each_row_has_its_own_outcome():
    call = call_row()
    good, flaggy, done = submitted(call), submitted(call), ineligible(call)
    other = submitted()
    tied = submitted(call)
    flagged(flaggy, good)
    by = officer(call)
    MembershipFactory(user=by, organization=tied.organization)
    rows = [good, flaggy, done, other, tied]

    seen = check.preview_many(call=call, applications=rows, act="eligible", by=by)
    assert [each.is_fine for each in seen] == [True, False, False, False, False]
    assert Application.objects.filter(state=S.ELIGIBLE).count() == 0

    came = check.decide_many(call=call, applications=rows, act="eligible", by=by, at=NOW)
    by_row = {each.application.pk: each for each in came}
    assert [by_row[each.pk].is_fine for each in rows] == [True, False, False, False, False]
    assert [fresh(each).state for each in rows] == [
        S.ELIGIBLE, S.SUBMITTED, S.INELIGIBLE, S.SUBMITTED, S.SUBMITTED,
    ]  # fmt: skip


def test_a_batch_refuses_what_changed_after_the_summary():
    call = call_row()
    made = submitted(call)
    [row] = check.decide_many(
        call=call, applications=[made], act="ineligible", text="x", revisions={made.pk: 0}, by=officer(call), at=NOW
    )
    assert row.code == "changed_meanwhile"
    assert fresh(made).state == S.SUBMITTED


# --- panel ------------------------------------------------------------------------------------------------------------


def test_only_a_confirmed_person_is_invited_and_once():
    call, by = call_row(), None
    by = officer(call)
    user, unconfirmed = UserFactory(), UserFactory(confirmed=False)
    for email in (unconfirmed.email, "nobody@example.org"):
        with pytest.raises(DomainError) as refused:
            panel.invite(call=call, email=email, by=by, at=NOW)
        assert refused.value.field == "email"

    one = panel.invite(call=call, email=user.email.upper(), by=by, at=NOW)
    two = panel.invite(call=call, email=user.email, by=by, at=NOW)

    assert one == two
    assert told(user) == ["programme_panel"]
    assert call.panelists.count() == 1


def test_nothing_is_scored_without_a_declaration():
    made = eligible()
    seat = member(made.call)
    with pytest.raises(NotAllowed):
        panel.save_score(panelist=seat, application=made, points={}, by=seat.user, at=NOW)
    assert not Application.objects.readable_by_panel(seat.user).exists()
    assert not Score.objects.exists()

    panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)

    assert Application.objects.readable_by_panel(seat.user).get() == made
    with pytest.raises(NotPossibleNow):
        panel.declare(panelist=seat, application=made, has_conflict=True, text="x", by=seat.user, at=NOW)


def test_a_declared_tie_excludes():
    made = eligible()
    seat = member(made.call)
    with pytest.raises(DomainError):
        panel.declare(panelist=seat, application=made, has_conflict=True, by=seat.user, at=NOW)
    panel.declare(panelist=seat, application=made, has_conflict=True, text="My sister's", by=seat.user, at=NOW)
    with pytest.raises(NotAllowed):
        panel.save_score(panelist=seat, application=made, points={}, by=seat.user, at=NOW)
    assert not Application.objects.readable_by_panel(seat.user).exists()


def test_a_computed_tie_excludes_whatever_is_declared():
    made = eligible()
    seat = member(made.call)
    MembershipFactory(user=seat.user, organization=made.organization)
    said = panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    assert said.has_conflict
    assert said.text


def test_who_joins_the_firm_later_reads_and_scores_no_more():
    made = eligible()
    seat = member(made.call)
    panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    MembershipFactory(user=seat.user, organization=made.organization)
    assert not Application.objects.readable_by_panel(seat.user).exists()
    with pytest.raises(NotAllowed):
        panel.save_score(panelist=seat, application=made, points={}, by=seat.user, at=NOW)


def test_a_declared_tie_stays_when_the_member_is_asked_again():
    made = eligible()
    seat = member(made.call)
    panel.declare(panelist=seat, application=made, has_conflict=True, text="My sister's", by=seat.user, at=NOW)
    panel.remove(panelist=seat, by=officer(made.call), at=NOW)
    again = member(made.call, user=seat.user)
    said = panel.declare(panelist=again, application=made, has_conflict=False, by=seat.user, at=NOW)
    assert (said.has_conflict, said.text) == (True, "My sister's")


def test_nothing_is_scored_while_a_selection_is_proposed():
    call, [made] = ready(60)
    late = member(call)
    panel.declare(panelist=late, application=made, has_conflict=False, by=late.user, at=NOW)
    proposed(call=call)
    with pytest.raises(NotPossibleNow):
        panel.save_score(panelist=late, application=made, points={"market": 1}, by=late.user, at=NOW)
    with pytest.raises(NotPossibleNow):
        panel.remove(panelist=late, by=officer(call), at=NOW)
    assert Score.objects.count() == 1


def test_scores_are_kept_and_handed_in_once():
    made = eligible()
    seat = member(made.call)
    panel.declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    given = {"panelist": seat, "application": made, "by": seat.user, "at": NOW}

    panel.save_score(points={"market": 10}, **given)
    with pytest.raises(DomainError) as refused:
        panel.save_score(points={"market": 10}, hand_in=True, **given)
    assert refused.value.field == "points.team"
    for wrong in ({"market": 61}, {"market": -1}, {"beauty": 1}):
        with pytest.raises(DomainError):
            panel.save_score(points=wrong, **given)
    score = panel.save_score(points={"market": 20, "team": 30}, hand_in=True, **given)
    with pytest.raises(NotPossibleNow):
        panel.save_score(points={"market": 60, "team": 40}, **given)

    assert fresh(score).total == 50
    assert Score.objects.count() == 1


# --- proposal ---------------------------------------------------------------------------------------------------------


def outcomes(selection):
    return list(selection.lines.order_by("rank").values_list("application", "outcome"))


def test_ranked_by_average_within_the_budget_with_a_reserve_list():
    call, made = ready(30, 60, 50, 45, 40, 20)  # and 30 points each: 60 is enough
    found = propose(call=call, why="By the scores", by=officer(call), at=NOW)
    last = made[5]
    assert outcomes(found) == [
        (made[1].pk, S.SELECTED), (made[2].pk, S.SELECTED), (made[3].pk, S.RESERVE), (made[4].pk, S.RESERVE),
        (made[0].pk, S.NOT_SELECTED), (last.pk, S.NOT_SELECTED),
    ]  # fmt: skip
    assert found.lines.get(application=last).reason == "The average is below the pass mark."
    assert found.lines.get(application=made[0]).reason.endswith("the reserve list is full.")
    assert found.basis["left_won"] == 100_000_000


def test_ties_break_by_criterion_then_time_then_number():
    call = call_row(budget_won=500_000_000)
    seat = member(call)
    one, two, three = (eligible(call, submitted_at=NOW - days * DAY) for days in (5, 5, 9))
    scored(one, 40, 40, seat=seat)
    scored(two, 60, 20, seat=seat)
    scored(three, 40, 40, seat=seat)
    found = propose(call=call, why="x", by=officer(call), at=NOW)
    assert [pk for pk, _outcome in outcomes(found)] == [two.pk, three.pk, one.pk]


def capped(*, most_won=60_000_000):
    """A call with two eligible applications, scored 60 and 50 points of the first criterion, and a cap per firm."""
    call, made = ready(60, 50, budget_won=500_000_000, content=scheme(caps=Caps(50_000_000, most_won)))
    return call, *made


def same(first, second, **changes):
    """Two firms have this in common in their business details."""
    for each in (first, second):
        BusinessProfile.objects.filter(organization=each.organization).update(**changes)


ACCOUNT = {"bank_code": "004", "bank_account": "12345678", "bank_key": "00412345678"}


@pytest.mark.parametrize("shared", ["account", "address", "nothing"])
def test_relatives_share_the_cap(shared):
    call, one, two = capped()
    by = officer(call)
    if shared == "account":
        same(one, two, **ACCOUNT)
    elif shared == "address":
        same(one, two, address="One street 1", address_key="onestreet1")
    if shared != "nothing":
        with pytest.raises(NotPossibleNow) as refused:
            propose(call=call, why="x", by=by, at=NOW)
        assert "possible tie" in str(refused.value)
        assert not Selection.objects.exists()
        # What was found on the way stays, for somebody to look into.
        check.clear_flag(flag=two.flags.get(), text="Two firms of one building", by=by, at=NOW)
    found = propose(call=call, why="x", by=by, at=NOW)
    # An account in common is certain, whatever somebody writes; an address is chance once somebody has looked.
    assert outcomes(found) == [(one.pk, S.SELECTED), (two.pk, S.NOT_SELECTED if shared == "account" else S.SELECTED)]
    published(found)
    assert fresh(one).state == S.SELECTED


def test_what_the_family_had_elsewhere_counts():
    earlier = eligible(call_row(budget_won=50_000_000))
    scored(earlier)
    published(proposed(call=earlier.call))
    call, one, two = capped()
    pair = {"gone": earlier.organization, "into": one.organization}
    MergeProposalFactory(**pair)
    merge(**pair, reason="Registered twice.", by=manager(call), at=NOW)
    found = propose(call=call, why="x", by=officer(call), at=NOW)
    assert outcomes(found) == [(one.pk, S.NOT_SELECTED), (two.pk, S.SELECTED)]
    assert found.lines.get(application=one).reason == FIRM_CAP


def test_who_says_nothing_of_itself_is_not_counted_and_gets_nothing():
    call, one, two = capped()
    BusinessProfile.objects.filter(organization=one.organization).update(representatives=[], representative_keys=[])
    by = officer(call)
    with pytest.raises(NotPossibleNow):
        propose(call=call, why="x", by=by, at=NOW)
    check.clear_flag(flag=one.flags.get(kind="unknown"), text="Asked, no answer", by=by, at=NOW)
    found = propose(call=call, why="x", by=by, at=NOW)
    assert outcomes(found) == [(one.pk, S.NOT_SELECTED), (two.pk, S.SELECTED)]
    assert found.lines.get(application=one).reason == FIRM_UNKNOWN


@pytest.mark.parametrize("what", ["open", "unchecked", "unscored", "second", "no_stage", "nothing"])
def test_what_is_in_the_way_of_a_proposal(what):
    changes = {}
    if what == "no_stage":
        changes["content"] = scheme(stages=())
    call = call_row(closed=what != "open", **changes)
    if what == "unchecked":
        submitted(call)
    elif what == "unscored":
        eligible(call)
    elif what == "second":
        scored(eligible(call))
        proposed(call=call)
    before = Selection.objects.count()
    with pytest.raises(NotPossibleNow):
        propose(call=call, why="x", by=officer(call), at=NOW)
    assert Selection.objects.count() == before


def test_the_same_key_proposes_once():
    call, _made = ready(60)
    by, key = officer(call), uuid4()
    one = propose(call=call, why="x", key=key, by=by, at=NOW)
    assert propose(call=call, why="x", key=key, by=by, at=NOW) == one
    with pytest.raises(Conflict):
        propose(call=call, why="y", key=key, by=by, at=NOW)
    assert Selection.objects.count() == 1


# --- approval and publication -----------------------------------------------------------------------------------------


def test_stages_in_order_each_another_person():
    found = proposed()
    first, second = manager(found.call), manager(found.call)
    given = {"selection": found, "digest": found.digest, "at": NOW}
    with pytest.raises(NotAllowed):
        approve(by=found.proposed_by, **given)
    with pytest.raises(ChangedMeanwhile):
        approve(selection=found, digest="0" * 64, by=first, at=NOW)
    approve(by=first, **given)
    for nobody in (first, officer(found.call), found.proposed_by):  # decided before; no manager; proposed it
        with pytest.raises(NotAllowed):
            approve(by=nobody, **given)
    approve(by=second, **given)
    with pytest.raises(NotPossibleNow):
        approve(by=manager(found.call), **given)
    assert list(found.approvals.order_by("position").values_list("position", "by")) == [
        (1, first.pk), (2, second.pk),
    ]  # fmt: skip


def test_nobody_tied_or_of_the_panel_approves():
    found = proposed()
    application = Application.objects.first()
    tied, outside = officer(found.call), officer()
    MembershipFactory(user=tied, organization=application.organization)
    seat = officer(found.call)
    member(found.call, user=seat)
    admin = UserFactory(is_superuser=True)
    for nobody in (tied, outside, seat, admin):
        with pytest.raises(NotAllowed):
            approve(selection=found, digest=found.digest, by=nobody, at=NOW)
    assert not SelectionApproval.objects.exists()


def test_sent_back_with_a_reason_and_proposed_anew():
    found = proposed()
    with pytest.raises(DomainError):
        send_back(selection=found, digest=found.digest, text="", by=officer(found.call), at=NOW)
    send_back(selection=found, digest=found.digest, text="Look at number 3", by=officer(found.call), at=NOW)
    assert fresh(found).state == "rejected"
    assert told(found.proposed_by) == ["programme_selection_back"]
    again = proposed(call=found.call)
    assert (again.serial, again.state) == (2, "proposed")


def test_a_proposal_is_taken_back_and_another_one_made():
    """Also one that every stage approved, and that cannot be published: it stands in nobody's way."""
    found = approved()
    for nobody in (officer(), manager(call_row()), UserFactory(is_superuser=True)):
        with pytest.raises(NotAllowed):
            take_back(selection=found, text="x", by=nobody, at=NOW)
    by = officer(found.call)
    with pytest.raises(DomainError) as refused:
        take_back(selection=found, text=" ", by=by, at=NOW)
    assert (refused.value.field, fresh(found).state) == ("text", "proposed")

    take_back(selection=found, text="The budget was cut", by=by, at=NOW)

    said = fresh(found)
    assert (said.state, said.taken_back_by, said.taken_back_text) == ("taken_back", by, "The budget was cut")
    assert told(found.proposed_by)[-1] == "programme_selection_taken_back"
    for act in (
        lambda: publish(selection=found, by=by, at=NOW),
        lambda: take_back(selection=found, text="x", by=by, at=NOW),
    ):
        with pytest.raises(NotPossibleNow):
            act()
    assert proposed(call=found.call).serial == 2


def test_published_at_once(heard):
    call, made = ready(60, 50, 40, 10)
    found = published(proposed(call=call))
    states = [fresh(each).state for each in made]
    assert states == [S.SELECTED, S.SELECTED, S.RESERVE, S.NOT_SELECTED]
    assert heard == [("application_selected", made[0].pk), ("application_selected", made[1].pk)]
    assert (fresh(found).state, fresh(call).state) == ("published", "decided")
    assert [told(each.boss) for each in made] == [["programme_decided"]] * 4
    assert fresh(made[3]).reason == "The average is below the pass mark."
    agreement = Agreement.objects.get(application=made[0])
    assert (agreement.government_won, agreement.sign_by) == (40_000_000, date(2026, 6, 24))
    with pytest.raises(NotPossibleNow):
        publish(selection=found, by=found.proposed_by, at=NOW)


def test_nothing_is_published_when_there_is_no_money():
    found = approved()

    def no_money(sender, **kwargs):
        raise Conflict("The budget line is empty.")

    events.application_selected.connect(no_money)
    try:
        with pytest.raises(Conflict):
            publish(selection=found, by=found.proposed_by, at=NOW)
    finally:
        events.application_selected.disconnect(no_money)
    assert fresh(found).state == "proposed"
    assert fresh(found.call).state == "published"
    assert set(Application.objects.values_list("state", flat=True)) == {S.ELIGIBLE}
    assert not Agreement.objects.exists()
    assert not Notification.objects.filter(kind="programme_decided").exists()


def test_not_published_before_every_stage_has_approved():
    found = proposed()
    approve(selection=found, digest=found.digest, by=officer(found.call), at=NOW)
    with pytest.raises(NotPossibleNow):
        publish(selection=found, by=found.proposed_by, at=NOW)
    assert fresh(found).state == "proposed"


def test_a_rehearsal_tells_nobody_outside_and_moves_no_money(heard):
    call, made = ready(60, 50, is_rehearsal=True)
    published(proposed(call=call))
    assert [fresh(each).state for each in made] == [S.SELECTED, S.SELECTED]
    assert heard == []
    inside = call.office.memberships.values("user")
    assert not Notification.objects.exclude(recipient__in=inside).exists()


# --- objections -------------------------------------------------------------------------------------------------------


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


# --- agreements -------------------------------------------------------------------------------------------------------


def agreement_of(*points, at=NOW, **also):
    call, made = ready(*(points or (60,)), **also)
    published(proposed(call=call), at=at)
    return Agreement.objects.get(application=made[0]), made


def test_signed_by_the_manager_of_the_very_text(heard):
    agreement, [made] = agreement_of()
    staff = MembershipFactory(organization=made.organization).user
    for by in (staff, officer(made.call), UserFactory(is_superuser=True)):
        with pytest.raises(NotAllowed):
            sign(agreement=agreement, digest=agreement.digest, by=by, at=NOW)
    with pytest.raises(ChangedMeanwhile):
        sign(agreement=agreement, digest="0" * 64, by=made.boss, at=NOW)
    with pytest.raises(NotPossibleNow):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW + 15 * DAY)
    for _twice in range(2):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW + 14 * DAY)
    assert (fresh(agreement).state, fresh(made).state) == ("signed", S.AGREED)
    assert heard[1:] == [("agreement_signed", agreement.pk)]


def test_the_night_lapses_and_takes_up_the_next_reserve(heard):
    agreement, made = agreement_of(60, 50, 40, 35)
    other = Agreement.objects.get(application=made[1])
    sign(agreement=other, digest=other.digest, by=made[1].boss, at=NOW)
    heard.clear()
    assert nightly(at=NOW + 14 * DAY) == {"lapsed": 0, "taken_up": 0}
    assert nightly(at=NOW + 15 * DAY) == {"lapsed": 1, "taken_up": 1}
    assert nightly(at=NOW + 15 * DAY) == {"lapsed": 0, "taken_up": 0}
    assert [fresh(each).state for each in made] == [S.LAPSED, S.AGREED, S.SELECTED, S.RESERVE]
    assert heard == [("selection_undone", made[0].pk), ("application_selected", made[2].pk)]
    assert fresh(agreement).state == "lapsed"
    assert told(made[2].boss) == ["programme_decided", "programme_taken_up"]
    assert lapse(agreement=other, at=NOW + 99 * DAY) is False


@contextmanager
def receiver(signal, receive):
    signal.connect(receive)
    try:
        yield
    finally:
        signal.disconnect(receive)


def test_a_firm_that_may_have_no_more_holds_nobody_up():
    agreement, made = agreement_of(60, 50, 40, 35)

    def may_not(sender, application, **kwargs):
        if application.pk == made[2].pk:
            raise events.FirmRefused("It has had what it may.")

    with receiver(events.application_selected, may_not):
        assert nightly(at=NOW + 15 * DAY) == {"lapsed": 2, "taken_up": 1}
    assert [fresh(each).state for each in made] == [S.LAPSED, S.LAPSED, S.RESERVE, S.SELECTED]
    assert not made[2].steps.filter(kind="taken_up").exists()
    assert fresh(agreement).state == "lapsed"


def test_no_money_stops_the_list_and_one_failure_does_not_stop_the_night():
    _agreement, made = agreement_of(60, 50, 40, 35)
    _other, others = agreement_of(60, 50, 40, 35)

    def no_money(sender, application, **kwargs):
        if application.pk == made[2].pk:
            raise Conflict("The line is empty.")
        if application.pk == others[2].pk:
            raise DatabaseError("Somebody holds it.")

    with receiver(events.application_selected, no_money):
        assert nightly(at=NOW + 15 * DAY) == {"lapsed": 4, "taken_up": 0}
    assert [fresh(each).state for each in (made[2], made[3], others[2], others[3])] == [S.RESERVE] * 4
    assert nightly(at=NOW + 16 * DAY) == {"lapsed": 0, "taken_up": 4}


def test_the_next_reserve_follows_at_once(django_capture_on_commit_callbacks):
    agreement, made = agreement_of(60, 50, 40)
    assert tasks.take_up_reserves.name == TAKE_UP_TASK
    with time_machine.travel(NOW + 15 * DAY), django_capture_on_commit_callbacks(execute=True):
        lapse(agreement=agreement, at=NOW + 15 * DAY)
    assert [fresh(each).state for each in made] == [S.LAPSED, S.SELECTED, S.SELECTED]


def test_an_own_share_never_paid_in_lets_the_next_one_in(django_capture_on_commit_callbacks):
    agreement, made = agreement_of(60, 50, 40)
    sign(agreement=agreement, digest=agreement.digest, by=made[0].boss, at=NOW)
    late = NOW + 60 * DAY
    with time_machine.travel(late), django_capture_on_commit_callbacks(execute=True):
        assert [voucher_lapses(voucher_id=agreement.voucher.pk, at=late) for _twice in range(2)] == [True, False]
    assert [fresh(each).state for each in made] == [S.LAPSED, S.SELECTED, S.SELECTED]
    assert (fresh(agreement).state, made[0].steps.last().kind) == ("signed", "unpaid")
    assert fall_through(application=made[1], at=late) is False  # it has not even signed


def test_who_withdrew_after_the_selection_signs_nothing():
    agreement, [made] = agreement_of()
    events.selection_undone.send(sender=Application, application=made, at=NOW)
    assert fresh(agreement).state == "withdrawn"
    with pytest.raises(NotPossibleNow):
        sign(agreement=agreement, digest=agreement.digest, by=made.boss, at=NOW)


def test_the_content_names_what_is_agreed_on():
    agreement, [made] = agreement_of(content=scheme(days=Days(agreement=3)))
    assert agreement.sign_by == date(2026, 6, 13)
    assert agreement.content["government_won"] == 40_000_000
    assert agreement.content["firm"]["business_number"] == made.organization.business_number
    assert firm().boss
