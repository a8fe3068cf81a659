"""The frame around every page: language, text size, keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory
from tests.factories.matching import NeedFactory, NeedMatchFactory
from tests.factories.tech_listings import ListingFactory
from tests.journeys.watch import settled


def focused(page, of="outerHTML"):
    return page.evaluate(f"document.activeElement.{of}")


def test_the_language_switch_keeps_the_page_and_its_query(visit):
    ListingFactory(title_ko="수소차 저장 탱크", title_en="Hydrogen tank")
    page = visit(None, "/technologies/?q=수소&view=table")
    query = page.url.partition("?")[2]
    page.locator(".utility summary", has_text="Language").click()
    page.get_by_role("button", name="한국어").click()
    page.get_by_role("heading", name="기술 찾기").wait_for()
    assert page.url.partition("?")[2] == query
    assert page.locator("html").get_attribute("lang") == "ko"
    page.get_by_role("link", name="수소차 저장 탱크").click()
    assert page.locator("html").get_attribute("lang") == "ko"


def test_whoever_signs_in_is_greeted_in_their_own_language(visit):
    user = UserFactory(language="ko", name="한누리")
    page = visit(None, "/accounts/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.get_by_role("heading", name="한누리 님, 반갑습니다").wait_for()
    assert "로그인했습니다" in page.locator("#messages").inner_text()


def test_the_text_size_is_remembered(visit):
    page = visit()
    size = "parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)"
    before = page.evaluate(size)
    page.locator("summary", has_text="Text size").click()
    page.get_by_role("button", name="Largest").click()
    page.wait_for_function(f"() => {size} > {before}")
    larger = page.evaluate(size)
    page.goto("/technologies/")
    page.goto("/")
    assert page.evaluate(size) == larger


def test_everything_by_keyboard(visit):
    ListingFactory(title_ko="수소차 저장 탱크", title_en="Hydrogen tank")
    page = visit()
    page.keyboard.press("Tab")
    assert focused(page, "textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert focused(page, "id") == "main"
    page.keyboard.press("Tab")
    assert focused(page, "name") == "q"
    page.keyboard.type("hydrogen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/technologies/?q=hydrogen")

    menu = page.locator(".utility summary", has_text="Language")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="한국어").wait_for()
    page.keyboard.press("Tab")
    assert focused(page, "name") == "language"
    page.keyboard.press("Escape")
    assert not page.get_by_role("button", name="한국어").is_visible()
    assert menu.evaluate("e => e === document.activeElement")


def test_drawers_hold_the_focus_and_escape_closes_them(visit):
    ListingFactory(trl=4)
    page = visit(None, "/technologies/", phone=True)
    for opener in (page.locator("summary", has_text="Menu"), page.locator("summary", has_text="Filters")):
        opener.focus()
        page.keyboard.press("Enter")
        drawer = "document.activeElement.closest('details[open][data-drawer]')"
        page.wait_for_function(f"() => {drawer}")
        for _stop in range(40):
            page.keyboard.press("Tab")
            assert page.evaluate(f"Boolean({drawer})")
        page.keyboard.press("Escape")
        assert opener.evaluate("e => e === document.activeElement && !e.parentElement.open")
    settled(page)


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_menu_of_an_institute_stays_in_one_row(visit, width):
    office = MembershipFactory(institute=True, manager=True, user__name="Minho Kim, technology transfer")
    page = visit(office.user, "/needs/")
    page.set_viewport_size({"width": width, "height": 900})
    tops = [link.bounding_box()["y"] for link in page.locator(".main-nav > ul > li").all()]
    assert len(tops) == 5
    assert len(set(tops)) == 1
    page.get_by_role("navigation", name="Main menu").get_by_text("More").click()
    page.get_by_role("link", name="R&D projects").click()
    expect(page).to_have_url(re.compile("/projects/$"))


def gap(page, above, below):
    upper, lower = page.locator(above).first.bounding_box(), page.locator(below).first.bounding_box()
    return lower["y"] - upper["y"] - upper["height"]


def test_what_belongs_to_a_card_or_follows_a_field_does_not_touch_it(visit):
    firm = MembershipFactory(company=True)
    need = NeedFactory(organization=firm.organization)
    NeedMatchFactory(need=need)
    page = visit(firm.user, f"/needs/{need.public_id}/matches/")
    assert gap(page, ".listing-card", ".listing-card + *") >= 8
    page.goto("/needs/new/")
    assert gap(page, ".field:has([name=st_class])", ".grid-2") >= 16
