"""Long exports: ordered once, made by a worker, told, handed to their owner, removed after a week."""

import contextlib
import csv
import datetime
import io
import threading
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, OperationalError, models, transaction
from django.utils import timezone, translation

import tech_listings.tasks as tasks
from marketplace.core.states import IllegalTransition
from notifications.models import Notification
from tech_listings.enums import EXPORT_STATES, ExportFormat, ExportState
from tech_listings.exports import write_export
from tech_listings.models import Listing, ListingExport
from tech_listings.services import export as services
from tech_listings.services.export import (
    MOST_ATTEMPTS,
    MOST_WAITING,
    TooManyWaiting,
    expire_due,
    request_export,
    resume_due,
    try_again,
    work_on,
)
from tech_listings.services.publish import withdraw
from tests.deals.conftest import api_of
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import ListingExportFactory, ListingFactory
from tests.threads import at_once

MINE = "/my/exports/"
AT = datetime.datetime(2026, 6, 1, 3, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _private_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def mine(client, person):
    return sign_in(client, person)


@pytest.fixture
def no_worker(monkeypatch):
    """Orders wait: in the suite tasks run at once, where a transaction commits."""
    monkeypatch.setattr(services, "export_after_commit", lambda export_id: None)


def order(by, query="q=x", **given):
    known = {"format": ExportFormat.CSV, "language": "en", "total": 5, "at": timezone.now()}
    return request_export(query=query, by=by, **known | given)


def waiting(by, **given):
    return ListingExportFactory(owner=by, **given)


def failing(*args):
    raise OSError("no space left")


def files():
    """The names of all files of exports there are."""
    try:
        folders = default_storage.listdir("exports")[0]
    except FileNotFoundError:
        return []
    return [name for folder in folders for name in default_storage.listdir(f"exports/{folder}")[1]]


def told(user):
    return [row.title for row in Notification.objects.visible_to(user).for_list()]


def make(export, write=write_export, clock=timezone.now):
    made = work_on(export_id=export.public_id, write=write, clock=clock)
    export.refresh_from_db()
    return made


def content(export):
    with export.file.open("rb") as file:
        return file.read()


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


# --- states and API ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ExportState.values)
@pytest.mark.parametrize("after", ExportState.values)
def test_python_and_the_database_allow_the_same_moves(person, before, after):
    made = {ExportState.READY: {"ready": True}, ExportState.FAILED: {"failed": True}}.get(before, {})
    export = ListingExportFactory(owner=person, **made)
    fields = {"state": after, "file": "", "ready_at": None}
    if after == ExportState.READY:
        fields |= {"file": "x", "ready_at": timezone.now()}
    allowed = before == after or after in EXPORT_STATES.moves.get(before, ())
    refusal = contextlib.nullcontext() if allowed else pytest.raises(DatabaseError, match="transition")
    with refusal, transaction.atomic():
        ListingExport.objects.filter(pk=export.pk).update(**fields)
    export.refresh_from_db()
    assert export.state == (after if allowed else before)


@pytest.mark.parametrize(
    "fields", [{"state": "ready", "file": ""}, {"state": "lost"}, {"format": "exe"}, {"file": "x"}]
)
def test_the_database_refuses_half_states(person, fields):
    waiting(person)
    with pytest.raises(Exception, match=r"violates|Invalid"), transaction.atomic():
        ListingExport.objects.update(**fields)


def test_a_program_orders_asks_and_fetches(person, django_capture_on_commit_callbacks):
    listing = ListingFactory(trl=4)
    ListingFactory(trl=5)
    program = api_of(person)
    with django_capture_on_commit_callbacks():  # no worker yet
        made = program.post("/api/v1/listing-exports/", {"query": "?trl=4&page=2", "format": "csv"}, format="json")
        again = program.post("/api/v1/listing-exports/", {"query": "trl=4", "format": "csv"}, format="json")
    assert (made.status_code, again.status_code) == (201, 200)
    shown = made.json()
    assert (shown["state"], shown["query"], shown["total"], shown["file"]) == ("waiting", "trl=4", 1, None)
    assert again.json()["id"] == shown["id"]
    tasks.make_export(export_id=shown["id"])
    ready = program.get(f"/api/v1/listing-exports/{shown['id']}/").json()
    assert (ready["state"], ready["rows"]) == ("ready", 1)
    assert listing.number in b"".join(program.get(ready["file"]).streaming_content).decode()
    assert program.post(f"/api/v1/listing-exports/{shown['id']}/again/").json()["code"] == "illegal_transition"
    assert program.get("/api/v1/listing-exports/?state=waiting").json()["count"] == 0
    assert Listing.objects.count() == 2


@pytest.mark.parametrize("query", ["colour=red", "trl=eleven", "ipc=%3C", "q=" + "x" * 30_000])
def test_a_program_is_told_what_the_search_does_not_know(person, query):
    answer = api_of(person).post("/api/v1/listing-exports/", {"query": query}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "query"
    assert ListingExport.objects.count() == 0


def test_a_visitor_orders_nothing(client):
    assert client.post(MINE, {"query": "q=x", "format": "csv"}).status_code == 302
    assert api_of(None).post("/api/v1/listing-exports/", {"query": ""}, format="json").status_code == 401
    assert ListingExport.objects.count() == 0
