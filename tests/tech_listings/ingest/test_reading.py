import csv
import datetime
import io
import json
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tech_listings.ingest.mapping import BadMapping, ColumnMapping, from_json, guess
from tech_listings.ingest.problems import FILE_WORDINGS, ROW_WORDINGS, FileProblem
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.records import RecordReader
from tech_listings.ingest.tables import Format

HEADER = ["출원번호", "발명의 명칭", "출원인", "출원일자", "IPC", "초록", "상태"]
OFFICE, LAB = "가람대학교 산학협력단", "한빛연구원"
CATALYST = '백금 담지량을 절반으로 줄이면서 수명을 늘린, "다공성" 촉매에 관한 것이다.\n내구 시험에서 확인하였다.'
ROWS = [
    ["10-2019-0012345", "수소 연료전지용 촉매", OFFICE, "2019-02-03", "H01M 4/90|B01J 23/42", CATALYST, "등록"],
    [
        "10-2020-0023456",
        "용접 결함 검사 장치",
        LAB,
        "2020.3.4",
        "G06T 7/00; B23K 31/12",
        "영상으로 결함을 찾는다.",
        "공개",
    ],
    ["20-2021-0003456", "접이식 사다리", OFFICE, "2021년 5월 6일", "E06C 1/383", "발판이 미끄러지지 않는다.", "출원"],
]


def as_csv(rows, *, encoding="utf-8", delimiter=",", header=HEADER):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(rows, *, header=HEADER, above=()):
    book = openpyxl.Workbook()
    for row in [*above, header, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data, **options):
    table = open_table(data, **options)
    return table, list(table.rows())


def records(data, **options):
    table, rows = read(data, **options)
    reader = RecordReader(guess(table.columns), table.columns)
    return [reader.read(row) for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"])
def test_encoding_and_delimiter_are_found(encoding, delimiter):
    rows = [[c.replace("|", ";") if delimiter == "|" else c for c in row] for row in ROWS]

    table, read_rows = read(as_csv(rows, encoding=encoding, delimiter=delimiter))

    assert [c.name for c in table.columns] == HEADER
    assert [list(r.cells) for r in read_rows] == rows
    assert table.delimiter == delimiter
    assert [r.number for r in read_rows] == [2, 3, 4]


def test_cp949_beyond_euc_kr():
    table, rows = read(
        as_csv([["10-2019-0012345", "똠방각하 펲시콜라", "가람대학교", "20190203", "", "", ""]], encoding="cp949")
    )

    assert table.encoding == "cp949"
    assert rows[0].cells[1] == "똠방각하 펲시콜라"


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=3, max_size=60))
def test_any_hangul_survives_cp949(text):
    _, rows = read(as_csv([["10-2019-0012345", text, "", "", "", "", ""]], encoding="cp949"))

    assert rows[0].cells[1] == text


def test_all_formats_give_the_same_records():
    as_json = json.dumps(
        {"total": 3, "items": [dict(zip(HEADER, row, strict=True)) for row in ROWS]}, ensure_ascii=False
    )
    lines = "\n".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in ROWS)
    files = (
        as_csv(ROWS),
        as_csv(ROWS, encoding="utf-16", delimiter="\t"),
        as_xlsx(ROWS),
        as_json.encode(),
        lines.encode(),
    )

    found = [
        [(r.key, r.raw_hash, r.title or r.invention_title, r.ipc, r.application_date) for r, _ in records(f)]
        for f in files
    ]

    assert len(found[0]) == 3
    assert all(f == found[0] for f in found)


def test_typed_workbook_cells():
    typed = [
        [
            1020190012345,
            "촉매",
            "가람대학교",
            datetime.datetime(2019, 2, 3),  # noqa: DTZ001
            "H01M 4/90",
            None,
            "등록",
        ]
    ]

    [(record, _)] = records(as_xlsx(typed))

    assert record.application_number == "1020190012345"
    assert record.application_date == datetime.date(2019, 2, 3)


def test_header_below_titles_with_line_breaks_and_repeats():
    header = ["출원\n번호", "발명의\r\n명칭", "출원인", "출원인", "", "출원일자"]
    above = [["2024년 보유 특허 목록"], [], ["작성: 지식재산팀"]]

    table, rows = read(
        as_xlsx([["10-2019-0012345", "촉매", "가람대학교", "한빛연구원", "x", "20190203"]], header=header, above=above)
    )

    assert [c.name for c in table.columns] == ["출원번호", "발명의명칭", "출원인", "출원인 (2)", "#5", "출원일자"]
    assert table.header_row == 4
    assert rows[0].number == 5


def test_empty_columns_at_the_end_are_no_columns():
    table, rows = read(as_csv([[*row, "", ""] for row in ROWS], header=[*HEADER, "", ""]))

    assert len(table.columns) == len(HEADER)
    assert all(r.problem is None for r in rows)


