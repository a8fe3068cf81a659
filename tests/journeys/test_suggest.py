"""Suggestions below the search box: by keyboard, mouse and finger, while composing Hangul, without JavaScript."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from tech_listings.services.refresh_words import refresh_words
from tests.factories.accounts import OrganizationFactory
from tests.factories.tech_listings import ListingFactory
from tests.journeys.test_pages import AXE, RUN_AXE
from tests.journeys.watch import settled


@pytest.fixture(autouse=True)
def _technologies():
    call_command("load_codes", verbosity=0)
    holder = OrganizationFactory(institute=True)
    for number in range(4):
        ListingFactory(
            holder=holder,
            title_ko=f"수소차 저장 탱크 {number}",
            title_en=f"Hydrogen storage tank {number}",
            keywords=["수소 저장"],
            ipc_codes=["F17C 1/00"],
        )
    ListingFactory(
        holder=holder,
        title_ko="수소 연료전지 분리판의 내부식 코팅과 그 코팅을 얇고 고르게 입히는 연속 공정",
        title_en="Corrosion resistant coating",
        keywords=["hydrogen"],
        ipc_codes=["H01M 8/0228"],
    )
    refresh_words(at=timezone.now())


def box(page):
    return page.get_by_role("combobox", name="Words")


def listbox(page):
    return page.get_by_role("listbox", name="Suggestions")


def options(page):
    return listbox(page).get_by_role("option")


def fits(page):
    """Nothing sticks out, and every option can be hit by a finger."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    area = listbox(page).bounding_box()
    assert area["x"] >= 0
    assert area["x"] + area["width"] <= page.viewport_size["width"]
    for option in options(page).all():
        assert option.bounding_box()["height"] >= 43.9


@pytest.mark.parametrize("phone", [False, True])
def test_by_keyboard(visit, watch, phone):
    page = visit(None, "/technologies/", phone=phone)
    assert box(page).get_attribute("aria-expanded") == "false"
    assert listbox(page).count() == 0

    box(page).press_sequentially("수")
    options(page).first.wait_for()
    assert box(page).get_attribute("aria-expanded") == "true"
    assert page.locator("#announcer").inner_text().endswith("suggestions. Use the arrow keys.")
    groups = listbox(page).get_by_role("group")
    assert groups.filter(has_text="Words").count() == 1
    assert page.get_by_role("group", name="Technologies").count() == 1
    fits(page)
    box(page).press("ArrowDown")
    with watch.ignoring():
        page.evaluate(AXE.read_text())
        assert page.evaluate(RUN_AXE) == []
    box(page).press("ArrowUp")

    box(page).press("ArrowDown")
    first = options(page).first
    assert box(page).get_attribute("aria-activedescendant") == first.get_attribute("id")
    assert first.get_attribute("aria-selected") == "true"
    assert box(page).input_value() == "수"
    box(page).press("ArrowUp")
    assert box(page).get_attribute("aria-activedescendant") is None
    box(page).press("ArrowUp")
    assert options(page).last.get_attribute("aria-selected") == "true"

    box(page).press("Escape")
    assert listbox(page).count() == 0
    assert box(page).input_value() == "수"
    box(page).press("ArrowDown")
    options(page).first.wait_for()
    chosen = options(page).first.inner_text()
    box(page).press("ArrowDown")
    with page.expect_response("**/technologies/?**"):
        box(page).press("Enter")
    settled(page)
    assert box(page).input_value() == chosen
    assert listbox(page).count() == 0
    page.get_by_role("heading", name="5 technologies").wait_for()

    box(page).fill("탱ㅋ")
    options(page).first.wait_for()
    box(page).press("Tab")
    assert listbox(page).count() == 0
    assert box(page).input_value() == "탱ㅋ"


def test_by_mouse_a_title_opens_the_technology(visit):
    page = visit(None, "/technologies/")
    box(page).press_sequentially("coating")
    page.get_by_role("group", name="Technologies").get_by_role("option").click()
    page.wait_for_url("**/technologies/S*/")
    assert page.get_by_role("heading", level=1).inner_text() == "Corrosion resistant coating"


def test_by_finger_a_class_becomes_a_filter_beside_the_others(visit):
    page = visit(None, "/technologies/?trl=", phone=True)
    box(page).press_sequentially("수소 H01M")
    option = page.get_by_role("group", name="Classes").get_by_role("option").first
    option.wait_for()
    fits(page)
    option.tap()
    page.wait_for_url("**ipc=H01M**")
    page.get_by_role("heading", name="1 technology").wait_for()
    assert box(page).input_value() == "수소"


def test_home_page(visit):
    page = visit(None, "/")
    box(page).press_sequentially("hydro")
    options(page).first.wait_for()
    fits(page)
    middle = options(page).last.bounding_box()
    hit = page.evaluate(
        "([x, y]) => Boolean(document.elementFromPoint(x, y)?.closest('[role=option]'))",
        [middle["x"] + 20, middle["y"] + middle["height"] / 2],
    )
    assert hit, "the list is covered or cut off"
    options(page).first.click()
    page.wait_for_url("**/technologies/?q=hydrogen**")
    page.get_by_role("heading", name="5 technologies").wait_for()


def test_while_a_syllable_is_composed_it_suggests_but_enter_belongs_to_the_input_method(visit):
    page = visit(None, "/technologies/", locale="en-US")
    box(page).focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "숫", "selectionStart": 1, "selectionEnd": 1})
    options(page).first.wait_for()
    assert "수소" in options(page).first.inner_text()
    box(page).evaluate(
        """input => {
          for (const key of ["ArrowDown", "Enter"])
            input.dispatchEvent(
              new KeyboardEvent("keydown", { key, isComposing: true, bubbles: true, cancelable: true }));
        }"""
    )
    assert box(page).get_attribute("aria-activedescendant") is None
    assert listbox(page).count() == 1
    assert "q=" not in page.url
    session.send("Input.insertText", {"text": "수소"})
    page.wait_for_function("() => document.querySelector('[role=combobox]').value === '수소'")


def test_a_slow_older_answer_does_not_replace_a_newer_one(visit):
    page = visit(None, "/technologies/")
    page.route("**/suggest/?q=c", lambda route: None)  # never answered
    box(page).press_sequentially("co")
    page.wait_for_timeout(300)
    page.route("**/suggest/?q=coa", lambda route: (page.wait_for_timeout(600), route.continue_())[1])
    box(page).press_sequentially("a")
    page.wait_for_timeout(200)
    box(page).fill("탱크")
    options(page).first.wait_for()
    page.wait_for_timeout(800)
    assert all("oating" not in text for text in options(page).all_inner_texts())


def test_without_javascript_it_is_a_plain_search(visit):
    page = visit(None, "/technologies/", javascript=False)
    page.get_by_role("textbox", name="Words").fill("수소")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**q=**")
    page.get_by_role("heading", name="5 technologies").wait_for()
    assert page.get_by_role("textbox", name="Words").input_value() == "수소"
    assert page.get_by_role("listbox").count() == page.get_by_role("combobox", name="Words").count() == 0
