"""The states of an export, and how programs order one."""

import contextlib

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

import tech_listings.tasks as tasks
from tech_listings.enums import EXPORT_STATES, ExportState
from tech_listings.models import Listing, ListingExport
from tests.deals.requests.conftest import api_of
from tests.factories.tech_listings import ListingExportFactory, ListingFactory
from tests.tech_listings.export_jobs.jobs import MINE, waiting

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