def test_the_two_header_rows_of_the_field_dictionary():
    codes = ["NTB_A_F_001", "NTB_A_F_014", "NTB_A_F_039", "NTB_A_F_050"]
    meanings = ["판매기술코드", "기술명", "특허출원번호", "IPC"]
    data = as_csv([meanings, ["S2024000001", "촉매", "10-2019-0012345", "H01M 4/90"]], header=codes)

    [(record, problems)] = records(data)

    assert problems == []
    assert (record.key, record.title, record.application_number) == ("id:S2024000001", "촉매", "1020190012345")


def test_rows_cut_short_or_too_long_are_refused():
    text = as_csv(ROWS).decode() + "10-2022-0000001,짧은 줄\r\n" + ",".join(["10-2022-0000002", *["x"] * 8]) + "\r\n"

    _, rows = read(text.encode())

    assert [r.problem.code for r in rows if r.problem] == ["row_cut_short", "row_too_long"]
    assert rows[3].problem.row == 5
    assert "2" in rows[3].problem.why


@pytest.mark.parametrize("word", ["합계", "총 계", "Total", "소계:", "계"])
def test_totals_are_left_out_and_named(word):
    table, rows = read(as_csv([*ROWS, [word, "3", "", "", "", "", ""], [word, "3"]]))
    reader = RecordReader(guess(table.columns), table.columns)

    assert len(rows) == 3
    assert [n.code for n in table.notes] == ["total_row", "total_row"]
    assert all(reader.read(r)[0] for r in rows)


def test_nul_and_huge_cells_are_refused_by_name():
    _, rows = read(as_csv([[*ROWS[0][:5], "가\x00나", "등록"], [*ROWS[1][:5], "가" * 100_001, "공개"], ROWS[2]]))

    assert [(r.problem.code, r.problem.field) for r in rows if r.problem] == [
        ("nul_character", "초록"),
        ("huge_cell", "초록"),
    ]


def test_a_damaged_byte_refuses_its_row_only():
    data = as_csv(ROWS * 30).replace("영상으로".encode(), b"\xec\x98\xff", 1)

    _, rows = read(data)

    assert [r.problem.code for r in rows if r.problem] == ["unreadable_characters"]


def test_a_replacement_character_of_the_source_itself_is_a_warning():
    table, rows = read(as_csv([[*ROWS[0][:5], "온도 \ufffd 20", "등록"]]))

    assert rows[0].problem is None
    assert [(n.code, n.warning) for n in table.notes] == [("unreadable_characters", True)]


def test_a_bad_json_line_is_a_row_problem():
    data = b'{"id": "1", "title": "x"}\nnot json\n\n[1]\n{"id": "2", "title": "y"}\n'

    table, rows = read(data)

    assert [(r.number, r.problem and r.problem.code) for r in rows] == [
        (1, None),
        (2, "bad_json"),
        (4, "bad_json"),
        (5, None),
    ]
    assert table.blank_rows == 1


KIPRIS = """<?xml version="1.0" encoding="{encoding}"?><response><header><resultCode>{code}</resultCode>
<resultMsg>{message}</resultMsg></header><body><items>{items}</items></body></response>"""
ITEM = """<PatentUtilityInfo><Applicant>가람대학교</Applicant><ApplicationNumber>1020190012345</ApplicationNumber>
<InventionName>수소 촉매</InventionName><RegistrationStatus>등록</RegistrationStatus></PatentUtilityInfo>"""


@pytest.mark.parametrize("encoding", ["utf-8", "euc-kr"])
def test_kipris_answers(encoding):
    data = KIPRIS.format(encoding=encoding, code="", message="", items=ITEM).encode(encoding)

    [(record, problems)] = records(data)

    assert (record.key, record.invention_title, problems) == ("a:1020190012345", "수소 촉매", [])


def zip_of(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


BILLION = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><response><items>&b;</items></response>'
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><response><items><item><a>&f;</a></item></items></response>'
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n ,,\n", "empty_file"),
        (b"%PDF-1.7 ...", "not_a_table"),
        (b"\x89PNG\r\n", "not_a_table"),
        (b"<!DOCTYPE html><html></html>", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old_excel"),
        (b"PK\x03\x04 broken", "broken_workbook"),
        (zip_of(**{"word/document.xml": "x"}), "archive"),
        (zip_of(**{"xl/workbook.xml": "x", "xl/bomb.xml": b"\0" * 50_000_000}), "zip_bomb"),
        (zip_of(**{"xl/workbook.xml": "<workbook/>"}), "broken_workbook"),
        (b"<response><items><item><a>1</a>", "broken_xml"),
        (b"<response><items/></response>", "no_items"),
        (BILLION.encode(), "forbidden_xml"),
        (EXTERNAL.encode(), "forbidden_xml"),
        (KIPRIS.format(encoding="utf-8", code="30", message="KEY", items="").encode(), "service_error"),
        (b'[{"id": 1}', "broken_json"),
        (b"[1, 2]", "json_without_rows"),
        (b"[" * 100_000, "broken_json"),
        (bytes(range(128, 256)) * 20, "unknown_encoding"),
    ],
)
def test_files_that_cannot_be_taken_say_what_to_do(data, code):
    with pytest.raises(FileProblem) as caught:
        read(data, name="목록.csv")

    assert caught.value.code == code
    assert caught.value.why
    assert caught.value.remedy


