"""Typing suggestions and “did you mean”: what they find, and what they never tell."""

import unicodedata

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from tech_listings.models import SearchWord
from tech_listings.search.words import did_you_mean, suggest
from tech_listings.services.edit import edit_listing
from tech_listings.services.publish import withdraw
from tech_listings.services.refresh_words import refresh_words
from tests.factories.accounts import MembershipFactory
from tests.factories.tech_listings import REGISTERED, ListingFactory

HOSTILE = [
    "", " ", "'", '"', "%", "%%", "_", "__", "\\", "\\\\", "수%", "수_", "수\\", "a' OR 1=1 --", "\x00", "수\x00소",
    "\ud800", "수\udfff소", "🔋🔋", "수소🔋", "\u3164\u3164", "수소 " * 3000, "가" * 10_000, "x" * 101, "수" * 100,
    ":*", "ipc:", "ipc:H0", "-수소", "((((", '"수소', "a & b | !c", "ﷺ" * 90, "ß" * 100, "İİİ", "\u0301\u0301",
    "<script>alert(1)</script>", "{{ 7*7 }}",
]  # fmt: skip


def refresh():
    return refresh_words(at=timezone.now())


def texts(typed, kind="word", language="ko"):
    return [s.text for s in suggest(typed, language=language) if s.kind == kind]


# --- suggestions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["수", "수ㅅ", "숫", "ㅅㅜㅅㅗ", unicodedata.normalize("NFD", "숫"), "ㅅㅜㅅ"])
def test_half_typed_hangul_finds_its_word(hydrogen, typed):
    assert "수소" in texts(typed)


def test_initials_find_their_word(hydrogen):
    assert {"수소", "수소 저장"} <= set(texts("ㅅㅅ"))


def test_the_most_frequent_comes_first_and_words_with_it_inside_last(hydrogen):
    ListingFactory(title_ko="전지 전지판", title_en="", keywords=["전지"])
    refresh()
    found = texts("전ㅈ")
    assert found[0] == "전지"
    assert "연료전지" in texts("전지")


def test_words_of_several_words_are_completed_from_their_middle(hydrogen):
    assert texts("solid ele") == ["solid electrolyte"]
    assert texts("new solid ele", language="en") == ["new solid electrolyte"]


def test_only_the_last_word_is_completed_the_rest_is_kept(hydrogen):
    assert "합금 수소" in texts("합금 수ㅅ")
    assert texts("-배터리 oL") == ["-배터리 OLED"]
    assert '"OLED' in texts('"ole')
    assert "수소 -OLED" in texts("수소 -ole")


def test_chinese_and_short_beginnings(hydrogen):
    assert texts("储") == ["储氢"]
    assert suggest("ㅅ", language="ko") == []
    assert suggest("o", language="ko") == []


def test_titles_have_all_that_is_typed_newest_first(hydrogen):
    newer = ListingFactory(title_ko="수소 저장 탱크", registered_at=REGISTERED.replace(month=5))
    refresh()
    assert texts("저장 수ㅅ", "title") == ["수소 저장 탱크", "수소를 저장하는 합금"]
    assert [s.code for s in suggest("탱크", language="ko") if s.kind == "title"] == [newer.number]
    assert texts("hydro", "title", "en") == ["Hydrogen storage alloy"]


def test_titles_need_no_word_that_is_left_out_and_no_sign_of_the_question(hydrogen):
    for typed in ("-배터리 합금", '"저장하는" 합ㄱ', "ipc:H01M 합금", "수소 AND 합금"):
        assert texts(typed, "title") == ["수소를 저장하는 합금"], typed


def test_two_words_find_titles_behind_the_newest_of_each_word(monkeypatch):
    """Both words are frequent, and none of their newest listings has both."""
    ListingFactory(title_ko="수소 충전 노즐")
    for _ in range(9):
        ListingFactory(title_ko="수소 합금")
        ListingFactory(title_ko="충전 소켓")
    refresh()
    assert texts("수소 충ㅈ", "title") == ["수소 충전 노즐"]


