"""What people type is understood, and nothing they can type is an error."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tech_listings.models import Listing
from tech_listings.search.language import ALL, ANY, MAX_QUESTION, understand
from tech_listings.search.ranking import find
from tests.factories.tech_listings import ListingFactory, SynonymGroupFactory


def words(question):
    return [unit.text for unit in question.units]


def test_words_phrases_exclusions_and_fields_are_told_apart():
    question = understand('수소 저장 "고체 전해질" -자동차 ipc:h01m10/0562 TRL:5..7 기관:"가온대학교" title:분리막')
    assert words(question) == ["수소", "저장"]
    assert question.phrases == ("고체 전해질",)
    assert [unit.text for unit in question.without] == ["자동차"]
    assert question.ipc == ("H01M 10/0562",)
    assert question.levels == (5, 6, 7)
    assert question.holders == ("가온대학교",)
    assert question.titles == ("분리막",)
    assert question.match == ANY
    assert question.notes == ()


@pytest.mark.parametrize(
    ("typed", "levels"),
    [
        ("trl:5", (5,)),
        ("trl:7..9", (7, 8, 9)),
        ("trl:9..7", (7, 8, 9)),
        ("trl:..2", (1, 2)),
        ("trl:8..", (8, 9)),
        ("trl:3-4", (3, 4)),
        ("trl:3~4", (3, 4)),
        ("trl:0", ()),
        ("trl:10", ()),
        ("trl:high", ()),
        ("trl:..", ()),
    ],
)
def test_levels(typed, levels):
    question = understand(typed)
    assert question.levels == levels
    assert bool(question.notes) is not bool(levels)


@pytest.mark.parametrize(
    ("typed", "match"), [("a b", ANY), ("수소 AND 저장", ALL), ("수소 OR 저장", ANY), ("and or", ANY)]
)
def test_capitals_between_words_switch_the_match(typed, match):
    assert understand(typed).match == match


def test_the_switch_of_the_page_wins_over_nothing_but_silence():
    assert understand("수소 저장", match=ALL).match == ALL
    assert understand("수소 저장", match="nonsense").match == ANY


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        ("10-2020-0001234", "1020200001234"),
        ("10-1234567", "1012345670000"),
        ("20-0012345", "2000123450000"),
        ("1020200001234", "1020200001234"),
    ],
)
def test_numbers_of_patents_are_asked_for_as_the_register_has_them(typed, term):
    assert words(understand(f"특허 {typed}")) == ["특허", term]


def test_a_number_of_a_listing_is_that_listing():
    assert understand(" s2026000123 ").number == "S2026000123"
    assert understand("S2026000123 수소").number == ""


def test_decomposed_full_width_and_middle_dots_mean_the_same():
    plain = understand("수소·저장 battery")
    assert words(understand(unicodedata.normalize("NFD", "수소ㆍ저장 ｂａｔｔｅｒｙ"))) == words(plain)
    assert words(plain) == ["수소", "저장", "battery"]


def test_little_english_words_are_not_asked_for_unless_there_is_nothing_else():
    assert words(understand("what is the solid electrolyte for a battery")) == ["solid", "electrolyte", "battery"]
    assert words(understand("what is it")) == ["what", "is", "it"]


def test_a_pasted_text_is_only_text():
    text = '요약\n- 본 발명은 "전해질"에 관한 것이다.\n- ipc:H01M -수소' + " 이차전지" * 50
    question = understand(text)
    assert (question.phrases, question.without, question.ipc) == ((), (), ())
    assert "전해질" in " ".join(words(question))
    assert question.terms["전지"] == 50


def test_unknown_fields_and_broken_signs_are_words():
    assert words(understand('foo:bar "')) == ["foo", "bar"]
    assert words(understand("-")) == []
    assert words(understand('"" - -- "-"')) == []
    assert understand('"고체').phrases == ()
    assert understand('论广告的"全球化"与"本土化"').phrases == ()
    assert words(understand('전해질의 "계면"저항')) == ["전해질의", "계면", "저항"]


@given(st.text(max_size=400))
def test_nothing_that_can_be_typed_is_an_error(typed):
    question = understand(typed)
    assert len(question.units) <= 32
    assert isinstance(question.required, str)


def test_only_the_beginning_of_a_very_long_text_is_read():
    assert len(understand("가나다라 " * 100_000).words) <= 20_000


@pytest.fixture
def battery():
    return SynonymGroupFactory(words=["이차전지", "2차전지", "secondary battery"])


def test_synonyms_are_asked_for_too_and_can_be_switched_off(battery):
    question = understand("이차전지용 전해질")
    assert [(unit.text, unit.also) for unit in question.units] == [
        ("이차전지용", ("2차전지", "secondary battery")), ("전해질", ()),
    ]  # fmt: skip
    off = understand("이차전지용 전해질", without_groups=[str(battery.public_id)])
    assert [unit.also for unit in off.units] == [(), ()]


def test_a_synonym_of_two_words_is_one_unit(battery):
    question = understand("cheap secondary batteries", match=ALL)
    assert [unit.text for unit in question.units] == ["cheap", "secondary batteries"]
    ListingFactory(title_ko="cheap 이차전지")
    ListingFactory(title_ko="cheap secondary battery")
    ListingFactory(title_ko="cheap 연료전지")
    found = find(Listing.objects.published(), question)
    assert set(Listing.objects.filter(pk__in=found.ids).values_list("title_ko", flat=True)) == {
        "cheap 이차전지", "cheap secondary battery",
    }  # fmt: skip


def test_what_was_typed_counts_more_than_its_synonym(battery):
    ListingFactory(title_ko="secondary battery 시험")
    typed = ListingFactory(title_ko="이차전지 시험")
    assert find(Listing.objects.published(), understand("이차전지"), by_meaning=False).ids[0] == typed.pk


def test_letters_that_become_many_make_no_longer_question_and_no_error(client):
    """One ﷺ is eighteen letters of Arabic once it is normalised: 19,000 of them took minutes and ended in an error."""
    SynonymGroupFactory()
    typed = "ﷺ" * 19_000
    assert len(understand(typed).words) <= MAX_QUESTION
    assert client.get("/technologies/", {"q": typed}).status_code == 200
