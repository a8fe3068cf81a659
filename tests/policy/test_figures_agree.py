"""Tile = rows = export = API for every figure (lessons F54), over deleted, merged, exempt, corrected, late, ended,
cancelled and undone rows."""

import csv
import io

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook

from policy.models import LiveValue, Snapshot, SurveyAnswer
from policy.queries.figures.kinds import tally_of, value_of
from policy.queries.figures.registry import FIGURES
from policy.services.figures.compute import compute_all
from policy.services.figures.freeze import freeze_due
from tests.factories.accounts import sign_in
from tests.factories.policy.figures import NOW, YEAR, Nation

pytestmark = pytest.mark.usefixtures("at_now")
LATER = NOW.replace(month=12, day=2)


@pytest.fixture
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def new_nation(once):
    def make():
        made = Nation()
        compute_all(at=NOW)
        return made

    return once(make, at=NOW)


@pytest.fixture
def nation(new_nation):
    return new_nation()


@pytest.fixture
def client(nation):
    return sign_in(Client(), nation.officer)


def live(code, year=None):
    figure = FIGURES[code]
    return LiveValue.objects.get(figure=code, year=(year or YEAR) if figure.is_yearly else 0)


def asked(figure, part):
    return {"part": part.key} | ({"year": YEAR} if figure.is_yearly else {})


def from_api(client, figure, part):
    found, cursor = [], None
    while True:
        query = asked(figure, part) | {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = client.get(f"/api/v1/figures/{figure.code}/rows/", query).json()
        found += body["results"]
        cursor = body["next_cursor"]
        if cursor is None:
            return found


def from_csv(client, figure, part):
    answer = client.get(f"/figures/{figure.code}/rows/export/", asked(figure, part))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def from_page(client, figure, part):
    found, page = [], 1
    while True:
        context = client.get(f"/figures/{figure.code}/rows/", asked(figure, part) | {"page": page}).context
        found += context["rows"]
        if not context["page"].has_next():
            return found, context["page"].paginator.count
        page += 1


@pytest.mark.parametrize("code", FIGURES)
def test_tile_rows_export_and_api_say_the_same(client, code):
    figure, row = FIGURES[code], live(code)
    of_api, of_csv, of_page = {}, {}, {}
    for part in figure.parts:
        api, exported = from_api(client, figure, part), from_csv(client, figure, part)
        shown, counted = from_page(client, figure, part)
        assert [(each["label"], each["amount"]) for each in api] == [(each.label, each.amount) for each in shown]
        assert [(each[0], int(each[3])) for each in exported] == [(each.label, each.amount) for each in shown]
        assert counted == len(shown) == row.parts[part.key]["rows"]
        assert len({each["id"] for each in api}) == len(api)
        of_api[part.key] = tally_of(each["amount"] for each in api)
        of_csv[part.key] = tally_of(int(each[3]) for each in exported)
        of_page[part.key] = tally_of(each.amount for each in shown)
    for tallies in (of_api, of_csv, of_page):
        assert value_of(figure.kind, tallies) == row.value
    tile = next(
        tile
        for _theme, tiles in client.get("/figures/").context["themes"]
        for tile in tiles
        if tile.figure.code == code
    )
    assert tile.live.value == row.value
    values = client.get(f"/api/v1/figures/{code}/values/").json()["live"]
    assert row.value in [each["value"] for each in values]


@pytest.mark.parametrize("code", FIGURES)
def test_every_figure_has_rows_to_be_wrong_about(nation, code):
    assert any(part["rows"] for part in live(code).parts.values()), "the nation has nothing of this"


def test_xlsx_has_the_same_rows(client):
    figure = FIGURES["transfers"]
    answer = client.get("/figures/transfers/rows/export/", asked(figure, figure.parts[0]) | {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [
        row[0] for row in from_csv(client, figure, figure.parts[0])
    ]


class TestWhatCounts:
    def test_of_survey_answers_the_corrected_one_and_those_of_the_merged(self, nation):
        row = live("transfer_rate")
        assert row.parts["denominator"] == {"rows": 3, "total": 10 + 5 + 3, "median": None, "organizations": 2}
        assert SurveyAnswer.objects.filter(year=YEAR).count() == 4

    def test_who_was_merged_is_neither_missing_nor_asked(self, nation, client):
        row = live("transfer_rate")
        asked_names = {each.name for each in client.get("/figures/transfer_rate/").context["missing"]}
        assert nation.silent.name in asked_names
        assert nation.gone.name not in asked_names
        assert row.answered == 2
        assert row.missing == len(asked_names)

    def test_the_cumulative_rate_is_as_complete_as_all_its_years(self, nation, client):
        """Naru left out the year before; the rate of the year is not touched by that."""
        assert (live("transfer_rate").answered, live("cumulative_transfer_rate").answered) == (2, 1)
        page = client.get("/figures/cumulative_transfer_rate/")
        assert nation.naru.pk in {each.pk for each in page.context["missing"]}
        assert nation.naru.pk not in {each.pk for each in client.get("/figures/transfer_rate/").context["missing"]}
        assert "institutes answered every year" in page.content.decode()

    def test_of_contracts_those_signed_by_institutes_in_the_year(self, nation):
        counted = {contract.number for contract in (*nation.lump, nation.running, nation.ended)}
        assert live("transfers").value == len(counted)
        assert live("transfers", YEAR - 1).value == 1
        assert live("cumulative_transfer_rate").parts["numerator"]["rows"] == len(counted) + 1
        assert live("contracts_with_running").parts["numerator"]["rows"] == 1

    def test_of_royalty_what_was_not_undone(self, nation):
        assert live("royalty_income").value == sum(each.net_won for each in nation.received)
        assert live("early_burden").parts["numerator"]["total"] == sum(each.net_won for each in nation.received[:-1])

    def test_of_contracts_in_force_what_was_said_last(self, nation):
        parts = {key: part["rows"] for key, part in live("contracts_by_use").parts.items()}
        assert parts == {"in_use": 1, "paused": 0, "abandoned": 1, "unknown": 2}

    def test_of_duties_the_exempt_is_in_neither_part(self, nation):
        parts = live("listing_coverage").parts
        assert (parts["numerator"]["rows"], parts["denominator"]["rows"]) == (1, 3)
        assert live("overdue_duties").value == len(nation.late)

    def test_of_requests_the_withdrawn_is_in_neither_part(self, nation):
        parts = live("requests_in_time").parts
        assert parts["denominator"]["rows"] - parts["numerator"]["rows"] == 1

    def test_of_listings_those_that_everybody_finds(self, nation):
        listed = live("confirmed_listings").parts
        assert listed["numerator"]["rows"] == 1
        assert listed["denominator"]["rows"] > 1


def test_what_changed_since_is_told_by_the_frozen_month_as_it_was(nation):
    """The rows of a frozen month are shown as they were, whatever became of them."""
    with time_machine.travel(LATER, tick=False):
        freeze_due(at=LATER)
        client = sign_in(Client(), nation.officer)
        query = {"year": YEAR, "month": "2026-11", "part": "denominator"}
        before = client.get("/figures/transfer_rate/rows/", query).context["rows"]
        SurveyAnswer.objects.filter(institute=nation.naru, year=YEAR).update(replaced_at=LATER)
        after = client.get("/figures/transfer_rate/rows/", query).context["rows"]
    assert [row.amount for row in after] == [row.amount for row in before]
    snapshot = Snapshot.objects.get(figure="transfer_rate", year=YEAR)
    assert sum(row.amount for row in after) == snapshot.parts["denominator"]["total"] == 18
