"""The night over all contracts, and the reminders of the morning."""

import datetime

import pytest
from django.db import OperationalError, connection

from accounts.enums import Role
from marketplace.core.errors import DomainError
from notifications.models import Notification
from royalties.models import CalendarRun, Due
from royalties.services.calendar import nightly
from royalties.services.calendar.nightly import run_calendar
from royalties.services.calendar.remind import remind_all
from tests.factories.deals.contracts import in_force, member
from tests.factories.royalties.calendar import LUMP, NOW, RUNNING, STEPS, contract, moment

DAY = datetime.timedelta(days=1)


def plain(terms=LUMP):
    return in_force(terms=terms.to_json(), method=terms.method, signed_on=datetime.date(2024, 4, 1))


def test_every_contract_and_the_second_time_nothing(monkeypatch):
    monkeypatch.setattr(nightly, "BATCH", 2)
    made = [plain() for _ in range(5)]
    first = run_calendar(at=NOW)
    assert (first.contracts, first.finished_at) == (5, NOW)
    assert all(each.dues.exists() for each in made)
    before = list(Due.objects.order_by("pk").values())
    again = run_calendar(at=NOW)
    assert (again.pk != first.pk, again.contracts, again.written) == (True, 5, 0)
    assert list(Due.objects.order_by("pk").values()) == before


def test_a_night_that_was_killed_is_gone_on_with(monkeypatch):
    monkeypatch.setattr(nightly, "BATCH", 2)
    made = [plain() for _ in range(5)]

    class Killed(Exception):
        pass

    def kill(run):
        if run.contracts == 4:
            raise Killed

    with pytest.raises(Killed):
        run_calendar(at=NOW, each=kill)
    assert not made[4].dues.exists()
    asked = []
    run = run_calendar(at=NOW, each=lambda run: asked.append(run.contracts))
    assert (asked, run.contracts, CalendarRun.objects.count()) == ([5], 5, 1)
    assert made[4].dues.exists()
    # Not on the next day: that begins anew.
    CalendarRun.objects.update(finished_at=None)
    assert run_calendar(at=NOW + DAY).contracts == 5


def test_a_batch_that_fails_leaves_nothing_half_written(monkeypatch):
    plain()

    def fail(**given):
        Due.objects.update(paid_won=0)
        raise DomainError("x")

    monkeypatch.setattr(nightly, "settle_many", fail)
    with pytest.raises(DomainError):
        run_calendar(at=NOW)
    assert CalendarRun.objects.get().last_contract == 0


def test_one_contract_that_the_database_refuses_keeps_no_other_waiting(monkeypatch, caplog):
    monkeypatch.setattr(nightly, "BATCH", 2)
    made = [plain() for _ in range(5)]
    really = nightly.settle_many

    def refuse(*, contract_ids, at):
        written = really(contract_ids=contract_ids, at=at)
        if made[1].pk in contract_ids:
            Due.objects.filter(contract=made[1]).update(excess_won=10**12)
        return written

    monkeypatch.setattr(nightly, "settle_many", refuse)
    run = run_calendar(at=NOW)
    assert (run.contracts, run.finished_at) == (4, NOW)
    assert [each.dues.exists() for each in made] == [True, False, True, True, True]
    assert f"contract {made[1].pk} cannot be written" in caplog.text


def test_a_database_that_is_away_ends_the_night(monkeypatch):
    plain()

    def away(**given):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(nightly, "settle_many", away)
    with pytest.raises(OperationalError):
        run_calendar(at=NOW)
    assert CalendarRun.objects.get().finished_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_nights_at_once_the_second_does_nothing():
    from threading import Thread

    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [nightly.ADVISORY_LOCK])

    def other():
        found.append(run_calendar(at=NOW))
        connection.close()

    thread = Thread(target=other)
    thread.start()
    thread.join(30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [nightly.ADVISORY_LOCK])
    assert (found, CalendarRun.objects.count()) == ([None], 0)


def messages(kind):
    rows = Notification.objects.filter(kind=kind)
    return sorted(rows.values_list("recipient__email", flat=True))


def people(made):
    found = {
        "reporter": member(made.firm, role=Role.STAFF), "firm_viewer": member(made.firm, role=Role.VIEWER),
        "keeper": member(made.holder, role=Role.STAFF), "holder_viewer": member(made.holder, role=Role.VIEWER),
    }  # fmt: skip
    return {name: user.email for name, user in found.items()}


def test_steps_are_told_once_each_to_whom_they_concern():
    made = contract(RUNNING, at=moment(datetime.date(2025, 1, 2)))
    Due.objects.filter(key__in=["upfront", "usage:2024"]).update(state="done", done_at=NOW)
    Due.objects.exclude(key="statement:2024").filter(state="expected").delete()
    who = people(made)
    due_on = datetime.date(2025, 3, 31)

    def on(days):
        return remind_all(at=moment(due_on + days * DAY))

    assert on(-15) == 0
    assert (on(-14), on(-14), on(-10)) == (1, 0, 0)
    assert who["reporter"] in messages("dues_soon")
    assert who["keeper"] not in messages("dues_soon")
    assert (on(-3), on(0), on(1), on(2)) == (1, 0, 1, 0)
    assert {who["reporter"], who["keeper"]} <= set(messages("dues_overdue"))
    assert (on(14), on(30), on(31)) == (1, 1, 0)
    escalated = set(messages("dues_escalated"))
    assert escalated
    assert not escalated & set(who.values())  # managers of both sides only
    assert not {who["firm_viewer"], who["holder_viewer"]} & set(
        Notification.objects.values_list("recipient__email", flat=True)
    )
    assert (on(60), on(400)) == (1, 0)


def test_after_a_missed_run_only_the_latest_step_is_told():
    contract(LUMP, at=moment(datetime.date(2024, 4, 2)))
    Due.objects.exclude(key="upfront").delete()
    assert remind_all(at=moment(datetime.date(2024, 7, 1))) == 1
    assert set(Notification.objects.values_list("kind", flat=True)) == {"dues_escalated"}


def test_what_is_due_on_one_day_is_one_message():
    contract(RUNNING, at=moment(datetime.date(2025, 1, 2)))
    Due.objects.filter(key="upfront").delete()
    assert remind_all(at=moment(datetime.date(2025, 3, 31))) == 1
    firsts = Notification.objects.filter(kind="dues_soon")
    assert firsts.values("recipient").distinct().count() == firsts.count()


def test_a_milestone_is_asked_about_once_and_never_called_overdue():
    made = contract(STEPS, at=moment(datetime.date(2025, 4, 1)))
    Due.objects.exclude(key="milestone:prototype").delete()
    for days in (-14, 1, 14, 30, 60):
        remind_all(at=moment(datetime.date(2025, 4, 1) + days * DAY))
    assert set(Notification.objects.values_list("kind", flat=True)) == {"milestones_expected"}
    assert made.dues.get().told_of == 60


def test_messages_carry_no_sums_and_no_names():
    made = contract(LUMP, at=moment(datetime.date(2024, 4, 2)))
    remind_all(at=moment(datetime.date(2024, 4, 2)))
    for message in Notification.objects.all():
        text = str(message.params) + message.url
        assert "10000000" not in text
        assert made.firm.name not in text
        assert made.listing.title_ko not in text
