"""A need in a sentence, in one's own language: the right technology stands first, and the page says why."""

import pytest
from django.utils import timezone

from tech_listings.services.embed import embed_due
from tech_listings.services.refresh_terms import refresh_terms
from tests.factories.accounts import OrganizationFactory
from tests.factories.tech_listings import ListingFactory
from tests.journeys.watch import settled

SHEET = {
    "ko": "전고체 이차전지용 고체 전해질 시트",
    "en": "Solid electrolyte sheet for lithium batteries",
    "zh": "固态电解质薄片",
}


@pytest.fixture(autouse=True)
def _technologies():
    holder = OrganizationFactory(institute=True)
    ListingFactory(
        holder=holder,
        **{f"title_{code}": title for code, title in SHEET.items()},
        summary_ko="리튬 이온이 지나는 얇은 고체막이다. 굽혀도 갈라지지 않는다.",
    )
    for title, summary in (
        ("콘크리트 균열을 메우는 미생물", "균열 속에서 방해석을 만든다."),
        ("수소 연료전지 분리판 코팅", "분리판의 부식을 막는다."),
        ("비닐하우스 양액을 되쓰는 살균 장치", "자외선으로 병원균을 줄인다."),
    ):
        ListingFactory(holder=holder, title_ko=title, title_en="", summary_ko=summary)
    while embed_due(at=timezone.now()):
        pass
    refresh_terms(at=timezone.now())


@pytest.mark.parametrize(
    ("locale", "sentence", "first"),
    [
        ("ko-KR", "전기차 전지에 쓸 얇고 갈라지지 않는 고체 전해질을 찾습니다", SHEET["ko"]),
        ("en-US", "we look for a thin solid electrolyte for the lithium battery of a car", SHEET["en"]),
        ("zh-CN", "我们寻找用于锂电池的固态电解质薄膜", SHEET["zh"]),
    ],
)
def test_a_sentence_finds_the_right_technology_first_and_says_why(visit, locale, sentence, first):
    page = visit(None, "/technologies/", locale=locale)
    box = page.locator("#id_q")
    box.fill(sentence)
    with page.expect_response("**/technologies/?**"):
        box.press("Enter")
    page.wait_for_url("**/technologies/?*q=*")
    settled(page)
    card = page.locator(".listing-card").first
    assert card.locator(".listing-card-title").inner_text() == first
    assert card.locator("mark").count() > 0
    # Copying the address gives the same.
    again = visit(None, page.url, locale=locale)
    assert again.locator(".listing-card-title").first.inner_text() == first


def test_what_only_means_the_same_is_said_to(visit):
    page = visit(None, "/technologies/?q=greenhouse+nutrient+solution+sterilisation")
    card = page.locator(".listing-card", has_text="비닐하우스 양액을 되쓰는 살균 장치")
    assert "Similar meaning" in card.locator(".listing-card-why").inner_text()


def test_all_words_order_and_table_are_kept_in_the_address_on_a_phone(visit):
    page = visit(None, "/technologies/?q=고체 시트", phone=True)
    with page.expect_response("**/technologies/?**"):
        page.get_by_role("radio", name="All of the words").check(force=True)
    settled(page)
    assert "match=all" in page.url
    with page.expect_response("**/technologies/?**"):
        page.locator("select[name=sort]").select_option("newest")
    settled(page)
    assert "sort=newest" in page.url
    assert page.locator(".listing-card").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
