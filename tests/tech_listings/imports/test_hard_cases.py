"""What goes wrong around an import: rows nobody can read, workers in each other's way, runs that failed too early."""

import json
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from marketplace.core.errors import Conflict
from marketplace.core.states import IllegalTransition
from tech_listings.enums import RowAction, RunKind, RunState
from tech_listings.ingest.tables import Format
from tech_listings.models import Listing, Run
from tech_listings.services.ingest_apply import MAX_RESUMES, NeedsConfirmation, _resume, approve_run, resume_due
from tech_listings.services.ingest_plan import MAX_ATTEMPTS, PLAN_LOCK, PlanningElsewhere, fail_run, plan_run
from tech_listings.services.ingest_receive import plan_again
from tests.factories.accounts import UserFactory
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import HEADER, as_csv, row
from tests.tech_listings.imports.runs import counts, plan, receive, take_in

DSN = {"dbname", "user", "password", "host", "port"}
ROWS = [row(n) for n in range(1, 6)]


@pytest.fixture
def source():
    return SourceFactory()


def fail(run):
    return fail_run(run_id=run.public_id, code="worker_lost", detail={}, at=timezone.now())


def test_a_full_file_with_a_row_cut_short_withdraws_nothing(source):
    rows = [row(n) for n in range(1, 21)]
    take_in(source, as_csv(rows))

    run = plan(source, as_csv([row(1)[:4], *rows[1:]]), kind=RunKind.FULL)

    assert counts(run) == {"unchanged": 19, "refused": 1}
    assert (run.lost_keys, run.rows.get(action=RowAction.REFUSE).key) == (1, "")


def test_waiting_for_another_worker_is_no_attempt(source):
    run = receive(source, as_csv(ROWS))
    other = psycopg2.connect(**{k: v for k, v in connection.get_connection_params().items() if k in DSN})
    try:
        other.cursor().execute("SELECT pg_advisory_lock(%s, %s)", [PLAN_LOCK, run.pk % 2**31])
        for _ in range(MAX_ATTEMPTS + 2):
            with pytest.raises(PlanningElsewhere):
                plan_run(run_id=run.public_id, at=timezone.now())
    finally:
        other.close()

    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.PLANNING, 0)


def test_a_run_that_failed_before_anybody_approved_it_cannot_be_applied(source):
    run = fail(receive(source, as_csv(ROWS)))

    with pytest.raises(IllegalTransition):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)

    assert Run.objects.get(pk=run.pk).state == RunState.FAILED


def test_failing_does_not_spare_the_confirmation(source):
    take_in(source, as_csv([row(n) for n in range(1, 21)]))
    run = plan(source, as_csv([row(n) for n in range(1, 11)]), kind=RunKind.FULL)
    assert run.state == RunState.HELD
    fail(plan_again(run=run, by=None, at=timezone.now(), wake=False))

    with pytest.raises((IllegalTransition, NeedsConfirmation)):
        approve_run(run=run, by=None, at=timezone.now(), wake=False)

    assert Listing.objects.published().count() == 20


def test_comparing_anew_asks_for_approval_anew(source):
    by, second = UserFactory(), UserFactory()
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=by, at=timezone.now(), wake=False)
    again = plan_again(run=fail(run), by=by, at=timezone.now(), wake=False)
    assert (again.approved_at, again.approved_by) == (None, None)

    planned = plan_run(run_id=run.public_id, at=timezone.now())

    assert approve_run(run=planned, by=second, at=timezone.now(), wake=False).approved_by == second


def test_of_two_runs_of_one_file_only_one_is_open(source):
    failed = fail(receive(source, as_csv(ROWS)))
    newer = receive(source, as_csv(ROWS))
    assert newer != failed

    with pytest.raises(Conflict):
        plan_again(run=failed, by=None, at=timezone.now(), wake=False)

    approved = plan_run(run_id=newer.public_id, at=timezone.now())
    approve_run(run=approved, by=None, at=timezone.now(), wake=False)
    fail(approved)
    receive(source, as_csv(ROWS))
    with pytest.raises(Conflict):
        approve_run(run=approved, by=None, at=timezone.now(), wake=False)


def test_half_a_surrogate_pair_in_a_refused_row_is_shown_as_a_question_mark(source):
    data = json.dumps({"title": "수소\ud800", "application_number": "1020\ud800"}).encode()

    run = plan(source, data, name="a.jsonl", mapping={"title": "title", "application_number": "application_number"})

    refused = run.rows.get(action=RowAction.REFUSE)
    assert (run.state, refused.cells) == (RunState.PLANNED, ["수소?", "1020?"])


def test_the_format_that_was_chosen_holds_for_the_comparison_too(source):
    data = as_csv(
        [row(1, 초록="가")],
        header=["[출원번호]", *HEADER[1:]],
    )

    run = plan(source, data, format=Format.DELIMITED)

    assert (run.state, counts(run)) == (RunState.PLANNED, {"added": 1})


def test_two_schedulers_count_one_wake_up(source):
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)
    stale = Run.objects.annotate(last=Max("batches__done_at")).get(pk=run.pk)

    woken = [_resume(stale, timezone.now()), _resume(stale, timezone.now())]

    assert woken == [1, 0]
    assert Run.objects.get(pk=run.pk).attempts == 1


def test_an_import_that_waits_its_turn_is_not_lost(source):
    waiting = plan(source, as_csv(ROWS))
    approve_run(run=waiting, by=None, at=timezone.now(), wake=False)
    long = plan(SourceFactory(), as_csv([row(9)]))
    approve_run(run=long, by=None, at=timezone.now(), wake=False)
    at = timezone.now()

    for _ in range(MAX_RESUMES + 3):
        at += timedelta(minutes=1)
        Run.objects.filter(pk=waiting.pk).update(updated_at=at - timedelta(minutes=1))
        long.batches.update(done_at=at)
        resume_due(at=at)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (RunState.APPLYING, 0)
