"""The box of the search: one line that takes a pasted page, with its lines, and sends it by Enter."""

import pytest

from tech_listings.filters import MOST_TYPED
from tests.factories.tech_listings import ListingFactory
from tests.journeys.test_pages import AXE, RUN_AXE
from tests.journeys.watch import settled

PAGE = "\n".join(
    [
        "Call for proposals",
        "We look for a tank that stores hydrogen at low pressure.",
        "- not heavier than 40 kg",
        "- filled within five minutes",
        "수소차에 쓸 저장 탱크가 필요하다.",
    ]
)


@pytest.fixture(autouse=True)
def _technologies():
    ListingFactory(title_ko="수소차 저장 탱크", title_en="Hydrogen storage tank")
    ListingFactory(title_ko="김치 유산균", title_en="Ferment of cabbage", summary_ko="배추를 담근다.")


def box(page):
    return page.get_by_role("combobox", name="Words")


def height(page):
    return box(page).bounding_box()["height"]


def paste(page, text):
    box(page).focus()
    page.keyboard.insert_text(text)


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("path", ["/", "/technologies/"])
def test_a_pasted_page_keeps_its_lines_and_finds(visit, watch, path, phone):
    page = visit(None, path, phone=phone)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "suggest" in request.url else None)
    one_line = height(page)
    paste(page, PAGE)
    assert box(page).input_value() == PAGE
    assert height(page) > 2 * one_line
    page.wait_for_timeout(400)
    assert not asked
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with watch.ignoring():
        page.evaluate(AXE.read_text())
        assert page.evaluate(RUN_AXE) == []

    box(page).press("Enter")
    page.wait_for_url("**/technologies/?**")
    settled(page)
    assert page.locator(".listing-card-title").first.inner_text() == "Hydrogen storage tank"
    assert box(page).input_value() == PAGE
    # What is an exclusion on one line (-not) is a dash of a list in a text.
    assert page.get_by_role("heading", name="1 technology").count() == 1
    page.reload()
    assert box(page).input_value() == PAGE


def test_enter_sends_and_shift_enter_begins_a_line(visit):
    page = visit(None, "/technologies/")
    box(page).press_sequentially("hydrogen")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("tank")
    assert box(page).input_value() == "hydrogen\ntank"
    assert "q=" not in page.url
    with page.expect_response("**/technologies/?**"):
        box(page).press("Enter")
    settled(page)
    assert box(page).input_value() == "hydrogen\ntank"
    # Leaving the box searches nothing.
    with page.expect_response("**/suggest/**"):
        box(page).fill("ferment")
    page.keyboard.press("Tab")
    settled(page)
    assert "ferment" not in page.url


def test_suggestions_are_asked_for_words_only(visit):
    page = visit(None, "/technologies/")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "suggest" in request.url else None)
    box(page).fill("w" * 101)
    box(page).press("ArrowDown")
    page.wait_for_timeout(400)
    assert not asked
    with page.expect_response("**/suggest/**"):
        box(page).fill("w" * 100)
    assert len(asked) == 1


def test_what_is_too_long_is_kept_and_said_to_be_so(visit):
    page = visit(None, "/technologies/")
    paste(page, "x" * MOST_TYPED)
    assert box(page).evaluate("box => box.validationMessage") == ""
    paste(page, "y")
    assert box(page).evaluate("box => box.validationMessage").startswith("This text is too long to search for")
    box(page).press("Enter")
    page.wait_for_timeout(300)
    settled(page)
    assert "q=" not in page.url
    assert len(box(page).input_value()) == MOST_TYPED + 1


def test_without_javascript_the_button_sends_all_lines(visit):
    page = visit(None, "/technologies/", javascript=False)
    words = page.get_by_role("textbox", name="Words")
    words.fill(PAGE)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/technologies/?**")
    assert page.locator(".listing-card-title").first.inner_text() == "Hydrogen storage tank"
    assert words.input_value() == PAGE