def test_classes_by_code_and_by_title(hydrogen):
    call_command("load_codes", verbosity=0)
    found = [s for s in suggest("수소 h01m", language="en") if s.kind == "class"]
    assert [(s.parameter, s.code, s.query) for s in found] == [("ipc", "H01M", "수소")]
    assert found[0].text.startswith("H01M ")
    assert [s.code for s in suggest("h01", language="en")] == [
        "H01",
        "H01B",
        "H01C",
        "H01F",
        "H01G",
        "H01H",
        "H01J",
        "H01K",
    ]
    assert any(s.kind == "class" and s.parameter == "st" for s in suggest("재료", language="ko"))
    assert [s.code for s in suggest("ipc:H01M", language="ko")] == ["H01M"]
    assert suggest("holder:가온", language="ko") == []


def test_there_are_at_most_eight():
    call_command("load_codes", verbosity=0)
    for number in range(20):
        ListingFactory(title_ko=f"재료 {number}", keywords=[f"재료 갑{number}"])
    refresh()
    found = suggest("재료", language="ko")
    assert len(found) == 8
    assert {s.kind for s in found} == {"word", "title", "class"}


def test_the_number_of_questions_does_not_grow(hydrogen):
    def questions(typed):
        with CaptureQueriesContext(connection) as asked:
            suggest(typed, language="ko")
        return len(asked)

    suggest("수소", language="ko")
    few = questions("수소"), questions("수소 저ㅈ")
    for number in range(25):
        ListingFactory(title_ko=f"수소 저장 {number}", keywords=[f"수소 {number}호"])
    refresh()
    many = questions("수소"), questions("수소 저ㅈ")
    assert many[0] <= few[0] <= 4
    assert many[1] <= few[1] <= 12


# --- what is never told (lessons F22) ---------------------------------------------------------------------------------


def everything_said(client, typed):
    page = client.get("/technologies/suggest/", {"q": typed})
    program = client.get("/api/v1/suggestions/", {"q": typed})
    assert (page.status_code, program.status_code) == (200, 200)
    return page.content.decode() + program.content.decode() + str(did_you_mean(typed + "x"))


def test_nothing_hidden_is_suggested_to_anybody(client):
    institute = MembershipFactory(institute=True, role=Role.MANAGER)
    ListingFactory(draft=True, holder=institute.organization, title_ko="카나리아", keywords=["kanarienvogel zeisig"])
    ListingFactory(withdrawn=True, title_ko="카나리아", keywords=["kanarienvogel zeisig"])
    ListingFactory(confidential_text="카나리아 kanarienvogel zeisig", confidential_reason="know-how")
    refresh()
    for user in (None, institute.user):
        if user:
            client.force_login(user)
        for typed in ("카나", "ㅋㄴㄹㅇ", "kanarien", "kanarienvogel zei", "zeisi"):
            said = everything_said(client, typed)
            assert "카나리아" not in said
            assert "zeisig" not in said
            assert "kanarienvogel" not in said.replace(typed, "")


def test_what_was_withdrawn_after_the_last_refresh_is_not_suggested(client):
    manager = MembershipFactory(institute=True, role=Role.MANAGER)
    listing = ListingFactory(holder=manager.organization, title_ko="카나리아 둥지", keywords=["kanarienvogel zeisig"])
    ListingFactory(title_ko="카나 나리 리아")
    refresh()
    assert "카나리아" in everything_said(client, "카나리")

    withdraw(listing=listing, reason="Licensed to a firm", by=manager.user, at=timezone.now())

    assert SearchWord.objects.filter(word="카나리아").exists()
    for typed in ("카나", "카나리", "ㅋㄴㄹㅇ", "kanarienv", "kanarienvogel zei"):
        assert "카나리아" not in everything_said(client, typed)
        assert "zeisig" not in everything_said(client, typed)
    assert did_you_mean("kanarienvogle") is None


def test_what_was_edited_out_after_the_last_refresh_is_not_suggested(client):
    manager = MembershipFactory(institute=True, role=Role.MANAGER)
    listing = ListingFactory(holder=manager.organization, title_ko="카나리아 둥지", title_en="Nest")
    refresh()
    edit_listing(
        listing=listing,
        content={"title_ko": "둥지"},
        rights=None,
        seen_revision=listing.revision,
        by=manager.user,
        at=timezone.now(),
    )
    assert "카나리아" not in everything_said(client, "카나리")
    assert "둥지" in everything_said(client, "둥ㅈ")


