"""Workers that make an export: once, again after they were killed, and never two files."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, models
from django.utils import timezone

import tech_listings.tasks as tasks
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from tech_listings.enums import ExportState
from tech_listings.exports import write_export
from tech_listings.models import ListingExport
from tech_listings.services import export as services
from tech_listings.services.export import (
    MOST_ATTEMPTS,
    expire_due,
    resume_due,
    try_again,
    work_on,
)
from tests.factories.accounts import UserFactory
from tests.factories.tech_listings import ListingExportFactory, ListingFactory
from tests.tech_listings.export_jobs.jobs import AT, MINE, failing, files, make, order, told, waiting
from tests.threads import at_once

# --- workers ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_file():
    export, made = waiting(UserFactory()), []

    def write(*given):
        made.append(1)
        return write_export(*given)

    at_once(*[lambda: work_on(export_id=export.public_id, write=write)] * 2)
    export.refresh_from_db()
    assert (made, export.state, export.attempts, len(files())) == ([1], ExportState.READY, 1, 1)
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_workers_would_both_make_it(monkeypatch):
    """Proof that the test above tests the lock: both have read before either writes that it begins."""
    export, made = waiting(UserFactory()), []
    gate, save = threading.Barrier(2), ListingExport.save

    def both_have_read(self, *args, **kwargs):
        if "attempts" in kwargs.get("update_fields", ()):
            gate.wait(5)
        save(self, *args, **kwargs)

    def write(*given):
        made.append(1)
        return write_export(*given)

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    monkeypatch.setattr(ListingExport, "save", both_have_read)
    at_once(*[lambda: work_on(export_id=export.public_id, write=write)] * 2)
    assert made == [1, 1]


def test_one_that_is_ready_is_left_alone(person):
    export = ListingExportFactory(owner=person, ready=True)
    before = ListingExport.objects.values().get()
    assert make(export, write=failing) is None
    tasks.make_export(export_id=str(export.public_id))
    assert ListingExport.objects.values().get() == before


def test_what_goes_wrong_is_tried_three_times_then_told(person):
    export = waiting(person)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert export.state == ExportState.WAITING
        make(export, write=failing)
        assert export.attempts == attempt
    assert (export.state, files()) == (ExportState.FAILED, [])
    assert told(person) == ["Your export (CSV) could not be made"]


def test_a_failed_one_is_tried_again_on_request(mine, person, django_capture_on_commit_callbacks):
    ListingFactory()
    export = ListingExportFactory(owner=person, failed=True)
    assert "Try again" in mine.get(f"{MINE}{export.public_id}/").text
    with django_capture_on_commit_callbacks(execute=True):
        mine.post(f"{MINE}{export.public_id}/again/")
    export.refresh_from_db()
    assert (export.state, export.attempts, export.rows) == (ExportState.READY, 1, 1)
    with pytest.raises(IllegalTransition):
        try_again(export=export, by=person, at=timezone.now())


def test_trying_again_what_waits_already_is_that_order(person):
    failed = ListingExportFactory(owner=person, failed=True, query="q=x")
    other, _new = order(person, "q=x")
    assert try_again(export=failed, by=person, at=timezone.now()) == other
    failed.refresh_from_db()
    assert failed.state == ExportState.FAILED


def killed(*given):
    raise SystemExit  # what a worker that is told to end raises, past every `except Exception`


def test_a_killed_worker_is_found_by_the_sweep(person, django_capture_on_commit_callbacks):
    ListingFactory()
    with time_machine.travel(AT, tick=False):
        export = waiting(person)
        with pytest.raises(SystemExit):
            work_on(export_id=export.public_id, write=killed)
        assert resume_due(at=AT + timedelta(seconds=60)) == 0  # it may still be alive
    later = AT + timedelta(minutes=3)
    with time_machine.travel(later, tick=False), django_capture_on_commit_callbacks(execute=True):
        assert resume_due(at=later) == 1
        assert resume_due(at=later) == 0  # a second scheduler finds it woken
    export.refresh_from_db()
    assert (export.state, export.attempts) == (ExportState.READY, 2)


def test_a_lost_wake_up_is_found_by_the_sweep(person, django_capture_on_commit_callbacks):
    with time_machine.travel(AT, tick=False):
        export = order(person)[0]  # the callback is not run: the broker was away
        assert resume_due(at=AT + timedelta(seconds=10)) == 0
    later = AT + timedelta(minutes=1)
    with time_machine.travel(later, tick=False), django_capture_on_commit_callbacks(execute=True):
        assert tasks.resume_exports() == 1
    export.refresh_from_db()
    assert export.state == ExportState.READY


def test_three_killed_workers_are_enough(person):
    with time_machine.travel(AT, tick=False):
        export = waiting(person, attempts=MOST_ATTEMPTS, worked_at=AT)
    assert resume_due(at=AT + timedelta(minutes=5)) == 0
    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert told(person) == ["Your export (CSV) could not be made"]


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_wake_once(monkeypatch):
    with time_machine.travel(AT, tick=False):
        waiting(UserFactory())
    woken = []
    monkeypatch.setattr(services, "export_after_commit", woken.append)
    at_once(lambda: resume_due(at=AT + timedelta(days=1)), lambda: resume_due(at=AT + timedelta(days=1)))
    assert len(woken) == 1


def test_a_worker_that_comes_late_takes_its_file_away(person):
    """Long without a sign of life, while another made the file: its own must not replace that one."""
    ListingFactory()
    export = waiting(person)

    def slow(taken, file, progress, at):
        ListingExport.objects.filter(pk=export.pk).update(worked_at=at - timedelta(minutes=5))
        work_on(export_id=export.public_id, write=write_export)
        return write_export(taken, file, lambda rows: None, at)

    assert make(export, write=slow) is None
    assert (export.state, export.attempts, len(files())) == (ExportState.READY, 2, 1)
    assert files() == [export.file.name.rpartition("/")[2]]


def test_a_worker_that_is_overtaken_stops(person):
    export = waiting(person)

    def overtaken(taken, file, progress, at):
        progress(500)
        assert ListingExport.objects.get(pk=export.pk).rows == 500
        ListingExport.objects.filter(pk=export.pk).update(attempts=2)
        progress(1000)
        raise AssertionError("went on")

    assert make(export, write=overtaken) is None
    assert (export.state, export.rows) == (ExportState.WAITING, 500)


def test_a_file_that_was_written_and_not_noted_is_removed_with_the_others(person, monkeypatch):
    export = waiting(person)
    monkeypatch.setattr(services, "_finish", lambda *given: (_ for _ in ()).throw(OperationalError("gone")))
    with pytest.raises(OperationalError):
        work_on(export_id=export.public_id, write=write_export)
    assert len(files()) == 1
    monkeypatch.undo()
    ListingExport.objects.update(worked_at=None)
    make(export)
    assert (export.state, len(files())) == (ExportState.READY, 2)

    expire_due(at=export.expires_at + timedelta(seconds=1))
    assert (ListingExport.objects.count(), files()) == (0, [])
