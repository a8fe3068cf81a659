import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.text import tidy
from tech_listings.enums import DealKind, RightStatus
from tech_listings.ingest import values, words
from tech_listings.ingest.patent_numbers import application_number, registration_number
from tech_listings.ingest.problems import ROW_WORDINGS, BadValue
from tech_listings.ingest.records import clean_text, is_same_but_for_encoding, language_of

days = st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2100, 12, 31))
serials = st.integers(min_value=1, max_value=9_999_999)
years = st.integers(min_value=1947, max_value=2099)
kinds = st.sampled_from(["10", "20", "30"])


@given(days)
def test_five_notations_name_the_same_day(day):
    y, m, d = day.year, day.month, day.day
    notations = (
        f"{y:04}{m:02}{d:02}",
        f"{y:04}-{m:02}-{d:02}",
        f"{y:04}.{m:02}.{d:02}",
        f"{y}. {m}. {d}.",
        f"{y}.{m}.{d}",
        f"{y}/{m:02}/{d:02}",
        f"{y}년 {m}월 {d}일",
        f"{y}년{m:02}월{d:02}일",
        f"{day.isoformat()} 00:00:00",
        f"{day.isoformat()}T09:30:00Z",
        f" {day.isoformat()} ",
    )
    assert {values.date(n) for n in notations} == {day}


@pytest.mark.parametrize("text", ["", "-", "없음", "00000000", "0000-00-00", "N/A"])
def test_no_day(text):
    assert values.date(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("20231301", "bad_date"),
        ("2023-02-30", "bad_date"),
        ("01/10/2023", "bad_date"),
        ("23.1.10", "bad_date"),
        ("2023-01.10", "bad_date"),
        ("99990101", "bad_date"),
        ("2023", "bad_date"),
        ("44936", "excel_day_number"),
    ],
)
def test_a_day_is_not_guessed(text, code):
    with pytest.raises(BadValue, check=lambda bad: bad.code == code):
        values.date(text)


@given(kinds, years, serials)
def test_application_number_in_every_notation(kind, year, serial):
    want = f"{kind}{year}{serial:07}"
    dashed = f"{kind}-{year}-{serial:07}"
    full_width = dashed.translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    for text in (
        want,
        dashed,
        f"제{dashed}호",
        f"제 {dashed} 호",
        f"KR{want}",
        f"KR {dashed} A",
        full_width,
        f"특허출원 제{dashed}호",
    ):
        assert application_number(text) == want


@given(kinds, serials)
def test_registration_number_in_every_notation(kind, serial):
    want = f"{kind}{serial:07}0000"
    for text in (
        want,
        f"{kind}-{serial:07}",
        f"제{kind}-{serial:07}호",
        f"{kind}{serial:07}",
        f"{kind}-{serial:07}-0000",
        f"KR{kind}{serial:07}B1",
    ):
        assert registration_number(text) == want


def test_foreign_and_pct_numbers_keep_their_country():
    assert application_number("PCT/KR2020/000001") == "PCT/KR2020/000001"
    assert application_number("PCT/KR20/00001") == "PCT/KR2020/000001"
    assert application_number("US 17/123,456") == "US17/123,456"
    assert registration_number("EP1234567B1") == "EP1234567B1"


@pytest.mark.parametrize("text", ["1.02E+12", "1.02012E+12", "1.02e12", " 1.02E+12 ", "1E+12", "1020000000000"])
def test_a_number_a_spreadsheet_shortened_is_refused_by_name(text):
    with pytest.raises(BadValue, check=lambda bad: bad.code == "spreadsheet_number"):
        application_number(text)


@pytest.mark.parametrize(
    "text",
    ["2012-0086766", "10-2012-86766", "10201200867661", "10-1170801", "abc", "40-2012-0086766", "10-20١٢-0086766"],
)
def test_other_application_numbers_are_refused(text):
    with pytest.raises(BadValue, check=lambda bad: bad.code == "bad_application_number"):
        application_number(text)


@pytest.mark.parametrize("text", ["10-2012-0086766", "1170801", "1011708010001", "10-117080"])
def test_other_registration_numbers_are_refused(text):
    with pytest.raises(BadValue, check=lambda bad: bad.code == "bad_registration_number"):
        registration_number(text)


