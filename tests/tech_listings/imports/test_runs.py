"""A run of an import is done once: cancelled, stopped in the middle, overtaken and swept."""

import datetime

import pytest
from django.utils import timezone

from marketplace.core.states import IllegalTransition
from tech_listings.enums import RunState
from tech_listings.models import Listing, Run
from tech_listings.services.ingest_apply import (
    PlanIsStale,
    approve_run,
    resume_due,
    rows_done,
    work_on,
)
from tech_listings.services.ingest_plan import MAX_ATTEMPTS, plan_run
from tech_listings.services.ingest_receive import cancel_run
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import counts, plan, receive, take_in

ROWS = [row(n) for n in range(1, 6)]


@pytest.fixture
def source():
    return SourceFactory(conditions_of_use="협의")


def test_the_same_file_gives_the_earlier_run(source):
    first = receive(source, as_csv(ROWS))
    assert receive(source, as_csv(ROWS)) == first
    assert receive(source, as_csv(ROWS), again=True) == first

    plan_run(run_id=first.public_id, at=timezone.now())
    approve_run(run=first, by=None, at=timezone.now(), wake=False)
    work_on(run_id=first.public_id)

    assert receive(source, as_csv(ROWS)) == first
    assert receive(source, as_csv(ROWS), again=True) != first
    assert receive(SourceFactory(), as_csv(ROWS)) != first


def test_approving_and_working_twice_is_once(source):
    run = take_in(source, as_csv(ROWS))
    before = list(Listing.objects.order_by("pk").values())

    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    work_on(run_id=run.public_id)
    plan_run(run_id=run.public_id, at=timezone.now())

    assert list(Listing.objects.order_by("pk").values()) == before


def test_a_difference_that_grew_old_is_made_anew(source):
    old = plan(source, as_csv(ROWS))
    take_in(source, as_csv(ROWS[:2]))

    with pytest.raises(PlanIsStale):
        approve_run(run=old, by=None, at=timezone.now(), wake=False)

    run = plan_run(run_id=old.public_id, at=timezone.now())
    assert counts(run) == {"added": 3, "unchanged": 2}


def test_cancelling(source):
    run = plan(source, as_csv(ROWS))
    cancel_run(run=run, by=None, at=timezone.now())
    cancelled = cancel_run(run=run, by=None, at=timezone.now())

    assert cancelled.state == RunState.CANCELLED
    assert work_on(run_id=run.public_id).state == RunState.CANCELLED
    assert Listing.objects.count() == 0
    with pytest.raises(IllegalTransition):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)


def test_cancelling_in_the_middle_keeps_what_is_done(source, monkeypatch):
    monkeypatch.setattr("tech_listings.services.ingest_plan.BATCH", 2)
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    stops = iter([False, True])
    work_on(run_id=run.public_id, stop=lambda: next(stops))

    cancelled = cancel_run(run=run, by=None, at=timezone.now())

    assert rows_done(cancelled) == 2
    assert Listing.objects.count() == 2
    assert counts(take_in(source, as_csv(ROWS))) == {"added": 3, "unchanged": 2}


def test_a_worker_that_stops_in_the_middle_is_replaced(source, monkeypatch):
    monkeypatch.setattr("tech_listings.services.ingest_plan.BATCH", 2)
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    stops = iter([False, True])
    assert work_on(run_id=run.public_id, stop=lambda: next(stops)).state == RunState.APPLYING

    assert work_on(run_id=run.public_id).state == RunState.APPLIED
    assert Listing.objects.count() == 5
    numbers = sorted(Listing.objects.values_list("number", flat=True))
    assert [int(n[5:]) for n in numbers] == [1, 2, 3, 4, 5]


def test_the_sweep_wakes_quiet_runs_and_gives_up_in_the_end(source, django_capture_on_commit_callbacks):
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    assert resume_due(at=timezone.now()) == 0

    later = timezone.now() + datetime.timedelta(minutes=2)
    with django_capture_on_commit_callbacks(execute=True):
        assert resume_due(at=later) == 1

    run.refresh_from_db()
    assert run.state == RunState.APPLIED
    assert Listing.objects.count() == 5


def test_a_file_that_kills_its_worker_is_not_tried_for_ever(source):
    run = receive(source, as_csv(ROWS))
    Run.objects.filter(pk=run.pk).update(attempts=MAX_ATTEMPTS)

    failed = plan_run(run_id=run.public_id, at=timezone.now())

    assert (failed.state, failed.problem_code) == (RunState.FAILED, "worker_lost")
