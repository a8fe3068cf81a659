"""A bank's statement: every way banks write it, what cannot be read, and the same line twice."""

import datetime
import io

import pytest
from openpyxl import Workbook

from royalties.ingest.bank import NotAStatement, read_statement, whole_won
from tech_listings.ingest.problems import BadValue, FileProblem

HEADER = "거래일시,적요,의뢰인/수취인,출금액,입금액,거래후잔액\n"
LINES = (
    '2026-11-02 10:11:12,타행이체,(주)푸른솔,,"11,000,000","21,000,000"\n'
    '2026-11-03 09:00:00,카드대금,카드사,"500,000",,"20,500,000"\n'
    '2026-11-04 15:30:00,I20260001,바른열,0,5500000,"26,000,000"\n'
)


TODAY = datetime.date(2026, 11, 20)


def lines_of(text, encoding="utf-8-sig"):
    return read_statement(text.encode(encoding), today=TODAY, name="statement.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_deposits_are_taken_and_withdrawals_counted(encoding):
    header = HEADER.replace("의뢰인/수취인", "의뢰인")
    found = lines_of(header + LINES, encoding)
    assert [(x.row, x.booked_on, x.amount_won, x.payer, x.memo) for x in found.lines] == [
        (2, datetime.date(2026, 11, 2), 11_000_000, "(주)푸른솔", "타행이체"),
        (4, datetime.date(2026, 11, 4), 5_500_000, "바른열", "I20260001"),
    ]
    assert (found.other_rows, found.problems) == (1, [])


def test_a_workbook_with_a_title_and_typed_cells():
    book = Workbook()
    sheet = book.active
    sheet.append(["거래내역 조회"])
    sheet.append(["거래일자", "내용", "입금액(원)", "출금액(원)", "잔액(원)", "거래점"])
    sheet.append([datetime.date(2026, 11, 2), "푸른솔", 11_000_000, None, 21_000_000, "본점"])
    sheet.append([datetime.date(2026, 11, 5), "푸른솔", 0, 300, 20_999_700, "본점"])
    file = io.BytesIO()
    book.save(file)
    found = read_statement(file.getvalue(), today=TODAY, name="statement.xlsx")
    assert [(x.booked_on, x.amount_won, x.payer) for x in found.lines] == [
        (datetime.date(2026, 11, 2), 11_000_000, "푸른솔")
    ]
    assert found.other_rows == 1


def test_what_cannot_be_read_names_row_and_cell():
    text = (
        "거래일,의뢰인,입금액\n2026-13-01,가,100\n2026-11-02,나,12.5\n,다,100\n2026-11-02,라,-100\n2026-11-02,마,백만\n"
        "2026-11-02,바,100\n"
    )
    found = lines_of(text)
    assert [(p.row, p.field, p.code) for p in found.problems] == [
        (2, "booked_on", "bad_date"),
        (3, "deposit", "bad_amount"),
        (4, "booked_on", "required"),
        (5, "deposit", "bad_amount"),
        (6, "deposit", "bad_amount"),
    ]
    assert [line.payer for line in found.lines] == ["바"]
    assert all(p.why and p.remedy for p in found.problems)


def test_a_day_to_come_is_a_mistake_of_its_row():
    """2062 typed for 2026 would be assigned by itself, and bear decades of interest."""
    text = "거래일,의뢰인,입금액\n2026-11-20,가,100\n2026-11-21,나,100\n2062-01-05,다,100\n"
    found = lines_of(text)
    assert [(p.row, p.field, p.code, p.value) for p in found.problems] == [
        (3, "booked_on", "day_to_come", "2026-11-21"),
        (4, "booked_on", "day_to_come", "2062-01-05"),
    ]
    assert [line.payer for line in found.lines] == ["가"]
    assert all(p.why and p.remedy for p in found.problems)


def test_a_file_without_the_columns_is_no_statement():
    for text in ("이름,나이\n가,1\n나,2\n", "거래일,의뢰인\n2026-11-02,가\n", "의뢰인,입금액\n가,100\n"):
        with pytest.raises(NotAStatement) as refused:
            lines_of(text)
        assert refused.value.field == "file"
    for content in (b"", b"%PDF-1.7 something"):
        with pytest.raises(FileProblem):
            read_statement(content, today=TODAY, name="x.pdf")


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr("royalties.ingest.bank.MOST_ROWS", 2)
    with pytest.raises(NotAStatement):
        lines_of("거래일,입금액\n" + "2026-11-02,1\n" * 3)


def test_two_equal_lines_of_a_day_are_two_and_the_same_in_the_next_file():
    text = "거래일,의뢰인,입금액\n2026-11-02,가,100\n2026-11-02,가,100\n2026-11-02,나,100\n"
    first, second = lines_of(text), lines_of(text + "2026-11-03,가,100\n")
    keys = [line.key for line in first.lines]
    assert len(set(keys)) == 3
    assert [line.key for line in second.lines][:3] == keys


@pytest.mark.parametrize(
    ("text", "won"),
    [("", 0), ("-", 0), ("0", 0), ("1,234원", 1_234), ("₩ 5", 5), ("１００", 100), ("100.00", 100), ("KRW 7", 7)],
)
def test_a_sum_is_whole_won(text, won):
    assert whole_won(text) == won


@pytest.mark.parametrize("text", ["1.5", "-1", "1e6", "천", "12,3x", str(10**13 + 1), "(100)"])
def test_what_is_no_sum_is_refused(text):
    with pytest.raises(BadValue):
        whole_won(text)
