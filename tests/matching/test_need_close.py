import datetime
import threading
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.db import models
from django.urls import reverse

from marketplace.core.errors import Conflict, DomainError, NotAllowed
from matching.models import Need, NeedAnswer
from matching.services.answer import answer
from matching.services.close import NeedClosed, attend, close, due_for_attention, reopen
from matching.tasks import attend_to_needs
from notifications.models import Notification
from tests.factories.accounts import sign_in
from tests.factories.matching import POSTED, NeedAnswerFactory, NeedFactory
from tests.threads import at_once

KST = ZoneInfo("Asia/Seoul")
LATER = POSTED + datetime.timedelta(days=5)


@pytest.fixture
def need(world):
    """To be answered by 9 April 2026."""
    return NeedFactory(organization=world.firm, owner=world.firm_staff)


def told():
    return sorted(Notification.objects.values_list("kind", "recipient__email"))


def test_says_how_it_ended_and_whoever_answered_hears_it(world, need):
    NeedAnswerFactory(need=need, listing=world.listing, answered_by=world.institute_staff)
    closed = close(need=need, outcome="found", note=" 고맙습니다 ", by=world.firm_staff, at=LATER)
    need.refresh_from_db()
    assert (need.state, need.outcome, need.closing_note, need.closed_by) == (
        "closed", "found", "고맙습니다", world.firm_staff,
    )  # fmt: skip
    assert (need.due_at, closed.revision) == (None, 2)
    assert told() == [("need_closed", world.institute_staff.email)]


@pytest.mark.parametrize(
    ("_case", "changes", "error", "field"),
    [
        ("viewer", {"by": "firm_viewer"}, NotAllowed, None),
        ("institute", {"by": "institute_staff"}, NotAllowed, None),
        ("no outcome", {"outcome": ""}, DomainError, "outcome"),
        ("expired is for the clock", {"outcome": "expired"}, DomainError, "outcome"),
        ("long note", {"note": "x" * 501}, DomainError, "note"),
    ],
)
def test_refuses_and_changes_nothing(world, need, _case, changes, error, field):
    given = {"need": need, "outcome": "found", "by": "firm_staff", "at": LATER} | changes
    given["by"] = world.person(given["by"])
    with pytest.raises(error) as refused:
        close(**given)
    assert refused.value.field == field
    need.refresh_from_db()
    assert (need.state, need.revision) == ("open", 1)
    assert told() == []


def test_closed_once(world, need):
    close(need=need, outcome="found", by=world.firm_staff, at=LATER)
    with pytest.raises(NeedClosed):
        close(need=need, outcome="withdrawn", by=world.firm_staff, at=LATER)
    need.refresh_from_db()
    assert need.outcome == "found"


def test_opened_again_with_a_new_day_it_is_matched_anew(world, need):
    close(need=need, outcome="no_supply", note="x", by=world.firm_staff, at=LATER)
    day = datetime.date(2026, 6, 1)
    with pytest.raises(DomainError):
        reopen(need=need, answer_by=LATER.date(), by=world.firm_staff, at=LATER)
    with pytest.raises(NotAllowed):
        reopen(need=need, answer_by=day, by=world.institute_staff, at=LATER)
    reopen(need=need, answer_by=day, by=world.firm_staff, at=LATER)
    need.refresh_from_db()
    assert (need.state, need.outcome, need.closing_note, need.closed_at) == ("open", "", "", None)
    assert (need.answer_by, need.due_at, need.opened_at, need.revision) == (day, LATER, LATER, 3)
    with pytest.raises(Conflict):
        reopen(need=need, answer_by=day, by=world.firm_staff, at=LATER)


