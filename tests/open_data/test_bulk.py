"""Files of everything public: whole or not there, with a checksum, to be gone on with."""

import csv
import gzip
import hashlib
import io
import json
from datetime import timedelta

import pytest

from open_data.enums import Collection
from open_data.models import BulkFile
from open_data.queries.cursors import position_of
from open_data.queries.records import FIELDS
from open_data.services import bulk
from open_data.services.bulk import KEPT, make_bulk, path_of
from tests.factories.brokers.register import agency
from tests.factories.tech_listings import REGISTERED, ListingFactory


@pytest.fixture
def made(bulk_folder):
    listings = [ListingFactory(title_ko=f"=기술 {number}", keywords=["하나", "둘"]) for number in range(3)]
    ListingFactory(draft=True)
    ListingFactory(suspended=True)
    agency()
    return listings, make_bulk(at=REGISTERED)


def lines(name):
    return gzip.decompress(path_of(name).read_bytes()).decode()


def test_both_formats_hold_what_is_public(made):
    listings, files = made
    assert sorted((file.collection, file.format, file.rows) for file in files) == [
        ("brokers", "csv", 1), ("brokers", "jsonl", 1), ("listings", "csv", 3), ("listings", "jsonl", 3),
    ]  # fmt: skip
    of_listings = {file.format: file for file in files if file.collection == "listings"}
    records = [json.loads(line) for line in lines(of_listings["jsonl"].name).splitlines()]
    assert [record["number"] for record in records] == [each.number for each in listings]
    table = list(csv.DictReader(io.StringIO(lines(of_listings["csv"].name), newline="")))
    assert list(table[0]) == list(FIELDS[Collection.LISTINGS])
    assert table[0]["title_ko"] == "'=기술 0"  # a spreadsheet would run it
    assert json.loads(table[0]["keywords"]) == ["하나", "둘"]


def test_checksum_size_and_manifest_agree_with_the_file(made, client):
    manifest = client.get("/api/v1/bulk/").json()
    assert manifest["licence"]
    assert len(manifest["files"]) == 4
    for file in manifest["files"]:
        content = path_of(file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["size"]
        assert position_of(file["cursor"]).collection == file["collection"]
        answer = client.get(f"/api/v1/bulk/{file['name']}/")
        assert b"".join(answer.streaming_content) == content
        assert answer["ETag"] == f'"{file["sha256"]}"'


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=10-", slice(10, None)),
        ("bytes=0-9", slice(0, 10)),
        ("bytes=5-100000000", slice(5, None)),
        ("bytes=-7", slice(-7, None)),
    ],
)
def test_a_download_goes_on_where_it_was_cut_off(made, client, asked, part):
    name = made[1][0].name
    whole = path_of(name).read_bytes()
    answer = client.get(f"/api/v1/bulk/{name}/", headers={"Range": asked})
    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == whole[part]
    assert answer["Content-Range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=99999999-"}, 416),
        ({"Range": "bytes=5-2"}, 416),
        ({"Range": "bytes=-0"}, 416),
        ({"Range": "bytes=-"}, 200),
        ({"Range": "lines=1-2"}, 200),
        ({"Range": "bytes=0-1,4-5"}, 200),
        ({"Range": "bytes=10-", "If-Range": '"another"'}, 200),
    ],
)
def test_ranges_that_mean_nothing(made, client, headers, status):
    answer = client.get(f"/api/v1/bulk/{made[1][0].name}/", headers=headers)
    assert answer.status_code == status
    answer.close()


@pytest.mark.parametrize("accept", ["application/gzip", "application/octet-stream", "text/html"])
def test_a_client_may_ask_for_the_kind_that_a_file_has(made, client, accept):
    name = made[1][0].name
    answer = client.get(f"/api/v1/bulk/{name}/", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/gzip")
    assert answer.getvalue()
    refused = client.get("/api/v1/bulk/nothing.gz/", headers={"Accept": accept})
    assert (refused.status_code, refused["Content-Type"]) == (404, "application/json")


def test_nothing_else_can_be_downloaded(made, client):
    for name in ("nothing.jsonl.gz", "..%2F..%2Fetc%2Fpasswd", "%00"):
        assert client.get(f"/api/v1/bulk/{name}/").status_code == 404
    path_of(made[1][0].name).unlink()
    assert client.get(f"/api/v1/bulk/{made[1][0].name}/").status_code == 404


def test_old_ones_go_after_a_while(made, bulk_folder):
    assert len(list(bulk_folder.iterdir())) == 4
    make_bulk(at=REGISTERED + KEPT)
    assert BulkFile.objects.count() == 8
    make_bulk(at=REGISTERED + KEPT + timedelta(seconds=1))
    assert BulkFile.objects.count() == 8
    assert {path.name for path in bulk_folder.iterdir()} == set(BulkFile.objects.values_list("name", flat=True))


def test_a_run_that_dies_leaves_nothing(bulk_folder, monkeypatch):
    ListingFactory()

    def broken(collection):
        yield from []
        raise OSError("the disk is full")

    monkeypatch.setattr(bulk, "all_records", broken)
    with pytest.raises(OSError, match="full"):
        make_bulk(at=REGISTERED)
    assert not list(bulk_folder.iterdir())
    assert not BulkFile.objects.exists()


def test_the_page_names_the_files_and_opens_for_everybody(made, client):
    page = client.get("/open-data/").content.decode()
    for file in made[1]:
        assert file.sha256 in page
        assert f"/api/v1/bulk/{file.name}/" in page
