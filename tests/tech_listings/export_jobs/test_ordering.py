"""An export from the click to the file, ordered once, and kept for a week."""

import csv
import io
import threading
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation

import tech_listings.tasks as tasks
from notifications.models import Notification
from tech_listings.enums import ExportFormat, ExportState
from tech_listings.models import ListingExport
from tech_listings.services import export as services
from tech_listings.services.export import (
    MOST_WAITING,
    TooManyWaiting,
    expire_due,
)
from tech_listings.services.publish import withdraw
from tests.deals.requests.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import ListingExportFactory, ListingFactory
from tests.tech_listings.export_jobs.jobs import AT, MINE, content, make, order, told, waiting
from tests.threads import at_once

# --- from the click to the file ---------------------------------------------------------------------------------------


def test_from_the_click_to_the_file(mine, person, django_capture_on_commit_callbacks):
    listings = [ListingFactory(title_en=f"Storage {n}") for n in range(3)]
    assert "No export yet" in mine.get(MINE).text

    with django_capture_on_commit_callbacks(execute=True):
        answer = mine.post(MINE, {"query": "q=Storage&page=2", "format": "csv"})

    export = ListingExport.objects.get()
    assert answer["Location"] == f"{MINE}{export.public_id}/"
    assert (export.state, export.rows, export.query) == (ExportState.READY, 3, "q=Storage")
    page = mine.get(answer["Location"])
    assert "The file is ready: 3 rows." in page.text
    assert told(person) == ["Your export is ready: 3 technologies (CSV)"]
    assert Notification.objects.get().read_at is not None  # seen with the page
    got = mine.get(f"{MINE}{export.public_id}/file/")
    assert "technologies-" in got["Content-Disposition"]
    assert got["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(b"".join(got.streaming_content).decode("utf-8-sig"))))
    assert sorted(row[0] for row in rows[1:]) == sorted(listing.number for listing in listings)
    assert "q" not in mine.get(MINE).context["exports"][0]["words"].split(":")[0]


def test_the_page_polls_while_it_waits_and_then_stops(mine, person):
    export = waiting(person, total=200, rows=50, worked_at=timezone.now())
    address = f"{MINE}{export.public_id}/"
    part = mine.get(address, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'hx-trigger="every 2s"' in part.text
    assert 'value="50"' in part.text
    ListingExport.objects.all().delete()
    ready = ListingExportFactory(owner=person, ready=True, rows=7)
    done = mine.get(f"{MINE}{ready.public_id}/", headers={"HX-Request": "true"})
    assert "hx-trigger" not in done.text
    assert f"{MINE}{ready.public_id}/file/" in done.text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_file_is_in_the_language_of_whoever_ordered(person, language):
    ListingFactory(title_ko="수소 저장", title_en="Hydrogen storage")
    export = waiting(person, language=language, format=ExportFormat.XLSX)
    with translation.override("ko" if language == "en" else "en"):
        make(export)
    sheet = openpyxl.load_workbook(io.BytesIO(content(export))).worksheets[0]
    assert sheet["B2"].value == ("Hydrogen storage" if language == "en" else "수소 저장")


def test_the_file_holds_what_is_public_when_it_is_made(person):
    kept, gone = ListingFactory(), ListingFactory()
    export, _new = order(person, "", total=2)
    holder = MembershipFactory(organization=gone.holder).user
    withdraw(listing=gone, reason="sold", by=holder, at=timezone.now())
    make(export)
    assert export.rows == 1
    text = content(export).decode()
    assert kept.number in text
    assert gone.number not in text


def test_nobody_else_gets_it(client, person):
    export = ListingExportFactory(owner=person, ready=True)
    sign_in(client, MembershipFactory(government=True, user=UserFactory(second_factor=True)).user)
    other = api_of(UserFactory())
    for end in ("", "file/"):
        assert client.get(f"{MINE}{export.public_id}/{end}").status_code == 404
        assert other.get(f"/api/v1/listing-exports/{export.public_id}/{end}").status_code == 404
    assert client.post(f"{MINE}{export.public_id}/again/").status_code == 404
    assert client.get(MINE).context["exports"] == []
    assert other.get("/api/v1/listing-exports/").json()["count"] == 0
    assert client.get(f"/media/{export.file.name}").status_code == 404


def test_a_file_that_is_gone_is_not_found(mine, person):
    export = ListingExportFactory(owner=person, ready=True)
    default_storage.delete(export.file.name)
    assert mine.get(f"{MINE}{export.public_id}/file/").status_code == 404
    assert mine.get(f"{MINE}{waiting(person).public_id}/file/").status_code == 404


# --- ordered once -----------------------------------------------------------------------------------------------------


def test_the_same_search_that_waits_is_the_same_order(person):
    first, is_new = order(person)
    assert is_new
    assert order(person) == (first, False)
    assert order(person, format=ExportFormat.XLSX)[1]
    assert order(person, language="ko")[1]
    assert order(person, "q=y")[1]
    assert order(UserFactory())[1]
    make(first)
    assert order(person)[1]  # the first is ready: a new file


def test_at_most_five_wait(mine, person):
    for n in range(MOST_WAITING):
        order(person, f"q={n}")
    with pytest.raises(TooManyWaiting):
        order(person, "q=one-more")
    assert order(person, "q=0")[1] is False  # the same as before is no order more
    assert ListingExport.objects.count() == MOST_WAITING
    assert "already" in mine.post(MINE, {"query": "q=z", "format": "csv"}, follow=True).text
    assert ListingExport.objects.count() == MOST_WAITING


def test_nonsense_orders_nothing(mine):
    assert mine.post(MINE, {"query": "q=x", "format": "exe"}).status_code == 302
    assert mine.post(MINE, {"query": "q=" + "x" * 30_000, "format": "csv"}, follow=True).status_code == 200
    assert ListingExport.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_order(no_worker):
    person = UserFactory()
    results = at_once(lambda: order(person), lambda: order(person))
    assert sorted(is_new for _export, is_new in results) == [False, True]
    assert ListingExport.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_at_once_are_five(no_worker):
    person = UserFactory()
    calls = [lambda n=n: order(person, f"q={n}") for n in range(MOST_WAITING + 1)]
    results = at_once(*calls)
    assert sum(isinstance(r, TooManyWaiting) for r in results) == 1
    assert ListingExport.objects.waiting().count() == MOST_WAITING


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_six_at_once_would_be_six(monkeypatch, no_worker):
    """Proof that the test above tests the lock: all have counted before one writes."""
    person = UserFactory()
    gate, look = threading.Barrier(MOST_WAITING + 1), services._refuse_too_many

    def all_have_looked(by):
        look(by)
        gate.wait(5)

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    monkeypatch.setattr(services, "_refuse_too_many", all_have_looked)
    at_once(*[lambda n=n: order(person, f"q={n}") for n in range(MOST_WAITING + 1)])
    assert ListingExport.objects.waiting().count() == MOST_WAITING + 1


def test_the_database_lets_a_search_wait_once(person):
    waiting(person, query="q=x")
    with pytest.raises(IntegrityError), transaction.atomic():
        waiting(person, query="q=x")


# --- a week -----------------------------------------------------------------------------------------------------------


def test_after_a_week_file_and_row_go(mine, person):
    with time_machine.travel(AT, tick=False):
        old = ListingExportFactory(owner=person, ready=True, expires_at=AT + timedelta(days=7))
        young = ListingExportFactory(owner=person, ready=True, expires_at=AT + timedelta(days=8))
    over = AT + timedelta(days=7, seconds=1)
    with time_machine.travel(over, tick=False):
        sign_in(mine, person)
        for end in ("", "file/"):
            assert mine.get(f"{MINE}{old.public_id}/{end}").status_code == 404  # also before the sweep came
        assert tasks.expire_exports() == 1
        assert tasks.expire_exports() == 0
    assert list(ListingExport.objects.all()) == [young]
    assert not default_storage.exists(old.file.name)
    assert default_storage.exists(young.file.name)


def test_a_row_without_its_file_goes_too(person):
    export = ListingExportFactory(owner=person, ready=True)
    default_storage.delete(export.file.name)
    assert expire_due(at=export.expires_at) == 1
    assert ListingExport.objects.count() == 0


def test_a_message_about_a_removed_export_is_not_shown(person):
    export = waiting(person)
    make(export)
    assert len(told(person)) == 1
    expire_due(at=export.expires_at)
    assert told(person) == []
