"""The whole register as CSV and JSON: parsed again it says what the pages say."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from brokers.exports import register as exports
from brokers.exports.register import COLUMNS
from brokers.queries.register import draw
from tests.factories.brokers.fees import TODAY
from tests.factories.brokers.ratings import deal, mandate, qualified, rated
from tests.factories.brokers.register import agency, trader

pytestmark = pytest.mark.django_db


def csv_of(client):
    answer = client.get(reverse("brokers:register_csv"))
    text = answer.getvalue().decode("utf-8-sig")
    return answer, list(csv.DictReader(io.StringIO(text)))


def json_of(client):
    answer = client.get(reverse("brokers:register_json"))
    return answer, json.loads(answer.getvalue())


def test_both_parse_and_say_the_same(client, at_now):
    full = agency(
        ipc_prefixes=["C08", "H01M"], regions=["1100000000"], languages=["en", "ko"], speciality='=cmd"; "x',
        conflicts="None,\nreally",
    )  # fmt: skip
    for _ in range(3):
        deal(full.organization)
        mandate(full.organization, hours=6, fee_bp=9_000)
        rated(full.organization, stars=3)
    qualified(full.organization, "lawyer", "engineer")
    empty = trader()

    answer, rows = csv_of(client)
    assert answer["Content-Type"].startswith("text/csv")
    assert f"brokers-{TODAY:%Y%m%d}.csv" in answer["Content-Disposition"]
    assert list(rows[0]) == [column.name for column in COLUMNS]
    by_number = {row["number"]: row for row in rows}
    row = by_number[full.number]
    assert (row["ipc"], row["languages"], row["credentials"]) == ("C08;H01M", "en;ko", "engineer:1;lawyer:1")
    assert (row["deals"], row["deals_by_field"], row["usual_fee_bp"]) == ("6", "H:6", "9000")
    assert (row["median_hours_to_first_answer"], row["ratings"], row["stars_median"]) == ("6.0", "3", "3.0")
    assert row["speciality"].startswith("'=")  # no spreadsheet runs it
    assert row["as_of"] == TODAY.isoformat()
    assert row["drawn"] == draw(TODAY, full.number)
    nothing = by_number[empty.number]
    assert [nothing[name] for name in ("deals", "offers_to_answer", "usual_fee_bp", "ratings", "office")] == [""] * 5

    answer, data = json_of(client)
    assert answer["Content-Type"].startswith("application/json")
    assert data["as_of"] == TODAY.isoformat()
    assert data["licence"]
    assert [field["name"] for field in data["fields"]] == [column.name for column in COLUMNS]
    assert all(field["means"] for field in data["fields"])
    brokers = {row["number"]: row for row in data["brokers"]}
    assert brokers[full.number]["deals_by_field"] == {"H": 6}
    assert brokers[full.number]["conflicts"] == "None,\nreally"
    assert brokers[empty.number]["deals"] is None
    assert [row["number"] for row in data["brokers"]] == [row["number"] for row in rows]


def test_an_empty_register_is_still_data(client, at_now):
    assert csv_of(client)[1] == []
    assert json_of(client)[1]["brokers"] == []


def test_it_is_sent_block_by_block(client, at_now, monkeypatch):
    monkeypatch.setattr(exports, "BLOCK", 4)
    made = {agency().number for _ in range(9)}
    with CaptureQueriesContext(connection) as asked:
        _answer, rows = csv_of(client)
    assert {row["number"] for row in rows} == made
    assert len(asked) <= 2 + 3 * 7


def test_the_page_explains_every_field(client, at_now):
    page = client.get(reverse("brokers:register_data"))
    assert all(f"<code>{column.name}</code>" in page.text for column in COLUMNS)
