"""The nightly job: twice is once, killed half-way it ends the same, without law it says so."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from obligations.models import Discharge, Exemption, Obligation, RnDProject
from obligations.services import run_duties as nightly
from obligations.services.run_duties import NoRules, run_duties
from obligations.tasks import run_duties as task
from obligations.tasks import settle_listings
from tech_listings.models import Listing
from tests.database import guards_of_registration
from tests.factories.obligations import NOW, TODAY, ProjectFactory, ResultFactory, at_day, duty, exemption, rules
from tests.factories.tech_listings import ListingFactory, patent
from tests.threads import at_once

ROOT = Path(__file__).resolve().parents[2]
WORK = """
import sys, time
import django
django.setup()
from datetime import datetime
from obligations.services import run_duties as nightly
nightly.BATCH = 3
settle = nightly.settle
def slowly(**given):
    written = settle(**given)
    time.sleep(0.15)  # killed here: written, not committed
    return written
nightly.settle = slowly
nightly.run_duties(at=datetime.fromisoformat(sys.argv[1]))
"""


def environment():
    settings = connection.settings_dict
    host = quote(str(settings["HOST"]), safe="")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    user = settings["USER"] + (f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else "")
    url = f"postgres://{user}@{host}{port}/{settings['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "marketplace.settings_test"}


def nation():
    """Thirty projects: new, done, to be re-opened, to be dropped, an exemption that has run out."""
    rules()
    for n in range(30):
        result = ResultFactory(project__ends_on=TODAY - timedelta(days=n), number=f"102024{n + 1:07d}")
        right = patent(n + 1) | {"application_number": result.number}
        if n % 3 == 0:
            ListingFactory(holder=result.owner, rights=[right])
        if n % 5 == 0:
            duty(result)
        if n % 10 == 1:
            exemption(duty(result), "granted", until=TODAY, runs_from=TODAY - timedelta(days=90))
            duty(result)
    Listing.objects.filter(pk__in=list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:3])).update(
        state="withdrawn", withdrawn_at=NOW, withdrawn_reason="x"
    )


def stored():
    """Everything but ids and moments."""
    return [
        list(Obligation.objects.order_by("project", "kind", "result").values_list(
            "kind", "state", "due_on", "latest_on", "verified_how", "closed_reason", "revision"
        )),
        list(Discharge.objects.order_by("obligation__project", "listing").values_list("ended_at", "why_ended")),
        list(Exemption.objects.order_by("obligation__project").values_list("state", "why_ended")),
    ]  # fmt: skip


def test_twice_is_once():
    nation()
    later = at_day(TODAY + timedelta(days=1))
    first = run_duties(at=later)
    once = stored()
    assert first["created"]
    assert first["expired"] == 3
    assert run_duties(at=later) == {}
    assert stored() == once


def test_without_law_it_says_so():
    ProjectFactory()
    with pytest.raises(NoRules):
        run_duties(at=NOW)
    with pytest.raises(CommandError, match="load_duty_rules"):
        call_command("run_duties")


def test_the_commands():
    out = io.StringIO()
    call_command("load_duty_rules", stdout=out)
    call_command("load_duty_rules", stdout=out)
    ResultFactory()
    call_command("run_duties", day="2026-06-15", stdout=out)
    call_command("run_duties", day="2026-06-15", json=True, stdout=out)
    assert out.getvalue().splitlines() == [
        "added: 3, unchanged: 0", "added: 0, unchanged: 3", "created: 1", "{}",
    ]  # fmt: skip
    with pytest.raises(CommandError):
        call_command("run_duties", day="2026-02-31")


def test_the_tasks(settings):
    rules()
    result = ResultFactory()
    assert task() == {"created": 1}
    listing = ListingFactory(holder=result.owner, rights=[patent() | {"application_number": result.number}])
    assert settle_listings(listing_ids=[listing.pk]) == {"found": 1, "done": 1, "verified": 1}
    assert settings.CELERY_BEAT_SCHEDULE["run-duties"]["task"] == task.name


def test_who_asked_hears_once_that_an_extension_can_be_asked_for():
    found = duty()
    granted = exemption(found, "granted", until=TODAY + timedelta(days=200))
    run_duties(at=NOW)
    heard = granted.asked_by.notifications.filter(kind="exemption_ending")
    assert heard.count() == 0
    for day in (120, 121, 122):
        run_duties(at=at_day(TODAY + timedelta(days=day)))
    assert heard.count() == 1


@pytest.mark.django_db(transaction=True)
def test_killed_half_way_it_ends_the_same(monkeypatch):
    nation()
    later = at_day(TODAY + timedelta(days=1))
    before = Obligation.objects.count()
    worker = subprocess.Popen([sys.executable, "-c", WORK, later.isoformat()], cwd=ROOT, env=environment())
    try:
        end = time.monotonic() + 60
        while Obligation.objects.count() < before + 8 and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    half = Obligation.objects.count()

    monkeypatch.setattr(nightly, "BATCH", 4)
    end = time.monotonic() + 10  # until the database has noticed that the killed one is gone
    while (written := run_duties(at=later)) is None and time.monotonic() < end:
        time.sleep(0.05)

    assert written is not None
    assert before < half < Obligation.objects.count()
    interrupted = stored()
    assert run_duties(at=later) == {}

    assert RnDProject.objects.count() == 30
    assert interrupted == undisturbed(later)


def undisturbed(later):
    """The same nation once more, and a night nobody kills."""
    with connection.cursor() as cursor:
        cursor.execute(guards_of_registration("disable"))
        cursor.execute(
            "TRUNCATE obligations_rndproject, obligations_researchresult, obligations_obligation, "
            "obligations_exemption, obligations_discharge, tech_listings_listing CASCADE"
        )
        cursor.execute(guards_of_registration("enable always"))
    nation()
    run_duties(at=later)
    return stored()


@pytest.mark.django_db(transaction=True)
def test_a_project_that_somebody_holds_keeps_no_other_waiting(monkeypatch):
    """Each batch is one project here; the first is held until the last has been settled."""
    for name, value in {"BATCH": 1, "FIRST": 1, "LOCK_TIMEOUT": "200ms"}.items():
        monkeypatch.setattr(nightly, name, value)
    rules()
    projects = [ResultFactory().project for _ in range(3)]
    holds, done = threading.Event(), threading.Event()
    settled_meanwhile = []

    def hold():
        with transaction.atomic():
            RnDProject.objects.select_for_update().get(pk=projects[0].pk)
            holds.set()
            assert done.wait(20)

    def each(many):
        if many == len(projects):
            settled_meanwhile.extend(Obligation.objects.values_list("project", flat=True))
            done.set()

    def night():
        assert holds.wait(10)
        return nightly.run_duties(at=NOW, each=each)

    _held, written = at_once(hold, night)
    assert sorted(settled_meanwhile) == [project.pk for project in projects[1:]]
    assert written["created"] == 3
    assert Obligation.objects.filter(project=projects[0]).exists()
