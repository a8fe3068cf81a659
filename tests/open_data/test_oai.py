"""OAI-PMH 2.0, read by Sickle as libraries read it, and every error that the protocol knows."""

import warnings
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

import pytest
from django.db import connection
from django.utils import timezone
from sickle import Sickle
from sickle import oaiexceptions as oai_errors

from accounts.enums import Role
from open_data.models import Change, Seal
from open_data.queries import harvest
from open_data.services.restart import restart_feed
from open_data.services.seal import drop_idle_seals, prune, seal
from open_data.views import oai
from tech_listings.models import Listing
from tech_listings.services.publish import withdraw
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import ListingFactory

OAI = "{http://www.openarchives.org/OAI/2.0/}"
START = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def _few(monkeypatch):
    monkeypatch.setattr(harvest, "AT_ONCE", 3)


def sealed(at):
    assert seal(clock=lambda: at)


def off_the_market(listing):
    manager = MembershipFactory(organization=listing.holder, role=Role.MANAGER).user
    withdraw(listing=listing, reason="Sold", by=manager, at=timezone.now())


def numbers(records):
    return sorted(record.header.identifier.rpartition(":")[2] for record in records)


@pytest.fixture
def sickle(live_server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Sickle(f"{live_server.url}/oai/", max_retries=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_few")
def test_sickle_harvests_everything_by_pages_and_what_was_deleted(sickle):
    listings = [ListingFactory(ipc_codes=["G06F 16/00"]) for _ in range(7)]
    sealed(START)
    records = list(sickle.ListRecords(metadataPrefix="oai_dc"))
    assert numbers(records) == sorted(each.number for each in listings)
    first = next(record for record in records if record.header.identifier.endswith(listings[0].number))
    assert first.metadata["title"] == [listings[0].title_ko, listings[0].title_en]
    assert first.metadata["publisher"] == [listings[0].holder.name, listings[0].holder.name_en]
    assert first.header.setSpecs == ["ipc:G"]
    assert first.header.datestamp == "2026-05-01T03:00:00Z"

    off_the_market(listings[0])
    sealed(START + timedelta(hours=1))
    assert numbers(sickle.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True)) == sorted(
        each.number for each in listings[1:]
    )
    (gone,) = sickle.ListRecords(metadataPrefix="oai_dc", **{"from": "2026-05-01T03:00:01Z"})
    assert gone.deleted
    assert gone.header.identifier.endswith(listings[0].number)
    assert "metadata" not in gone.raw
    assert prune() > 0
    assert sickle.GetRecord(identifier=gone.header.identifier, metadataPrefix="oai_dc").deleted


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_few")
def test_sickle_reads_what_the_repository_says_of_itself(sickle):
    listing = ListingFactory(ipc_codes=["H01M 10/00"])
    sealed(START)
    said = sickle.Identify()
    assert (said.protocolVersion, said.deletedRecord, said.granularity) == (
        "2.0", "persistent", "YYYY-MM-DDThh:mm:ssZ",
    )  # fmt: skip
    assert said.earliestDatestamp == "2026-05-01T03:00:00Z"
    assert [form.metadataPrefix for form in sickle.ListMetadataFormats()] == ["oai_dc"]
    assert [each.setSpec for each in sickle.ListSets()] == [f"ipc:{section}" for section in "ABCDEFGH"]
    (header,) = sickle.ListIdentifiers(metadataPrefix="oai_dc", set="ipc:H")
    assert header.identifier.endswith(listing.number)
    with pytest.raises(oai_errors.NoRecordsMatch):
        list(sickle.ListIdentifiers(metadataPrefix="oai_dc", set="ipc:A"))
    for error, call in (
        (oai_errors.IdDoesNotExist, lambda: sickle.GetRecord(identifier="oai:x:1", metadataPrefix="oai_dc")),
        (oai_errors.CannotDisseminateFormat, lambda: sickle.ListRecords(metadataPrefix="marc")),
        (oai_errors.BadResumptionToken, lambda: sickle.ListRecords(resumptionToken="nonsense")),
        (oai_errors.BadArgument, lambda: sickle.ListRecords(metadataPrefix="oai_dc", until="yesterday")),
    ):
        with pytest.raises(error):
            call()


def asked(client, method="get", **arguments):
    answer = getattr(client, method)("/oai/", {name.rstrip("_"): value for name, value in arguments.items()})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/xml")
    return Xml.fromstring(answer.content)


def error_of(root):
    found = root.findall(f"{OAI}error")
    assert len(found) == 1
    assert len(root) == 3
    return found[0].get("code")


RECORDS = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "badVerb"),
        ({"verb": "Nonsense"}, "badVerb"),
        ({"verb": ["Identify", "Identify"]}, "badVerb"),
        ({"verb": "Identify", "set": "ipc:A"}, "badArgument"),
        ({"verb": "GetRecord"}, "badArgument"),
        ({"verb": "GetRecord", "identifier": "oai:x:1"}, "badArgument"),
        ({"verb": "ListRecords"}, "badArgument"),
        ({**RECORDS, "page": "2"}, "badArgument"),
        ({**RECORDS, "metadataPrefix": ["oai_dc", "oai_dc"]}, "badArgument"),
        ({**RECORDS, "from_": "2026-13-01"}, "badArgument"),
        ({**RECORDS, "from_": "２０２６-01-01"}, "badArgument"),
        ({**RECORDS, "from_": "2026-01-01T00:00:00"}, "badArgument"),
        ({**RECORDS, "from_": "2026-01-01", "until": "2026-01-01T00:00:00Z"}, "badArgument"),
        ({**RECORDS, "from_": "2026-02-01", "until": "2026-01-01"}, "badArgument"),
        ({**RECORDS, "until": "9999-12-31"}, "badArgument"),
        ({**RECORDS, "resumptionToken": "x"}, "badArgument"),
        ({**RECORDS, "set": "\x00"}, "badArgument"),
        ({"verb": "GetRecord", "resumptionToken": "x"}, "badArgument"),
        ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
        ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
        ({**RECORDS, "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        ({"verb": "GetRecord", "identifier": "x", "metadataPrefix": "oai_dc"}, "idDoesNotExist"),
        ({"verb": "ListMetadataFormats", "identifier": "x"}, "idDoesNotExist"),
        ({**RECORDS, "from_": "2030-01-01"}, "noRecordsMatch"),
        ({**RECORDS, "set": "ipc:Z"}, "noRecordsMatch"),
        (RECORDS, "noRecordsMatch"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_mistake_has_its_code(client, arguments, code, method):
    assert error_of(asked(client, method, **arguments)) == code


def test_a_confidential_or_unsealed_one_is_not_there(client, feed_sees_all, monkeypatch):
    listing, draft = ListingFactory(), ListingFactory(draft=True)
    get = {"verb": "GetRecord", "metadataPrefix": "oai_dc"}
    assert error_of(asked(client, **get, identifier=oai.identifier(listing.number))) == "idDoesNotExist"
    seal_all(monkeypatch)
    assert asked(client, **get, identifier=oai.identifier(listing.number)).find(f".//{OAI}metadata") is not None
    assert error_of(asked(client, **get, identifier=oai.identifier(str(draft.public_id)))) == "idDoesNotExist"


def seal_all(monkeypatch, at=START):
    """As if the transaction of the test were over."""
    last = Change.objects.order_by("-xid").values_list("xid", flat=True).first()
    return Seal.objects.create(xid_below=last + 1, at=at)


def test_days_and_seconds_include_their_ends(client, feed_sees_all, monkeypatch):
    ListingFactory()
    seal_all(monkeypatch, START)
    for arguments, found in (
        ({"from_": "2026-05-01"}, True),
        ({"until": "2026-05-01"}, True),
        ({"from_": "2026-05-02"}, False),
        ({"until": "2026-04-30"}, False),
        ({"from_": "2026-05-01T03:00:00Z", "until": "2026-05-01T03:00:00Z"}, True),
        ({"from_": "2026-05-01T03:00:01Z"}, False),
        ({"until": "2026-05-01T02:59:59Z"}, False),
    ):
        root = asked(client, **RECORDS, **arguments)
        assert (root.find(f".//{OAI}record") is not None) == found, arguments


def test_letters_that_xml_does_not_know_are_left_out(client, feed_sees_all, monkeypatch):
    listing = ListingFactory(title_ko="가\x0b나 <&> 다")
    seal_all(monkeypatch)
    root = asked(client, **RECORDS)
    assert root.find(".//{http://purl.org/dc/elements/1.1/}title").text == "가나 <&> 다"
    assert listing.number in root.find(f".//{OAI}identifier").text


def test_a_token_of_before_a_restore_is_refused(client, feed_sees_all, monkeypatch):
    monkeypatch.setattr(harvest, "AT_ONCE", 2)
    for _ in range(3):
        ListingFactory()
    seal_all(monkeypatch)
    root = asked(client, **RECORDS)
    token = root.find(f".//{OAI}resumptionToken").text
    last = asked(client, verb="ListRecords", resumptionToken=token).find(f".//{OAI}resumptionToken")
    assert last is not None
    assert not last.text
    restart_feed(at=START)
    assert error_of(asked(client, verb="ListRecords", resumptionToken=token)) == "badResumptionToken"


def test_a_page_asks_as_often_for_many_as_for_few(client, feed_sees_all, monkeypatch, django_assert_max_num_queries):
    for _ in range(12):
        ListingFactory(rights=[{"application_number": "1020260000001"}])
    seal_all(monkeypatch)
    with django_assert_max_num_queries(13):
        asked(client, **RECORDS)


def rows_read(client, **arguments):
    """How many rows the database gave for one answer."""
    read = []

    def counted(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        read.append(max(context["cursor"].rowcount, 0))
        return result

    with connection.execute_wrapper(counted):
        asked(client, **arguments)
    return sum(read)


def test_a_page_reads_no_more_rows_however_many_seals_there_are(client, feed_sees_all, monkeypatch):
    listing = ListingFactory()
    last = seal_all(monkeypatch)
    get = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": oai.identifier(listing.number)}
    before = [rows_read(client, **RECORDS), rows_read(client, **get)]
    Seal.objects.bulk_create(
        Seal(xid_below=last.xid_below + n, at=START + timedelta(minutes=n)) for n in (*range(-40, 0), *range(1, 40))
    )
    assert [rows_read(client, **RECORDS), rows_read(client, **get)] == before


def test_seals_that_no_record_needs_go_by_night_and_times_stay(client, feed_sees_all):
    early, late = ListingFactory(), ListingFactory()
    Change.objects.filter(collection="listings").delete()
    for listing, xid in ((early, 15), (late, 25), (early, 45)):
        Change.objects.create(collection="listings", object_id=listing.public_id, xid=xid, at=START)
    Change.objects.create(collection="brokers", object_id=early.public_id, xid=35, at=START)
    for n in range(1, 8):
        Seal.objects.create(xid_below=10 * n, at=START + timedelta(minutes=n))

    def times():
        root = asked(client, verb="ListIdentifiers", metadataPrefix="oai_dc")
        return [header.findtext(f"{OAI}datestamp") for header in root.iter(f"{OAI}header")]

    before = times()
    assert before == ["2026-05-01T03:03:00Z", "2026-05-01T03:05:00Z"]
    assert drop_idle_seals() == 3  # nothing is below the first; 40 and 60 have no listing
    assert prune() == 1
    assert drop_idle_seals() == 1
    assert list(Seal.objects.order_by("xid_below").values_list("xid_below", flat=True)) == [30, 50, 70]
    assert times() == before


def test_who_asks_too_often_is_told_when_to_come_again(client, monkeypatch):
    monkeypatch.setattr(oai.throttle, "rate", "2/min")
    for _ in range(2):
        assert client.get("/oai/", {"verb": "Identify"}).status_code == 200
    answer = client.get("/oai/", {"verb": "Identify"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_gets_a_later_time(client):
    """A harvester that asks from its last visit on finds what was written before it and committed after."""
    early, late = ListingFactory(), ListingFactory()
    sealed(START)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("UPDATE tech_listings_listing SET trl = 1 WHERE id = %s", [early.pk])
        Listing.objects.filter(pk=late.pk).update(trl=2)
        assert seal(clock=lambda: START + timedelta(minutes=1)) is None
        assert error_of(asked(client, **RECORDS, from_="2026-05-01T03:00:01Z")) == "noRecordsMatch"
        other.commit()
    finally:
        other.close()
    sealed(START + timedelta(minutes=2))
    root = asked(client, **RECORDS, from_="2026-05-01T03:01:00Z")
    assert len(root.findall(f".//{OAI}record")) == 2
