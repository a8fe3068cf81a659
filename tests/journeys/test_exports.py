"""Somebody takes a search along as a file, and an officer says which words mean the same."""

import csv
from pathlib import Path

import pytest

from tech_listings.exports import write_export
from tech_listings.models import SynonymGroup
from tech_listings.services import export as services
from tech_listings.services.export import work_on
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.tech_listings import ListingFactory
from tests.journeys.watch import choose_from_menu, settled


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def listings():
    return [ListingFactory(title_en=f"Hydrogen tank {n}", trl=5) for n in range(4)]


def rows_of(download):
    with Path(download.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_short_list_is_a_download(visit, listings):
    page = visit(None, "/technologies/?trl=5&q=hydrogen")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Export CSV").click()
    assert waiting.value.suggested_filename.startswith("technologies-")
    assert {row["Listing number"] for row in rows_of(waiting.value)} == {listing.number for listing in listings}
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Export XLSX").click()
    assert waiting.value.suggested_filename.endswith(".xlsx")


def test_a_long_list_is_prepared_told_and_fetched(visit, listings, monkeypatch):
    monkeypatch.setattr("tech_listings.views.exports.AT_ONCE", 3)
    monkeypatch.setattr(services, "export_after_commit", lambda export_id: None)  # the worker is busy
    stranger = visit(None, "/technologies/?q=hydrogen")
    stranger.get_by_role("link", name="Export CSV").click()
    stranger.get_by_role("heading", name="Too much for one download").wait_for()
    stranger.get_by_role("link", name="Narrow the search").click()
    assert stranger.locator("[name=q]").input_value() == "hydrogen"

    person = UserFactory()
    page = visit(person, "/technologies/?q=hydrogen")
    page.get_by_role("link", name="Export CSV").click()
    page.get_by_role("button", name="Prepare CSV").click()
    page.get_by_text("Waiting for its turn").first.wait_for()
    work_on(export_id=person.listing_exports.get().public_id, write=write_export)
    page.get_by_text("The file is ready: 4 rows.").wait_for()  # the page asked again by itself
    settled(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download CSV").click()
    assert len(rows_of(waiting.value)) == 4

    page.goto(page.url.split("/my/")[0] + "/inbox/")
    page.get_by_role("button", name="Your export is ready: 4 technologies (CSV)").click()
    page.get_by_role("link", name="Download CSV").wait_for()


def test_an_officer_puts_words_together(visit):
    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    page = visit(officer)
    choose_from_menu(page, "Synonyms")
    page.get_by_role("main").get_by_role("link", name="Add a group").first.click()
    page.get_by_label("Words").fill("이차전지\nsecondary battery, 二次电池")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="이차전지 = secondary battery = 二次电池").click()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("Switched off. Searches no longer use it.").wait_for()
    assert not SynonymGroup.objects.get().is_active

    choose_from_menu(page, "State of the search")
    page.get_by_role("heading", name="State of the search").wait_for()
    page.get_by_role("link", name="Groups switched off").click()
    assert page.get_by_role("heading", name="1 group").is_visible()
