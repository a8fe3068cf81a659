"""A worker that is killed with -9 in the middle of an import of projects; two workers at once; two officers at once."""

import signal
import subprocess
import sys

import pytest
from django.utils import timezone

from obligations.models import Obligation, RnDProject
from tech_listings.enums import RunState
from tech_listings.models import Run
from tech_listings.services.ingest_apply import approve_run, rows_done, work_on
from tests.obligations.imports.conftest import Sources
from tests.obligations.imports.files import project, projects
from tests.tech_listings.imports.runs import counts, plan
from tests.tech_listings.imports.test_killed import ROOT, environment, wait_until
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [project(n, 연구기간="2020-01-01 ~ 2022-12-31") for n in range(1, 101)]
WORK = """
import sys, time
import django
django.setup()
from uuid import UUID
from dataclasses import replace
from tech_listings.services import ingest_apply, ingest_targets
found = ingest_targets.target("projects")
def slowly(**given):
    found.write(**given)
    time.sleep(0.15)  # killed here: written, not committed
ingest_targets.register(replace(found, write=slowly))
ingest_apply.work_on(run_id=UUID(sys.argv[1]))
"""


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr("tech_listings.services.ingest_plan.BATCH", 5)
    found = plan(Sources().projects, projects(*ROWS))
    return approve_run(run=found, by=None, at=timezone.now(), wake=False)


def test_a_killed_worker_process_costs_nothing_but_time(run):
    worker = subprocess.Popen([sys.executable, "-c", WORK, str(run.public_id)], cwd=ROOT, env=environment())
    try:
        assert wait_until(lambda: rows_done(run) >= 15)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    done = rows_done(run)
    assert 15 <= done < 100
    assert Run.objects.get(pk=run.pk).state == RunState.APPLYING
    assert RnDProject.objects.count() == Obligation.objects.count() == done

    assert work_on(run_id=run.public_id).state == RunState.APPLIED
    assert RnDProject.objects.count() == Obligation.objects.count() == 100
    assert counts(plan(run.source, projects(*ROWS))) == {"unchanged": 100}


def test_two_workers_share_the_batches(run):
    ends = at_once(*[lambda: work_on(run_id=run.public_id).state] * 2)
    assert RunState.APPLIED in ends
    assert Run.objects.get(pk=run.pk).state == RunState.APPLIED
    assert RnDProject.objects.count() == Obligation.objects.count() == 100


def test_an_institute_and_an_office_bring_the_same_projects_at_once(monkeypatch):
    monkeypatch.setattr("tech_listings.services.ingest_plan.BATCH", 5)
    sources = Sources()
    mine = [project(n, 주관기관="가온 연구원") for n in range(1, 41)]
    runs = [plan(source, projects(*rows)) for source, rows in
            ((sources.projects, mine), (sources.all_projects, mine[::-1]))]  # fmt: skip
    for each in runs:
        approve_run(run=each, by=None, at=timezone.now(), wake=False)

    ends = at_once(*[lambda each=each: work_on(run_id=each.public_id).state for each in runs])

    assert ends == [RunState.APPLIED] * 2
    assert RnDProject.objects.count() == 40
    told = [Run.objects.get(pk=each.pk) for each in runs]
    assert sum(each.added for each in told) == 40
    assert sum(each.left_out for each in told) == 40
