"""The frozen month = tile = rows = export = API for every figure, over the same hard cases as the live value."""

import csv
import datetime
import io

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization
from policy.models import LiveValue, Snapshot
from policy.queries.figures.kept import KeptRows, kept_data
from policy.queries.figures.kinds import tally_of, value_of
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze_due
from tests.factories.accounts import sign_in
from tests.factories.policy.figures import NOW, YEAR, Nation, officer

LATER = NOW.replace(month=12, day=2)


def asked(figure, part):
    return {"part": part.key} | ({"year": YEAR} if figure.is_yearly else {})


def live(code):
    return LiveValue.objects.get(figure=code, year=YEAR if FIGURES[code].is_yearly else 0)


@pytest.fixture(scope="module")
def frozen_nation(once):
    """In December, with November frozen and everything computed again."""

    def make():
        made = Nation()
        compute_all(at=LATER)
        freeze_due(at=LATER)
        return made

    return once(make, at=LATER)


def from_api(client, code, query):
    """Every row, asked for in portions."""
    found, cursor = [], None
    while True:
        wanted = query | {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = client.get(f"/api/v1/figures/{code}/rows/", wanted).json()
        assert (body["month"], body["version"]) == ("2026-11", 1)
        found += body["results"]
        cursor = body["next_cursor"]
        if cursor is None:
            return found


def from_csv(client, code, query):
    sent = b"".join(client.get(f"/figures/{code}/rows/export/", query).streaming_content)
    return list(csv.reader(io.StringIO(sent.decode("utf-8-sig"))))[1:]


@pytest.mark.parametrize("code", FIGURES)
def test_an_institute_has_its_own_rows_of_the_month_alike_everywhere(frozen_nation, code):
    """The month is what the tile shows it of money and survey answers: its rows are had by page, file and program."""
    figure, nation = FIGURES[code], frozen_nation()
    own = {nation.gaon.pk, *Organization.objects.filter(merged_into=nation.gaon).values_list("pk", flat=True)}
    with time_machine.travel(LATER, tick=False):
        client = sign_in(Client(), nation.gaon_manager)
        for part in figure.parts:
            query = asked(figure, part) | {"month": "2026-11"}
            page = client.get(f"/figures/{code}/rows/", query).context["page"]
            exported, sent = from_csv(client, code, query), from_api(client, code, query)
            rows = [(row[0], int(row[3])) for row in exported]
            assert rows == [(each["label"], each["amount"]) for each in sent]
            assert len(rows) == page.paginator.count
            if part.openness != "open":
                everything = KeptRows(kept_data(Snapshot.objects.get(figure=code, year=live(code).year)), part.key)
                assert rows == [(r.label, r.amount) for r in everything if r.institute in own]
    if code in ("new_technologies", "royalty_income", "transfers"):
        assert rows


def test_hashes_are_told_where_the_rows_are(frozen_nation):
    """Whoever knew all rows of a month but one could try that one out."""
    frozen_nation()
    told = set()
    with time_machine.travel(LATER, tick=False):
        for code in FIGURES:
            months = Client().get(f"/api/v1/figures/{code}/frozen/").json()["results"]
            assert months
            told |= {code for each in months if each["rows_hash"] is not None}
            assert code not in told or all(part.openness == "open" for part in FIGURES[code].parts)
    assert "public_listings" in told


@pytest.mark.parametrize("code", FIGURES)
def test_the_frozen_month_says_what_its_tile_rows_export_and_api_say(frozen_nation, code):
    """Packed row by row in Python, it is what the database adds up; and the same whoever asks for it how."""
    figure, nation = FIGURES[code], frozen_nation()
    with time_machine.travel(LATER, tick=False):
        client = sign_in(Client(), nation.officer)
        frozen = Snapshot.objects.get(figure=code, year=YEAR if figure.is_yearly else 0)
        assert frozen.parts == live(code).parts
        assert frozen.value == live(code).value
        found = {}
        for part in figure.parts:
            query = asked(figure, part) | {"month": "2026-11"}
            page = client.get(f"/figures/{code}/rows/", query)
            counted = page.context["page"].paginator.count
            exported, of_api = from_csv(client, code, query), from_api(client, code, query)
            assert [(row[0], int(row[3])) for row in exported] == [(row["label"], row["amount"]) for row in of_api]
            assert len(exported) == counted == frozen.parts[part.key]["rows"]
            assert {row[-1] for row in exported} <= {"2026-11 v1"}
            found[part.key] = tally_of(int(row[3]) for row in exported)
        assert frozen.row_count == sum(tally.rows for tally in found.values())
        assert value_of(figure.kind, found) == frozen.value
        body = client.get(f"/api/v1/figures/{code}/frozen/").json()["results"]
        assert [each["value"] for each in body if each["id"] == str(frozen.public_id)] == [frozen.value]
        tiles = [tile for _theme, of in client.get("/figures/").context["themes"] for tile in of]
        [tile] = [tile for tile in tiles if tile.figure.code == code]
        assert tile.frozen == frozen
        assert tile.shown_frozen.value == frozen.value


def test_every_frozen_month_can_be_read_and_corrected(client):
    """Also where a month has many lines: one for each year, and one for each correction."""
    months = [datetime.date(2018 + n // 12, n % 12 + 1, 1) for n in range(100)]
    given = {
        "figure": "transfer_rate", "definition": 1, "value": 1, "row_count": 0, "rows_hash": "0" * 64, "frozen_at": NOW,
    }  # fmt: skip
    Snapshot.objects.bulk_create([Snapshot(month=month, year=month.year, **given) for month in months])
    corrected = Snapshot(month=months[0], year=months[0].year, version=2, reason="x", frozen_by=officer(), **given)
    corrected.save(force_insert=True)
    sign_in(client, officer())
    seen = []
    for page in range(1, 9):
        found = client.get("/figures/transfer_rate/", {"page": page}).context["months"]
        seen += [(line.snapshot.month, line.snapshot.version, line.is_newest) for line in found]
        if not found.has_next():
            break
    assert [each[:2] for each in seen] == [*((month, 1) for month in months[:0:-1]), (months[0], 2), (months[0], 1)]
    assert [each[2] for each in seen[-2:]] == [True, False]