@pytest.mark.django_db(transaction=True)
def test_closed_and_answered_at_once_nothing_is_added_after_the_end(world, need):
    def closing():
        return close(need=need, outcome="withdrawn", by=world.firm_staff, at=LATER)

    def answering():
        return answer(need=need, organization=world.institute, kind="no_supply", by=world.institute_staff, at=LATER)

    done = at_once(closing, answering)
    need.refresh_from_db()
    assert need.state == "closed"
    assert isinstance(done[0], Need)
    if isinstance(done[1], NeedAnswer):  # it came first, so its people heard of the end
        assert ("need_closed", world.institute_staff.email) in told()
    else:
        assert isinstance(done[1], NeedClosed)
        assert NeedAnswer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_an_answer_would_slip_into_a_closed_need(world, need, monkeypatch):
    """Proof that the test above tests the lock: the answer has looked, then the need is closed, then it writes."""
    from matching.services import answer as module

    looked, closed = threading.Event(), threading.Event()
    real = module._earlier

    def wait_for_the_end(*args):
        looked.set()
        closed.wait(5)
        return real(*args)

    def closing():
        looked.wait(5)
        done = close(need=need, outcome="withdrawn", by=world.firm_staff, at=LATER)
        closed.set()
        return done

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    monkeypatch.setattr(module, "_earlier", wait_for_the_end)
    done = at_once(
        closing,
        lambda: answer(need=need, organization=world.institute, kind="no_supply", by=world.institute_staff, at=LATER),
    )
    need.refresh_from_db()
    assert (need.state, type(done[1]).__name__) == ("closed", "NeedAnswer")
    assert told() == [("need_answered", world.firm_staff.email)]  # and nobody told the institute that it ended


# --- the clock --------------------------------------------------------------------------------------------------------


def on(day, hour=10):
    return datetime.datetime(2026, 4, day, hour, tzinfo=KST)


@pytest.mark.parametrize(
    ("day", "kinds", "state"),
    [
        (5, [], "open"),
        (6, ["need_due_soon"], "open"),
        (9, ["need_due_soon"], "open"),
        (10, [], "open"),
        (23, [], "open"),
        (24, ["need_expired"], "closed"),
    ],
)
def test_reminds_three_days_before_and_closes_two_weeks_after(need, day, kinds, state):
    assert need.answer_by == datetime.date(2026, 4, 9)
    with time_machine.travel(on(day), tick=False):
        attend_to_needs()
        assert attend_to_needs() == 0
    need.refresh_from_db()
    assert need.state == state
    assert [kind for kind, _who in told()] == kinds
    if state == "closed":
        assert (need.outcome, need.closed_by) == ("expired", None)


def test_a_moved_day_is_reminded_of_anew(world, need):
    from matching.services.edit import edit

    attend(need_id=need.pk, at=on(7))
    edit(
        need=need,
        content={"answer_by": datetime.date(2026, 5, 9)},
        seen_revision=1,
        by=world.firm_staff,
        at=on(8),
    )
    assert attend(need_id=need.pk, at=on(9)) is False
    assert attend(need_id=need.pk, at=on(7) + datetime.timedelta(days=30)) is True
    assert len(told()) == 2


def test_if_the_owner_left_those_who_may_act_are_reminded(world, need):
    world.firm_staff.memberships.update(state="ended")
    assert world.firm_manager
    attend(need_id=need.pk, at=on(7))
    assert told() == [("need_due_soon", world.firm_manager.email)]


def test_nobody_is_reminded_of_what_is_closed():
    closed = NeedFactory(closed=True)
    assert attend(need_id=closed.pk, at=on(7)) is False
    assert list(due_for_attention(datetime.date(2026, 4, 7))) == []


@pytest.mark.parametrize("hour", [7, 20])
def test_office_hours_are_kept(need, hour):
    with time_machine.travel(on(7, hour), tick=False):
        assert attend_to_needs() == 0
    assert told() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("day", [7, 25])
def test_two_schedulers_at_once_do_it_once(need, day):
    assert sorted(at_once(*[lambda: attend(need_id=need.pk, at=on(day))] * 2)) == [False, True]
    assert len(told()) == 1


def test_beat_runs_what_matching_needs():
    from marketplace.celery import app

    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    wanted = {f"matching.tasks.{name}" for name in ("match_needs", "percolate_news", "attend_to_needs")}
    assert wanted <= planned & set(app.tasks)


def test_the_page_closes_and_opens_again(client, world, need):
    sign_in(client, world.firm_staff)
    Need.objects.filter(pk=need.pk).update(answer_by=datetime.date(2099, 1, 1))
    page = reverse("matching:need", args=[need.public_id])
    wrong = client.post(reverse("matching:need_close", args=[need.public_id]), {"outcome": "expired"})
    assert (wrong.status_code, set(wrong.context["close_form"].errors)) == (422, {"outcome"})
    assert client.post(reverse("matching:need_close", args=[need.public_id]), {"outcome": "found"}).url == page
    past = client.post(reverse("matching:need_reopen", args=[need.public_id]), {"answer_by": "2020-01-01"})
    assert (past.status_code, set(past.context["reopen_form"].errors)) == (422, {"answer_by"})
    need.refresh_from_db()
    assert need.state == "closed"