def test_a_quotation_mark_that_is_never_closed():
    with pytest.raises(FileProblem, check=lambda p: p.code == "quote_not_closed"):
        read(as_csv(ROWS) + b'10-2020-0000001,"open' + b"x,\n" * 400_000)


def test_the_chosen_format_must_fit():
    with pytest.raises(FileProblem, check=lambda p: p.code == "wrong_format"):
        read(as_csv(ROWS), format=Format.XLSX)


def test_every_wording_can_be_said():
    detail = dict.fromkeys(
        (
            "name",
            "kind",
            "have",
            "want",
            "line",
            "column",
            "value",
            "field",
            "key",
            "first",
            "lost",
            "number",
            "title",
            "most",
            "before",
            "now",
        ),
        "x",
    )
    for wording in [*ROW_WORDINGS.values(), *FILE_WORDINGS.values()]:
        assert str(wording.why) % detail
        assert str(wording.remedy) % detail


def test_a_column_is_found_by_its_values():
    table, _ = read(as_csv([["10-2019-0012345", "수소 촉매", "H01M 4/90"]], header=["가", "기술명", "나"]))

    assert guess(table.columns).as_json() == {"title": "기술명", "application_number": "가", "ipc": "나"}


def test_what_was_chosen_by_hand_wins():
    table, _ = read(as_csv(ROWS))

    assert guess(table.columns, {"title": "출원인", "abstract": "없는 열"}).columns["title"] == "출원인"


def test_an_empty_column_gives_way_to_a_full_one_of_the_same_meaning():
    table, _ = read(
        as_csv([["", "5천만원", "x", "10-2019-0012345"]], header=["기술이전금액", "판매가격", "기술명", "출원번호"])
    )

    assert guess(table.columns).columns["price"] == "판매가격"


def test_a_mapping_must_have_a_name_and_a_number():
    table, _ = read(as_csv(ROWS))

    for columns in (
        {"title": "발명의 명칭"},
        {"application_number": "출원번호"},
        {"title": "없음", "application_number": "출원번호"},
        {"x": "상태"},
    ):
        with pytest.raises(BadMapping):
            ColumnMapping(columns).check(table.columns)
    with pytest.raises(BadMapping):
        from_json(["title"])


def test_every_problem_of_a_row_is_named():
    rows = [
        ["1.02E+12", "촉매", "가람대학교", "2019-13-01", "Z", "", "모름"],
        ["10-2020-0023456", "", "", "", "", "", ""],
    ]

    found = records(as_csv(rows))

    assert [[p.code for p in problems] for _, problems in found] == [
        ["spreadsheet_number", "bad_date", "bad_ipc", "bad_right_status"],
        ["required"],
    ]
    assert found[0][1][0].field == "출원번호"
    assert found[0][1][0].value == "1.02E+12"


def test_a_security_project_is_refused():
    [(record, problems)] = records(
        as_csv([["10-2019-0012345", "촉매", "Y"]], header=["출원번호", "기술명", "보안과제여부"])
    )

    assert record is None
    assert [p.code for p in problems] == ["security_project"]


def test_a_question_mark_inside_a_word_is_named_where_the_encoding_is_narrow():
    table, rows = read(
        as_csv([["10-2019-0012345", "촉매?제조", "", "", "", "왜 그런가? 그렇다.", ""]], encoding="cp949")
    )

    record, problems = RecordReader(guess(table.columns), table.columns, lossy=True).read(rows[0])

    assert record is not None
    assert [(p.code, p.field, p.warning) for p in problems] == [("possibly_lost_character", "발명의 명칭", True)]


def test_a_workbook_row_without_its_last_cells_is_looked_at_all_the_same():
    _, rows = read(as_xlsx([[*ROWS[0][:5], "가" * 30_000], [*ROWS[1][:4], "x" * 30_000, "y" * 32_000, "z"]]))

    assert [r.problem for r in rows] == [None, None]
    assert len(rows[0].cells) == len(HEADER)