def test_a_word_that_others_still_have_stays(client):
    manager = MembershipFactory(institute=True, role=Role.MANAGER)
    first = ListingFactory(holder=manager.organization, title_ko="카나리아 둥지")
    ListingFactory(title_ko="카나리아 모이")
    refresh()
    withdraw(listing=first, reason="Licensed to a firm", by=manager.user, at=timezone.now())
    said = everything_said(client, "카나리")
    assert "카나리아" in said
    assert "둥지" not in said


# --- did you mean -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("수쇼", "수소"),
        ("batery", "battery"),
        ("battrey", "battery"),
        ("tnth", "수소"),
        ("TNTH", "수소"),
        ("ㅠㅁㅅㅅㄷ교", "battery"),
        ("수쇼 저장", "수소 저장"),
        ("수쇼를 저장", "수소를 저장"),
        ("연료전쥐", "연료전지"),
        ('"batery"', '"battery"'),
        ("수소", None),
        ("수소는", None),
        ("저장하다", None),
        ("battery", None),
        ("완전히다른말", None),
        ("수쇼 완전히다른말", None),
        ("-수쇼", None),
        ("ipc:H01X", None),
        ("10-2023-0086766", None),
    ],
)
def test_did_you_mean(typed, meant):
    ListingFactory(title_ko="수소를 저장하는 합금", title_en="Hydrogen storage", keywords=["수소", "저장"])
    ListingFactory(title_ko="연료전지 분리판", title_en="Separator", keywords=["battery"])
    refresh()
    assert did_you_mean(typed) == meant


def test_a_word_that_only_a_summary_has_is_not_corrected(hydrogen):
    ListingFactory(title_ko="탱크", summary_ko="수쇼라는 말이 있다.")
    refresh()
    assert did_you_mean("수쇼") is None


def test_of_two_as_near_the_more_frequent_is_meant():
    ListingFactory(keywords=["cathode"])
    for _ in range(3):
        ListingFactory(keywords=["cathoda"])
    refresh()
    assert did_you_mean("cathodx") == "cathoda"


# --- at the door ------------------------------------------------------------------------------------------------------


def test_the_answer_may_be_kept_a_moment_by_the_browser_only(client, hydrogen):
    for address in ("/technologies/suggest/", "/api/v1/suggestions/"):
        answer = client.get(address, {"q": "수ㅅ"})
        assert set(answer["Cache-Control"].split(", ")) == {"private", "max-age=60"}
        assert "수소" in answer.content.decode()
        assert client.post(address, {"q": "수"}).status_code in {403, 405}


def test_the_api_says_the_same_as_the_page(client, hydrogen):
    found = client.get("/api/v1/suggestions/", {"q": "oL"}).json()
    assert (
        found == {"results": [{"kind": "word", "text": "OLED", "query": "OLED", "parameter": "", "code": ""}]} | found
    )
    assert client.get("/api/v1/suggestions/", {"quarry": "x"}).status_code == 400


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_breaks_it(client, hydrogen, typed):
    suggest(typed, language="ko")
    did_you_mean(typed)
    sent = typed.encode("utf-8", "replace").decode()
    for address in ("/technologies/suggest/", "/api/v1/suggestions/"):
        answer = client.get(address, {"q": sent})
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode()
    assert client.get("/technologies/suggest/?q=%ED%A0%80%00%FF").status_code == 200


def test_signs_of_the_database_are_only_text(hydrogen):
    assert texts("수%") == []
    assert texts("__") == []


def test_what_is_shown_is_escaped(client):
    ListingFactory(title_ko="공격 <b>굵게</b>", title_en="", keywords=['공격 "<i>'])
    refresh()
    body = client.get("/technologies/suggest/", {"q": "공격"}).content.decode()
    assert "<i>" not in body
    assert "<b>" not in body
    assert "&lt;b&gt;" in body
