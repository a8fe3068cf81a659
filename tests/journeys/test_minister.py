"""The minister asks what a number is made of: from the board over rows to one row, and to a file that says the same."""

import csv
import re

import pytest
from django.utils import timezone

from policy.models import LiveValue
from policy.services.figures.compute import compute_all
from tests.factories.policy.figures import answer, officer
from tests.factories.royalties.income import due, invoiced, paid
from tests.factories.tech_listings import ListingFactory


@pytest.fixture
def computed(transactional_db):
    now = timezone.now()
    ListingFactory.create_batch(3)
    for amount in (10_000_000, 20_000_000, 31_000_000):
        paid(invoiced(due(amount_won=amount), at=now), at=now)
    answer(year=now.year, at=now)
    compute_all(at=now)


WIDE = {"locale": "ko-KR"}
NARROW = {"locale": "en-US", "phone": True}


@pytest.mark.parametrize("how", [WIDE, NARROW], ids=["Korean at 1280", "English at 390"])
@pytest.mark.parametrize(("code", "is_sum"), [("public_listings", False), ("royalty_income", True)])
def test_from_a_tile_to_its_rows_and_to_a_file(visit, computed, how, code, is_sum):
    live = LiveValue.objects.filter(figure=code).order_by("-year").first()
    page = visit(officer(), "/figures/", **how)
    tile = page.locator(".figure-tile", has=page.locator(f"a[href='/figures/{code}/']"))
    said = tile.locator(".stat-value").inner_text()
    tile.get_by_role("link").first.click()
    page.wait_for_url(f"**/figures/{code}/")
    assert said in page.locator(".stats").inner_text()
    assert number(said) == live.value
    page.locator("#parts table a").first.click()
    page.wait_for_url("**/rows/**")
    rows = page.locator("main table tbody tr")
    assert rows.count() == live.parts["rows"]["rows"]
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if how is NARROW else 1280)
    with page.expect_download() as download:
        page.locator("a[href*='/rows/export/']").first.click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        exported = list(csv.reader(file))[1:]
    assert len(exported) == rows.count()
    assert sum(int(row[3]) for row in exported) == live.value
    shown = [number(row.locator("td").last.inner_text()) for row in rows.all()]
    assert [int(row[3]) for row in exported] == shown
    if not is_sum:  # what a row is of is open to everybody, and one goes on to it
        label = rows.first.locator("th").inner_text()
        rows.first.locator("th a").click()
        page.wait_for_url(f"**/technologies/{label}/")
        assert label in page.locator("main").inner_text()


def number(text):
    return int(re.sub(r"\D", "", text.split("\n")[-1]))