def refusal(parse, text):
    try:
        parse(text)
    except BadValue as bad:
        return bad.code
    return None


@given(st.text(max_size=40))
def test_any_text_gives_a_value_or_a_known_refusal(text):
    parsers = (values.date, values.ipc_codes, values.trl, values.price, values.words, values.yes_no)
    for parse in (*parsers, application_number, registration_number, words.right_status, words.deal_kinds):
        assert refusal(parse, text) in {None, *ROW_WORDINGS}


@given(
    st.integers(1, 9999), st.from_regex(r"[0-9]{2,6}", fullmatch=True), st.sampled_from(["|", ", ", ";", "\n", " | "])
)
def test_ipc_lists(group, subgroup, mark):
    text = mark.join(
        [f"G06Q{group}/{subgroup}", f"h01m {group:04d}/{subgroup}", f"G06Q {group}/{subgroup}", "A61K (2006.01)"]
    )
    assert values.ipc_codes(text) == (f"G06Q {group}/{subgroup}", f"H01M {group}/{subgroup}", "A61K")


@pytest.mark.parametrize("wrong", ["Z99", "G٠٦Q 50/18", "G٠٦Q"])
def test_ipc_that_is_none(wrong):
    with pytest.raises(BadValue, check=lambda bad: bad.part == wrong):
        values.ipc_codes(f"G06Q 50/18|{wrong}")


@pytest.mark.parametrize(
    ("text", "won"),
    [
        ("50,000,000", 50_000_000), ("50000000원", 50_000_000), ("5천만원", 50_000_000), ("5,000만 원", 50_000_000),
        ("1억 5천만원", 150_000_000), ("1.5억", 150_000_000), ("50백만원", 50_000_000), ("₩1,000", 1000),
        ("3만5천원", 35_000), ("무상", 0), ("0", 0), ("", None), ("협의", None), ("２천만원", 20_000_000),
    ],
)  # fmt: skip
def test_won(text, won):
    assert values.price(text).won == won


@pytest.mark.parametrize("text", ["비쌈", "5천만원~1억", "1.00005", "1e9", "만5억"])
def test_amounts_that_are_refused(text):
    with pytest.raises(BadValue):
        values.price(text)


def test_trl():
    assert [values.trl(t) for t in ("4", "TRL 4", "trl4", "4단계", "TRL-4", "")] == [4, 4, 4, 4, 4, None]
    for text in ("0", "10", "4~6", "TRL 4-5"):
        with pytest.raises(BadValue):
            values.trl(text)


def test_keywords_of_nothing():
    assert values.words("., , , ,") == ()
    assert values.words("수소, 연료전지;수소| 촉매") == ("수소", "연료전지", "촉매")


def test_words_give_codes_that_exist():
    assert set(words.RIGHT_STATUS) <= set(RightStatus.values)
    assert set(words.DEAL_KINDS) <= set(DealKind.values)
    assert words.right_status("소멸(연차료불납)") == RightStatus.EXPIRED
    assert words.deal_kinds("통상실시권, 기술 지도 / 양도") == (
        "non_exclusive_licence",
        "technical_guidance",
        "assignment",
    )


@given(st.text(max_size=200))
def test_clean_text_stores_what_tidy_stores(text):
    assert clean_text(text) == clean_text(clean_text(text))
    if "\n" not in text and text.isprintable():
        assert clean_text(text) == tidy(text)


def test_decomposed_hangul_is_composed():
    assert clean_text("\u1112\u1161\u11ab 글") == "한 글"


def test_languages():
    assert [language_of(t) for t in ("수소 stack", "Hydrogen é", "氢燃料电池", "氢 한")] == ["ko", "en", "zh", "ko"]


def test_what_an_encoding_cannot_hold_is_named():
    assert is_same_but_for_encoding("온도 ?20도", "온도 −20도", "cp949") == "−"
    assert is_same_but_for_encoding("온도 ?30도", "온도 −20도", "cp949") == ""
    assert is_same_but_for_encoding("온도 −20도", "온도 −20도", "cp949") == ""
