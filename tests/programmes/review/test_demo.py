"""What the demo shows of a review comes about by the services, and what the home page says of it."""

from programmes.demo.review import check_all, score_all, select
from programmes.queries.review_waiting import waiting_kinds
from programmes.services.review.panel import invite
from programmes.services.review.propose import propose
from tests.factories.accounts import UserFactory
from tests.factories.programmes.review import (
    NOW,
    call_row,
    flagged,
    fresh,
    ineligible,
    manager,
    objected,
    officer,
    submitted,
)
from tests.factories.programmes.review import (
    member as member_of,
)
from tests.waiting import asks

waiting_on = asks(waiting_kinds)


def titles(user, organization):
    return [each.title for each in waiting_on(user, organization, today=NOW.date())]


def test_a_call_is_reviewed_to_its_publication():
    call = call_row()
    made = [submitted(call) for _ in range(4)]
    flagged(made[0], made[1])
    checker, first, second = officer(call), officer(call), manager(call)
    check_all(call=call, by=checker, at=NOW)
    score_all(call=call, members=[UserFactory(), UserFactory()], by=checker, at=NOW)

    found = select(call=call, by=checker, deciders=[first, second], at=NOW)

    assert fresh(found).state == "published"
    assert [fresh(each).state for each in made] == ["selected", "selected", "reserve", "reserve"]
    assert titles(made[0].boss, made[0].organization) == [f"Sign the agreement {made[0].number}"]


def test_what_waits_on_whom():
    call = call_row()
    refused = ineligible(call)
    objected(refused)
    submitted(call)
    member = UserFactory()
    checker, other = officer(call), officer(call)
    check_all(call=call, by=checker, at=NOW)
    score_all(call=call, members=[member], by=checker, at=NOW)
    select_by = officer(call)
    asked = UserFactory()
    invite(call=call, email=asked.email, by=checker, at=NOW)
    busy = member_of(call)
    assert titles(busy.user, None) == [f"Score applications for the panel of “{call.title}”"]
    propose(call=call, why="x", by=select_by, at=NOW)

    assert titles(asked, None) == [f"Say whether you join the panel of “{call.title}”"]
    assert titles(other, call.office) == [
        f"Answer the objection about {refused.number}", f"Decide on the selection for “{call.title}”",
    ]  # fmt: skip
    assert titles(select_by, call.office) == [f"Answer the objection about {refused.number}"]
    assert titles(fresh(refused).decided_by, call.office) == [f"Decide on the selection for “{call.title}”"]
    assert titles(member, None) == []
