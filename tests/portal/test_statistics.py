"""Open statistics: the table is the file is the rows; small numbers of deals are not said."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marketplace.core.few import FEW, is_few
from matching.enums import NeedState
from portal.queries import statistics as module
from portal.queries.statistics import TABLES, statistics
from portal.tasks import refresh_statistics
from tech_listings.models import Listing
from tests.factories.matching import POSTED, NeedFactory
from tests.factories.tech_listings import ListingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


def table(key):
    return next(shown for shown in statistics(timezone.now()).tables if shown.key == key)


def test_public_technologies_are_counted_and_no_others():
    ListingFactory.create_batch(2, st_class="EF01")
    ListingFactory(st_class="NB02")
    ListingFactory(st_class="EF01", draft=True)
    ListingFactory(st_class="EF01", suspended=True)
    assert sorted(line.count for line in table("technologies-by-field").lines) == [1, 2]
    assert sum(line.count for line in table("technologies-by-state").lines) == Listing.objects.published().count() == 3
    month = f"{timezone.localtime(Listing.objects.published().first().registered_at):%Y-%m}"
    assert {line.name: line.count for line in table("technologies-by-month").lines}[month] == 3


def test_few_needs_are_not_said():
    NeedFactory.create_batch(FEW - 1)
    assert [line.count for line in table("needs-by-state").lines] == [None]
    assert "fewer than 3" in [line.text for line in table("needs-by-month").lines]
    cache.clear()
    NeedFactory()
    assert [line.count for line in table("needs-by-state").lines] == [FEW]


@pytest.mark.parametrize("many", [0, FEW - 1, FEW])
def test_the_home_page_and_the_statistics_say_the_same_of_open_needs(client, many):
    NeedFactory.create_batch(many)
    lines = {line.name: line.text for line in table("needs-by-state").lines}
    assert client.get("/").context["figures"].needs_text == lines.get(str(NeedState.OPEN.label), "0")


def test_what_could_name_a_deal_hides_few():
    assert {each.key for each in TABLES if each.together} == {"needs-by-state", "needs-by-month"}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([5, 1, 4], [6, 4]),
        ([1, 5, 4], [6, 4]),
        ([5, 4, 2], [5, 6]),
        ([2, 0, 4, 0, 1, 3], [7, 3]),
        ([1, 1, 1], [3]),
        ([3, 0, 1], [4]),
        ([0, 2, 0], [0, None, 0]),
        ([], []),
    ],
)
def test_no_line_of_needs_is_few_and_none_can_be_worked_out(monkeypatch, counts, said):
    named = [(f"2026-{month:02}", many) for month, many in enumerate(counts, 1)]
    by_month = next(each for each in TABLES if each.key == "needs-by-month")
    shown = module._shown(by_month, named)
    assert [line.count for line in shown.lines] == said
    left = sum(counts) - sum(line.count or 0 for line in shown.lines)
    assert left == 0 or is_few(sum(counts))  # of so few altogether the other table says no total either
    assert all(line.share == 0 for line in shown.lines if line.count is None)
    if named:
        assert (shown.lines[0].name[:7], shown.lines[-1].name[-7:]) == (named[0][0], named[-1][0])


def test_needs_by_state_and_by_month_do_not_give_each_other_away():
    NeedFactory.create_batch(FEW)
    NeedFactory(closed=True, opened_at=POSTED - timedelta(days=100))
    by_state, by_month = table("needs-by-state").lines, table("needs-by-month").lines
    assert [(line.name, line.count) for line in by_state] == [("Open, Closed", FEW + 1)]
    assert [line.count for line in by_month if line.count] == [FEW + 1]
    assert not any(is_few(line.count or 0) for line in (*by_state, *by_month))


@pytest.mark.parametrize("key", [each.key for each in TABLES])
def test_the_file_is_the_table(client, key):
    ListingFactory(st_class="EF01")
    NeedFactory()
    page = {shown.key: shown for shown in client.get(reverse("portal:statistics")).context["statistics"].tables}[key]
    answer = client.get(reverse("portal:statistics_export", args=[key]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1:] == [[line.name, line.text.replace(",", "")] for line in page.lines]


def test_an_unknown_table_is_not_there(client):
    assert client.get(reverse("portal:statistics_export", args=["nothing"])).status_code == 404


def test_the_worker_counts_before_anybody_waits(client):
    ListingFactory(st_class="EF01")
    assert refresh_statistics() == len(TABLES)
    client.get(reverse("portal:statistics"))
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("portal:statistics"))
    assert [each["sql"] for each in asked.captured_queries if "COUNT(" in each["sql"]] == []
