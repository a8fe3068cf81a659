import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings

from deals.enums.requests import EventKind
from deals.models import RequestEvent
from deals.services.requests.remind import due_for_reminder, remind
from deals.tasks import remind_of_requests
from notifications.models import Notification
from tests.deals.requests.test_send import run_at_once
from tests.factories.deals.requests import TransferRequestFactory

KST = ZoneInfo("Asia/Seoul")
DUE = datetime.date(2026, 3, 24)


def at(day, hour=10):
    return datetime.datetime(2026, 3, day, hour, tzinfo=KST)


@pytest.fixture
def transfer(world, company):
    return TransferRequestFactory(listing=world.listing, requester=company, requested_by=world.company_staff)


def kinds():
    return sorted(RequestEvent.objects.exclude(kind=EventKind.SENT).values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("day", "events"),
    [(21, []), (22, ["reminded"]), (24, ["reminded"]), (25, ["overdue"])],
)
def test_two_days_before_and_once_after_the_date(transfer, day, events):
    assert transfer.answer_due_on == DUE
    with time_machine.travel(at(day), tick=False):
        remind_of_requests()
        assert remind_of_requests() == 0
    assert kinds() == events


def test_who_hears_what(world, transfer):
    remind(request_id=transfer.pk, at=at(22))
    remind(request_id=transfer.pk, at=at(25))

    found = set(Notification.objects.values_list("kind", "recipient__email"))
    holder = {world.holder_staff.email, world.holder_manager.email}
    company = {world.company_staff.email, world.company_manager.email}
    assert found == (
        {("request_due_soon", e) for e in holder}
        | {("request_overdue", e) for e in holder}
        | {("request_answer_late", e) for e in company}
    )
    assert kinds() == ["overdue", "reminded"]


@pytest.mark.parametrize("trait", ["talk", "declined", "withdrawn"])
def test_nobody_is_reminded_of_what_is_closed(trait):
    transfer = TransferRequestFactory(**{trait: True})
    assert remind(request_id=transfer.pk, at=at(26)) is False
    assert list(due_for_reminder(datetime.date(2026, 3, 26))) == []


@pytest.mark.parametrize("hour", [0, 7, 20])
def test_reminders_keep_office_hours(transfer, hour):
    with time_machine.travel(at(25, hour), tick=False):
        assert remind_of_requests() == 0
    with time_machine.travel(at(26, 8), tick=False):
        assert remind_of_requests() == 1


def test_the_day_is_the_day_in_korea(transfer):
    still_the_24th = datetime.datetime(2026, 3, 24, 14, 59, tzinfo=datetime.UTC)
    remind(request_id=transfer.pk, at=still_the_24th)
    assert kinds() == ["reminded"]
    remind(request_id=transfer.pk, at=still_the_24th + datetime.timedelta(minutes=1))
    assert kinds() == ["overdue", "reminded"]


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_remind_once(transfer):
    results = run_at_once(*[lambda: remind(request_id=transfer.pk, at=at(25))] * 2)
    assert sorted(results) == [False, True]
    assert kinds() == ["overdue"]


def test_beat_runs_it():
    from marketplace.celery import app

    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "deals.tasks.remind_of_requests" in planned & set(app.tasks)
