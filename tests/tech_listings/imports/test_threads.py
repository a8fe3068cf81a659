"""The same import touched by two at once, with real transactions."""

import io
import threading

import pytest
from django.db import connections
from django.utils import timezone

from marketplace.core.errors import Conflict
from tech_listings.enums import RunState
from tech_listings.models import Listing, Run
from tech_listings.services import ingest_plan
from tech_listings.services.ingest_apply import approve_run, work_on
from tech_listings.services.ingest_plan import plan_run
from tech_listings.services.ingest_receive import cancel_run, receive_file
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import plan, stored, take_in

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [row(n) for n in range(1, 41)]


def at_once(*jobs):
    """Run the jobs in threads that start together; their results or exceptions in order."""
    barrier = threading.Barrier(len(jobs))
    results = [None] * len(jobs)

    def work(index, job):
        try:
            barrier.wait()
            results[index] = job()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("tech_listings.services.ingest_plan.BATCH", 5)


def test_the_same_file_uploaded_twice_at_once_is_one_run():
    source = SourceFactory()

    def upload():
        file = io.BytesIO(as_csv(ROWS))
        return receive_file(
            source=source, file=file, file_name="a.csv", kind="additions", by=None, at=timezone.now(), wake=False
        )

    (first, first_new), (second, second_new) = at_once(upload, upload)

    assert first == second
    assert sorted([first_new, second_new]) == [False, True]
    assert Run.objects.count() == 1


def test_two_workers_share_a_run_and_end_as_one_would(small_batches):
    alone = SourceFactory(name="대장")
    take_in(alone, as_csv(ROWS))
    source = SourceFactory(name="대장")
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)

    at_once(*[lambda: work_on(run_id=run.public_id)] * 3)

    run.refresh_from_db()
    assert run.state == RunState.APPLIED
    assert stored(source) == stored(alone)
    numbers = list(Listing.objects.values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers) == 80


def test_approving_twice_at_once_is_once(small_batches):
    run = plan(SourceFactory(), as_csv(ROWS))

    def go():
        approve_run(run=run, by=None, at=timezone.now(), wake=False)
        return work_on(run_id=run.public_id)

    at_once(go, go)

    assert Listing.objects.count() == 40
    assert Run.objects.get(pk=run.pk).state == RunState.APPLIED


def test_comparing_twice_at_once_is_once():
    run = plan(SourceFactory(), as_csv(ROWS))
    Run.objects.filter(pk=run.pk).update(state=RunState.PLANNING)

    at_once(*[lambda: plan_run(run_id=run.public_id, at=timezone.now())] * 2)

    assert run.rows.count() == 40
    assert run.batches.count() == 1


def test_two_files_of_one_source_are_applied_one_after_the_other(small_batches):
    source = SourceFactory()
    runs = [plan(source, as_csv(ROWS)), plan(source, as_csv(ROWS[:20]))]

    def go(run):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)
        return work_on(run_id=run.public_id)

    results = at_once(lambda: go(runs[0]), lambda: go(runs[1]))

    assert sum(isinstance(r, Conflict) for r in results) <= 1
    assert Listing.objects.count() in {20, 40}
    keys = list(Listing.objects.values_list("source_key", flat=True))
    assert len(keys) == len(set(keys))


def test_cancelling_does_not_wait_for_a_long_comparison(monkeypatch):
    run = plan(SourceFactory(), as_csv(ROWS))
    Run.objects.filter(pk=run.pk).update(state=RunState.PLANNING)
    planned, cancelled = threading.Event(), threading.Event()
    conclude = ingest_plan._conclude

    def late(*given):
        planned.set()
        assert cancelled.wait(10)
        return conclude(*given)

    monkeypatch.setattr(ingest_plan, "_conclude", late)

    def cancel():
        assert planned.wait(10)
        cancel_run(run=run, by=None, at=timezone.now())
        cancelled.set()

    results = at_once(lambda: plan_run(run_id=run.public_id, at=timezone.now()), cancel)

    assert not [r for r in results if isinstance(r, Exception)]
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert run.rows.count() == 0


def test_cancelling_while_workers_work_stops_them(small_batches):
    run = plan(SourceFactory(), as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)

    at_once(lambda: work_on(run_id=run.public_id), lambda: cancel_run(run=run, by=None, at=timezone.now()))

    run.refresh_from_db()
    assert run.state in {RunState.CANCELLED, RunState.APPLIED}
    done = sum(batch.rows for batch in run.batches.filter(done_at__isnull=False))
    assert Listing.objects.count() == done
