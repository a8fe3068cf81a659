import pytest
from django.db.models import CharField, F, Func

from tech_listings.enums import PRICE_BOUNDS, PriceBand
from tech_listings.models import Listing
from tech_listings.querysets import price_band_sql
from tech_listings.search.language import understand
from tech_listings.search.narrowing import matching
from tech_listings.search.terms import terms_in
from tests.factories.tech_listings import ListingFactory, patent


def found(text):
    return set(matching(Listing.objects.published(), text).values_list("title_ko", flat=True))


@pytest.fixture
def hydrogen():
    ListingFactory(title_ko="수소를 저장하는 합금", title_en="Alloy", summary_ko="탱크에 담는다.")
    ListingFactory(title_ko="수소차 충전 장치", title_en="Charger", summary_ko="짧은 시간에 채운다.")
    ListingFactory(title_ko="이차전지 양극재", title_en="Battery cathodes", summary_ko="용량이 크다.")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("수소", {"수소를 저장하는 합금", "수소차 충전 장치"}),
        ("수소를", {"수소를 저장하는 합금", "수소차 충전 장치"}),
        ("수소 충전", {"수소차 충전 장치"}),
        ("차", {"수소차 충전 장치", "이차전지 양극재"}),
        ("저장하다", {"수소를 저장하는 합금"}),
        ("battery", {"이차전지 양극재"}),
        ("BATTERIES", {"이차전지 양극재"}),
        ("cathode", {"이차전지 양극재"}),
        ("우주선", set()),
        ("!!! ···", set()),
    ],
)
def test_a_word_is_found_in_whatever_form_it_stands(hydrogen, text, titles):
    assert found(text) == titles


def test_decomposed_and_full_width_input_means_the_same(hydrogen):
    import unicodedata

    assert found(unicodedata.normalize("NFD", "수소")) == found("수소")
    assert found("ｂａｔｔｅｒｙ") == found("battery")


def test_chinese_words_are_found():
    ListingFactory(title_ko="수소 저장", title_zh="储氢合金及其制造方法")
    assert found("储氢") == {"수소 저장"}
    assert found("制造") == {"수소 저장"}
    assert found("电池") == set()


def test_numbers_are_found_in_the_notations_people_use():
    listing = ListingFactory(title_ko="번호", rights=[patent(86766)])
    for text in (listing.number, listing.number.lower(), "10-2023-0086766", "1020230086766"):
        assert found(text) == {"번호"}, text


def test_the_confidential_part_is_never_found():
    ListingFactory(title_ko="공개된 제목", confidential_text="카나리아값", confidential_reason="노하우")
    assert found("카나리아값") == set()
    assert "카나리아값" not in str(terms_in("공개된 제목"))


@pytest.mark.parametrize("text", ["'", "\\", "a' | 'b", "!수소 & (", ":*", "<->", "\x00", "수소:*", "-- ;"])
def test_signs_of_the_query_language_are_only_text(hydrogen, text):
    assert found(text) <= {"수소를 저장하는 합금", "수소차 충전 장치", "이차전지 양극재"}


def test_a_long_text_is_cut_not_refused(hydrogen):
    assert understand("수소 " * 5000, match="all").required.count("&") < 10
    assert found("없는단어 " * 3000) == set()


def test_terms_of_a_run_are_pairs_and_the_last_syllable():
    assert {"=수소", "=소차", "=차", "수소"} <= set(terms_in("수소차"))


def test_the_band_of_a_price_is_the_one_its_filter_finds():
    bounds = sorted({edge for low, high in PRICE_BOUNDS.values() for edge in (low, high) if edge is not None})
    prices = [None, *sorted({price for edge in bounds for price in (edge - 1, edge) if price >= 0})]
    made = {ListingFactory(price_won=price).pk: price for price in prices}
    rows = Listing.objects.annotate(
        band=Func(F("price_won"), template=price_band_sql("%(expressions)s"), output_field=CharField())
    )
    for pk, band in rows.values_list("pk", "band"):
        found = [b for b in PriceBand.values if Listing.objects.in_price_bands([b]).filter(pk=pk).exists()]
        assert found == [band], made[pk]
