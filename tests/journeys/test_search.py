"""Searching on a phone, with and without JavaScript."""

import pytest

from tech_listings.enums import DealKind
from tests.factories.accounts import OrganizationFactory
from tests.factories.tech_listings import ListingFactory, patent
from tests.journeys.watch import settled


@pytest.fixture(autouse=True)
def _technologies(short_pages):
    holder = OrganizationFactory(institute=True)
    for number in range(6):
        ListingFactory(holder=holder, title_ko=f"수소차 저장 탱크 {number}", title_en=f"Storage tank {number}", trl=5)
    ListingFactory(
        holder=holder,
        title_ko="배터리 균형 회로",
        title_en="Battery balancing circuit",
        trl=7,
        deal_kinds=[DealKind.ASSIGNMENT.value],
        rights=[patent()],
    )


def found(page):
    return page.locator(".results-count").inner_text()


def titles(page):
    return page.locator(".listing-card-title").all_inner_texts()


def search(page, words):
    page.get_by_role("combobox", name="Words").fill(words)
    page.get_by_role("combobox", name="Words").press("Enter")
    settled(page)


def test_by_words_in_two_languages_on_a_phone(visit):
    page = visit(None, "/technologies/", phone=True)
    assert found(page) == "7 technologies"
    with page.expect_response("**/technologies/?**"):
        search(page, "수소")
    page.get_by_role("heading", name="6 technologies").wait_for()
    assert "q=%EC%88%98%EC%86%8C" in page.url

    with page.expect_response("**/technologies/?**"):
        search(page, "batteries")
    page.get_by_role("heading", name="1 technology").wait_for()
    assert titles(page) == ["Battery balancing circuit"]

    # The back button brings back the address, the results and what was typed.
    page.go_back()
    page.get_by_role("heading", name="6 technologies").wait_for()
    assert page.get_by_role("combobox", name="Words").input_value() == "수소"

    with page.expect_response("**/technologies/?**"):
        search(page, "없는말입니다")
    page.get_by_role("heading", name="No technology has all of this").wait_for()


def test_by_filter_on_a_phone(visit):
    page = visit(None, "/technologies/", phone=True)
    page.locator("summary", has_text="Filters").click()
    page.get_by_role("checkbox", name="7").check()
    page.get_by_role("heading", name="1 technology").wait_for()
    settled(page)
    assert "trl=7" in page.url
    page.keyboard.press("Escape")
    assert page.locator("#filters-in-use").inner_text() == "1"
    assert titles(page) == ["Battery balancing circuit"]

    # A link that somebody else opens shows the same.
    other = visit(None, page.url, phone=True)
    assert titles(other) == ["Battery balancing circuit"]
    assert other.locator("[name=trl][value='7']").is_checked()

    page.get_by_role("group", name="Filters in use").get_by_role("link", name="Remove filter:").click()
    page.get_by_role("heading", name="7 technologies").wait_for()
    assert "trl" not in page.url

    page.get_by_role("radio", name="Table").check()
    page.get_by_role("table").wait_for()
    settled(page)
    assert "view=table" in page.url
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2**")
    settled(page)
    assert page.locator("table.data tbody tr").count() == 3
    assert "view=table" in page.url
    page.go_back()
    page.wait_for_url(lambda url: "page=2" not in url)
    page.wait_for_function("() => document.querySelectorAll('table.data tbody tr').length === 4")


def test_without_javascript(visit):
    page = visit(None, "/technologies/", phone=True, javascript=False)
    page.get_by_role("textbox", name="Words").fill("수소")
    page.get_by_role("button", name="Search").click()
    assert found(page) == "6 technologies"
    page.locator("summary", has_text="Filters").click()
    page.get_by_role("checkbox", name="5").check()
    page.get_by_role("button", name="Apply").click()
    assert "trl=5" in page.url
    assert found(page) == "6 technologies"
    page.get_by_role("link", name="Next").click()
    assert len(titles(page)) == 2
    page.get_by_role("link", name="Clear all").last.click()
    assert found(page) == "7 technologies"
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("button", name="한국어").click()
    assert page.locator("html").get_attribute("lang") == "ko"
