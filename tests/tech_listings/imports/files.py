"""Files of our own making, in the shapes that offices and services send."""

import csv
import io

import openpyxl

HEADER = ["출원번호", "발명의 명칭", "출원인", "출원일자", "등록번호", "등록일자", "IPC", "초록", "상태"]
APPLICANT = "가온대학교 산학협력단"


def row(serial, **cells):
    """A registered patent with its own numbers; `cells` override by header."""
    given = {
        "출원번호": f"10-2019-{serial:07d}",
        "발명의 명칭": f"수소 저장 합금 {serial}호",
        "출원인": APPLICANT,
        "출원일자": "2019-02-03",
        "등록번호": f"10-{2_000_000 + serial}",
        "등록일자": "2021.4.5",
        "IPC": "C01B 3/00|H01M 8/04",
        "초록": f"압력 {serial}기압에서 수소를 저장하는 합금의 제조 방법에 관한 것이다.",
        "상태": "등록",
    }
    return [{**given, **cells}[name] for name in HEADER]


def as_csv(rows, *, encoding="utf-8", delimiter=",", header=HEADER, errors="strict"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue().encode(encoding, errors)


def as_xlsx(rows, *, header=HEADER):
    book = openpyxl.Workbook()
    for cells in [header, *rows]:
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
