"""A worker process that is killed with -9 in the middle; what it leaves, and how it goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from tech_listings.enums import RunState
from tech_listings.models import Listing, Run
from tech_listings.services.ingest_apply import approve_run, rows_done, work_on
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import plan, stored, take_in

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
ROWS = [row(n) for n in range(1, 201)]
WORK = """
import sys, time
import django
django.setup()
from uuid import UUID
from tech_listings.services import ingest_apply, ingest_write
write = ingest_write.write_batch
def slowly(**given):
    write(**given)
    time.sleep(0.15)  # killed here: written, not committed
ingest_write.write_batch = slowly
ingest_apply.work_on(run_id=UUID(sys.argv[1]))
"""


def environment():
    settings = connection.settings_dict
    host = quote(str(settings["HOST"]), safe="")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    user = settings["USER"] + (f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else "")
    url = f"postgres://{user}@{host}{port}/{settings['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "marketplace.settings_test"}


def wait_until(happened, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.02)
    return False


def test_a_killed_worker_process_costs_nothing_but_time(monkeypatch):
    monkeypatch.setattr("tech_listings.services.ingest_plan.BATCH", 10)
    undisturbed = SourceFactory(name="대장")
    take_in(undisturbed, as_csv(ROWS))
    source = SourceFactory(name="대장")
    run = plan(source, as_csv(ROWS))
    approve_run(run=run, by=None, at=timezone.now(), wake=False)

    worker = subprocess.Popen([sys.executable, "-c", WORK, str(run.public_id)], cwd=ROOT, env=environment())
    try:
        assert wait_until(lambda: rows_done(run) >= 30)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    done = rows_done(run)
    assert 30 <= done < 200
    assert Run.objects.get(pk=run.pk).state == RunState.APPLYING
    assert Listing.objects.filter(source=source).count() == done

    assert work_on(run_id=run.public_id).state == RunState.APPLIED
    assert stored(source) == stored(undisturbed)
    assert rows_done(run) == 200
