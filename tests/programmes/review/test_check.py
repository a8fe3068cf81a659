"""Documents are checked: completed, found eligible or not, one by one and many together."""

from datetime import date

import pytest

from accounts.enums import Role
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from programmes.enums.applications import ApplicationState
from programmes.models import Application
from programmes.services.applications.acting import TooLate, require_in_time
from programmes.services.review import check
from tests.factories.accounts import MembershipFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    call_row,
    eligible,
    flagged,
    fresh,
    ineligible,
    known,
    officer,
    submitted,
)
from tests.programmes.review.seen import told

S = ApplicationState


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


def test_a_completion_past_its_day_gets_a_later_one():
    """The firm is told to ask the office, and the office can give it (a call's first day was a dead end)."""
    made = submitted()
    by = officer(made.call)
    found = check.ask_completion(application=made, parts={"plan": "Page 3 is missing"}, by=by, at=NOW)
    late = NOW + 15 * DAY
    for day in (date(2026, 6, 24), date(2026, 6, 20), date(2027, 6, 20)):
        with pytest.raises(DomainError) as refused:
            check.ask_completion(application=found, parts={}, due_on=day, by=by, at=NOW)
        assert refused.value.field == "due_on"
    assert fresh(made).complete_by == date(2026, 6, 24)

    again = check.ask_completion(application=found, parts={}, due_on=date(2026, 7, 10), by=by, at=late)

    assert (again.state, again.complete_by, again.reason) == (
        S.COMPLETION,
        date(2026, 7, 10),
        "plan: Page 3 is missing",
    )
    assert fresh(made).revision == found.revision + 1 == made.revision + 2
    assert told(made.boss) == ["programme_completion"] * 2
    require_in_time(fresh(made), late)
    with pytest.raises(TooLate):
        require_in_time(found, late)


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
