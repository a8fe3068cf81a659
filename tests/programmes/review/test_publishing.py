"""A selection is published by a worker, batch by batch: once, in the order of the ranking, and after any crash."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils.translation import override

from marketplace.core.errors import Conflict, NotAllowed, NotPossibleNow
from notifications.models import Notification
from programmes import events, tasks
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application, Call, ReviewStep, Selection
from programmes.outbox import PUBLISH_TASK
from programmes.queries.ranking import LIST_ENDED, promised_won
from programmes.queries.review import progress_of
from programmes.queries.review_waiting import waiting_kinds
from programmes.registry import FirmRefused, NoMoney
from programmes.services.calls.end import close
from programmes.services.review import publishing
from programmes.services.review.agreements import lapse, sign
from programmes.services.review.check import find_ineligible
from programmes.services.review.panel import remove
from programmes.services.review.propose import propose
from programmes.services.review.publish import publish, publish_again
from programmes.services.review.publishing import MOST_ATTEMPTS, QUIET, Stopped, go_on, publish_batch, resume_due
from programmes.services.review.reserves import take_up
from programmes.wording.applications import next_of
from tests.factories.accounts import UserFactory
from tests.factories.programmes.review import (
    DAY,
    NOW,
    answered,
    approved,
    call_row,
    eligible,
    fresh,
    manager,
    objected,
    officer,
    proposed,
    published,
    ready,
    scored,
)
from tests.programmes.review.seen import receiver, told
from tests.waiting import asks
from vouchers.models import LedgerEntry

S = ApplicationState


@pytest.fixture
def one_by_one(monkeypatch):
    monkeypatch.setattr(publishing, "BATCH", 1)


def begun(*points, **also):
    """Five on the list: two are selected, two on the reserve list, one below the pass mark; none of them told yet."""
    call, made = ready(*(points or (60, 50, 40, 35, 10)), **also)
    selection = approved(proposed(call=call))
    return publish(selection=selection, by=selection.proposed_by, at=NOW), made


def states(made):
    return [fresh(each).state for each in made]


def test_everybody_gets_what_the_list_says(heard):
    call, made = ready(60, 50, 40, 10)
    found = published(proposed(call=call))
    assert states(made) == [S.SELECTED, S.SELECTED, S.RESERVE, S.NOT_SELECTED]
    assert heard == [("application_selected", made[0].pk), ("application_selected", made[1].pk)]
    assert (fresh(found).state, fresh(call).state) == ("published", "decided")
    assert [told(each.boss) for each in made] == [["programme_decided"]] * 4
    assert fresh(made[3]).reason == "The average is below the pass mark."
    agreement = Agreement.objects.get(application=made[0])
    assert (agreement.government_won, agreement.sign_by) == (40_000_000, date(2026, 6, 24))
    assert publish(selection=found, by=found.proposed_by, at=NOW).state == "published"  # the same officer, again
    with pytest.raises(NotPossibleNow):
        publish(selection=found, by=officer(call), at=NOW)


def manager_of(agreement):
    return agreement.application.organization.memberships.get(role="manager").user


def test_a_rehearsal_tells_nobody_outside_and_moves_no_money(heard):
    call, made = ready(60, 50, is_rehearsal=True)
    published(proposed(call=call))
    assert states(made) == [S.SELECTED, S.SELECTED]
    first, second = Agreement.objects.order_by("application__selection_lines__rank")
    with pytest.raises(NotAllowed):
        sign(agreement=first, digest=first.digest, by=manager_of(first), at=NOW)
    assert lapse(agreement=second, at=NOW + 20 * DAY)
    assert sorted(states(made)) == [S.LAPSED, S.SELECTED]
    assert heard == []
    assert not LedgerEntry.objects.exists()
    inside = call.office.memberships.values("user")
    assert not Notification.objects.exclude(recipient__in=inside).exists()


def test_the_click_promises_and_the_worker_tells(django_capture_on_commit_callbacks):
    call, made = ready(60, 50)
    selection = approved(proposed(call=call))
    assert tasks.publish_selection.name == PUBLISH_TASK
    with time_machine.travel(NOW), django_capture_on_commit_callbacks(execute=True):
        publish(selection=selection, by=selection.proposed_by, at=NOW)
        assert (fresh(selection).state, promised_won(call)) == ("publishing", 80_000_000)
        assert states(made) == [S.ELIGIBLE, S.ELIGIBLE]
        assert not Notification.objects.filter(kind="programme_decided").exists()
    assert (fresh(selection).state, states(made)) == ("published", [S.SELECTED, S.SELECTED])


def test_killed_between_any_two_batches_nothing_is_lost_or_done_twice(one_by_one, heard):
    """A worker that ends after each batch; another one goes on, and one comes that has nothing to do."""
    selection, made = begun()
    at = NOW
    for done in range(1, 6):
        assert publish_batch(selection_id=selection.public_id, at=at) == 1
        shown = progress_of(fresh(selection))
        assert (shown.done, shown.left, shown.stopped) == (done, 5 - done, "")
        assert promised_won(selection.call) == 80_000_000  # however many of them are told
        at += timedelta(minutes=3)
        assert resume_due(at=at) == 1
    assert go_on(selection_id=selection.public_id, clock=lambda: at) == 0
    assert go_on(selection_id=selection.public_id, clock=lambda: at) == 0
    assert (fresh(selection).state, progress_of(fresh(selection))) == ("published", None)
    assert states(made) == [S.SELECTED, S.SELECTED, S.RESERVE, S.RESERVE, S.NOT_SELECTED]
    assert [name for name, _pk in heard] == ["application_selected"] * 2
    assert (Agreement.objects.count(), Notification.objects.filter(kind="programme_decided").count()) == (2, 5)
    decided = ReviewStep.objects.filter(kind__in=["selected", "reserve", "not_selected"])
    assert decided.count() == decided.values("application").distinct().count() == 5


@pytest.mark.parametrize("where", ["bulk_update", "offer", "notice"])
def test_killed_within_a_batch_it_has_not_happened(where, monkeypatch):
    selection, made = begun()
    before = states(made)

    def dies(*given, **named):
        raise SystemExit

    module, name = {
        "bulk_update": (ReviewStep.objects, "bulk_create"), "offer": (publishing, "offer_locked"),
        "notice": (publishing.notices, "decided"),
    }[where]  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies)
        with pytest.raises(SystemExit):
            go_on(selection_id=selection.public_id, clock=lambda: NOW)
    assert states(made) == before
    assert not Agreement.objects.exists()
    assert not Notification.objects.filter(kind="programme_decided").exists()
    assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 5


def test_it_stops_where_there_is_no_money_and_goes_on_when_there_is(one_by_one):
    selection, made = begun()
    by = selection.published_by

    def no_money(sender, application, **kwargs):
        if application.pk == made[1].pk:
            raise NoMoney(left_won=10_000_000, wanted_won=40_000_000)

    with receiver(events.application_selected, no_money):
        assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 1
        with pytest.raises(NotPossibleNow):  # it does not go on by itself
            publish(selection=selection, by=officer(selection.call), at=NOW)
        assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 0
    found = fresh(selection)
    assert found.stopped == "not_enough_money"
    for language, said in {
        "en": "There are KRW 10,000,000 left of this; KRW 40,000,000 cannot be taken from it.",
        "ko": "남은 금액은 10,000,000원 (1천만 원)이므로 40,000,000원 (4천만 원)을(를) 뺄 수 없습니다.",
        "zh-hans": "剩余10,000,000 韩元，无法从中扣除40,000,000 韩元。",
    }.items():
        with override(language):
            assert progress_of(found).stopped == f"{made[1].number}: {said}"
    assert told(by)[-1] == "programme_selection_stopped"
    assert states(made) == [S.SELECTED, *[S.ELIGIBLE] * 4]
    assert resume_due(at=NOW + 2 * QUIET) == 0
    waiting = asks(waiting_kinds)(by, found.call.office, today=NOW.date())
    assert [each.title for each in waiting] == ["Publishing “Commercialization voucher” has stopped"]
    for nobody in (officer(), UserFactory(is_superuser=True)):
        with pytest.raises(NotAllowed):
            publish_again(selection=found, by=nobody, at=NOW)
    assert fresh(selection).stopped

    publish_again(selection=found, by=officer(selection.call), at=NOW)
    with pytest.raises(NotPossibleNow):
        publish_again(selection=found, by=by, at=NOW)
    assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 4
    assert fresh(selection).state == "published"


def test_a_rule_that_nobody_expected_is_logged_with_its_origin(caplog):
    """People read its code only; whoever runs the platform needs to know where it came from."""
    selection, made = begun()

    def odd(sender, application, **kwargs):
        raise Conflict("A rule that nobody expected.") if application.pk == made[1].pk else FirmRefused

    with receiver(events.application_selected, odd):
        go_on(selection_id=selection.public_id, clock=lambda: NOW)
        assert (fresh(selection).stopped, caplog.text.count("publishing_stopped")) == ("firm_refused", 0)
        find_ineligible(application=made[0], text="It closed down", by=officer(selection.call), at=NOW)
        publish_again(selection=selection, by=selection.published_by, at=NOW)
        go_on(selection_id=selection.public_id, clock=lambda: NOW)
    assert fresh(selection).stopped == "unexpected"
    [logged] = [each for each in caplog.records if "publishing_stopped" in each.getMessage()]
    assert logged.levelname == "ERROR"
    for said in (str(selection.public_id), made[1].number, "A rule that nobody expected."):
        assert said in caplog.text


def test_a_firm_that_may_not_have_it_is_left_out_once_an_officer_says_so():
    selection, made = begun()

    def may_not(sender, application, **kwargs):
        if application.pk == made[0].pk:
            raise FirmRefused

    with receiver(events.application_selected, may_not):
        go_on(selection_id=selection.public_id, clock=lambda: NOW)
        assert states(made) == [S.ELIGIBLE] * 5
        publish_again(selection=selection, by=selection.published_by, at=NOW)
        with pytest.raises(Stopped):
            publish_batch(selection_id=selection.public_id, at=NOW)
        find_ineligible(application=made[0], text="It has had two", by=officer(selection.call), at=NOW)
        go_on(selection_id=selection.public_id, clock=lambda: NOW)
    assert states(made) == [S.INELIGIBLE, S.SELECTED, S.RESERVE, S.RESERVE, S.NOT_SELECTED]
    assert fresh(selection).state == "published"
    # What the firm would have had goes to the next of the reserve list, now that the list is out.
    assert [each.pk for each in take_up(call=selection.call, at=NOW)] == [made[2].pk]


def test_a_lock_that_somebody_holds_is_no_reason_to_stop(monkeypatch):
    selection, made = begun()

    def held(*given, **named):
        raise DatabaseError("lock timeout")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "offer_locked", held)
        assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 0
    assert (fresh(selection).stopped, states(made)) == ("", [S.ELIGIBLE] * 5)
    assert resume_due(at=NOW + QUIET) == 0
    assert resume_due(at=NOW + 2 * QUIET) == 1


def test_the_sweep_gives_up_after_some_and_says_so():
    selection, made = begun()
    at = NOW
    for _attempt in range(MOST_ATTEMPTS):
        at += 2 * QUIET
        assert resume_due(at=at) == 1
        assert resume_due(at=at) == 0  # woken just now
    at += 2 * QUIET
    assert resume_due(at=at) == 0
    assert progress_of(fresh(selection)).stopped == publishing.GaveUp.words
    assert told(selection.published_by)[-1] == "programme_selection_stopped"
    assert states(made) == [S.ELIGIBLE] * 5
    publish_again(selection=selection, by=selection.published_by, at=at)
    assert go_on(selection_id=selection.public_id, clock=lambda: at) == 5


def test_a_batch_that_is_done_begins_the_counting_anew(one_by_one):
    selection, _made = begun()
    assert resume_due(at=NOW + 2 * QUIET) == 1
    assert fresh(selection).attempts == 1
    publish_batch(selection_id=selection.public_id, at=NOW + 2 * QUIET)
    assert fresh(selection).attempts == 0


def test_while_it_is_published_nothing_pulls_the_ground_away(one_by_one):
    selection, made = begun()
    publish_batch(selection_id=selection.public_id, at=NOW)
    seat = selection.call.panelists.get(state="accepted")
    by = officer(selection.call)
    for act in (
        lambda: propose(call=selection.call, why="x", by=by, at=NOW),
        lambda: remove(panelist=seat, by=by, at=NOW),
    ):
        with pytest.raises(NotPossibleNow):
            act()
    assert take_up(call=selection.call, at=NOW) == []
    assert Selection.objects.count() == 1
    assert states(made) == [S.SELECTED, *[S.ELIGIBLE] * 4]


def test_a_call_is_not_closed_under_a_selection():
    call, _made = ready(60)
    published(proposed(call=call))
    eligible(call)
    for each in call.applications.filter(state=S.ELIGIBLE):
        scored(each)
    again = proposed(call=call)
    by = manager(call)
    with pytest.raises(NotPossibleNow):
        close(call=call, by=by, at=NOW)
    assert (fresh(call).state, again.serial) == ("decided", 2)


def test_a_call_is_not_closed_over_anybody_who_waits():
    """A reserve, an agreement to sign, an objection to answer, a day to object: each first comes to its end."""
    call, _made = ready(60, 60, 60, 10, budget_won=60_000_000)
    published(proposed(call=call))
    by = manager(call)
    refused, closing = call.applications.get(state=S.NOT_SELECTED), call.applications.get(state=S.SELECTED)
    with pytest.raises(NotPossibleNow, match="still wait"):
        close(call=call, by=by, at=NOW)  # the agreement
    sign(
        agreement=closing.agreement,
        digest=closing.agreement.digest,
        by=closing.organization.memberships.get().user,
        at=NOW,
    )
    with pytest.raises(NotPossibleNow, match="may object until"):
        close(call=call, by=by, at=NOW + 20 * DAY)
    raised = objected(refused)
    after = NOW + 21 * DAY
    with pytest.raises(NotPossibleNow, match="still wait"):
        close(call=call, by=by, at=after)
    with pytest.raises(DatabaseError, match="nobody waits"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(state="closed", ended_at=after, ended_by=by)
    answered(raised, uphold=False)
    assert (fresh(call).state, Notification.objects.filter(kind="programme_decided").count()) == ("decided", 4)

    assert close(call=call, by=by, at=after).state == "closed"
    ended = call.applications.filter(reason=LIST_ENDED)
    assert {each.state for each in ended} == {S.NOT_SELECTED}
    assert ended.count() == 2
    assert Notification.objects.filter(kind="programme_decided").count() == 6
    for each in ended:
        assert next_of(fresh(each), after).due_on is None
        with pytest.raises(NotPossibleNow, match="days to object are over"):
            objected(each, at=after)
    assert not call.applications.filter(state=S.RESERVE).exists()


def test_nobody_left_on_the_list_ends_it_at_once():
    selection, made = begun(60)
    find_ineligible(application=made[0], text="It closed down", by=officer(selection.call), at=NOW)
    assert go_on(selection_id=selection.public_id, clock=lambda: NOW) == 0
    assert fresh(selection).state == "published"
    assert not Application.objects.filter(state=S.SELECTED).exists()
    assert call_row().pk != selection.call_id
