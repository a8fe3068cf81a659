"""A selection is proposed: ranked within the budget, the caps and the ties."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from accounts.models import BusinessProfile
from accounts.services.merge import merge
from marketplace.core.errors import Conflict, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Selection
from programmes.queries.ranking import FIRM_CAP, FIRM_UNKNOWN, NO_SCORES, ranking_of
from programmes.scheme import Caps
from programmes.services.calls.publish import NotReady, what_is_missing
from programmes.services.calls.publish import publish as publish_version
from programmes.services.review import check
from programmes.services.review.approve import take_back
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish
from tests.factories.accounts import MergeProposalFactory
from tests.factories.programmes.calls import next_draft
from tests.factories.programmes.review import (
    DAY,
    NOW,
    approved,
    call_row,
    eligible,
    fresh,
    manager,
    member,
    officer,
    proposed,
    published,
    ready,
    scheme,
    scored,
    sql,
    submitted,
)
from tests.programmes.review.seen import outcomes

S = ApplicationState


def test_without_a_score_it_is_said_that_scores_are_missing():
    call, [scored_one] = ready(60)
    bare = eligible(call)
    lines = ranking_of(call, scheme(), NOW)
    assert [(each.candidate.pk, each.outcome, each.reason) for each in lines] == [
        (scored_one.pk, S.SELECTED, ""), (bare.pk, S.NOT_SELECTED, NO_SCORES),
    ]  # fmt: skip


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


# --- the window of a call stays while its selection is under way ------------------------------------------------------


def longer(call):
    """Another version that opens the window again, complete but for what a selection says."""
    version = next_draft(call, at=NOW, closes_at=NOW + 5 * DAY)
    return version, [problem.text for problem in what_is_missing(version, NOW)]


IN_THE_WAY = "A selection of this call is proposed or being published. It is ended first."


def test_the_window_is_not_opened_again_under_a_selection():
    call, _made = ready(60)
    found = proposed(call=call)
    version, missing = longer(call)
    assert IN_THE_WAY in missing
    with pytest.raises(NotReady, match="It is ended first"):
        publish_version(version=version, revision=version.revision, by=officer(call), at=NOW)
    assert fresh(call).closes_at < NOW
    with pytest.raises(DatabaseError, match="while a selection is under way"), transaction.atomic():
        sql("UPDATE programmes_call SET closes_at = %s WHERE id = %s", NOW + DAY, call.pk)
    take_back(selection=found, text="More time", by=officer(call), at=NOW)
    assert IN_THE_WAY not in [problem.text for problem in what_is_missing(version, NOW)]


def test_nothing_is_published_while_the_call_takes_applications():
    found = approved()
    earlier = found.call.closes_at - DAY
    with pytest.raises(NotPossibleNow, match="still takes applications"):
        publish(selection=found, by=found.proposed_by, at=earlier)
    assert fresh(found).state == "proposed"
    with pytest.raises(DatabaseError, match="nobody is selected while"), transaction.atomic():
        sql(
            "UPDATE programmes_selection SET state = 'publishing', published_by_id = %s, published_at = %s"
            " WHERE id = %s",
            found.proposed_by_id, earlier, found.pk,
        )  # fmt: skip
    publish(selection=found, by=found.proposed_by, at=NOW)
    assert fresh(found).state == "publishing"
