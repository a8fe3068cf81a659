"""Files of projects and results in the shapes that offices and NTIS send."""

import csv
import io
import json

import openpyxl

PROJECT_HEADER = [
    "과제고유번호", "부처명", "사업명", "과제명", "주관기관", "연구책임자", "연구기간", "정부연구비", "총연구비",
    "보안등급",
]  # fmt: skip
RESULT_HEADER = ["과제고유번호", "성과유형", "발명의명칭", "출원번호", "등록번호", "연구과제기여율", "성과발생일"]


def project(serial, **cells):
    """A row of a project that runs to the end of 2026; `cells` override by header."""
    given = {
        "과제고유번호": f"RS-2024-{serial:08d}",
        "부처명": "과학기술정보통신부",
        "사업명": "소재 혁신",
        "과제명": f"수소 저장 소재 {serial}",
        "주관기관": "",
        "연구책임자": "김시험",
        "연구기간": "2024-01-01 ~ 2026-12-31",
        "정부연구비": "100,000,000",
        "총연구비": "1억 2천만원",
        "보안등급": "일반",
    }
    return [{**given, **cells}[name] for name in PROJECT_HEADER]


def result(serial, project=1, **cells):
    """A row of a patent of project `project`."""
    given = {
        "과제고유번호": f"RS-2024-{project:08d}",
        "성과유형": "특허",
        "발명의명칭": f"수소 저장 합금 {serial}호",
        "출원번호": f"10-2025-{serial:07d}",
        "등록번호": "",
        "연구과제기여율": "60",
        "성과발생일": "2026.6.1",
    }
    return [{**given, **cells}[name] for name in RESULT_HEADER]


def as_csv(rows, *, header, encoding="utf-8", delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(rows, *, header):
    book = openpyxl.Workbook()
    for cells in [header, *rows]:
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(rows, *, header):
    return json.dumps([dict(zip(header, row, strict=True)) for row in rows], ensure_ascii=False).encode()


def as_jsonl(rows, *, header):
    return "\n".join(json.dumps(dict(zip(header, r, strict=True)), ensure_ascii=False) for r in rows).encode()


def as_xml(rows, *, header):
    def item(row):
        return "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(header, row, strict=True))

    return f"<response><items>{''.join(f'<item>{item(r)}</item>' for r in rows)}</items></response>".encode()


def projects(*rows, **options):
    return as_csv(rows, header=PROJECT_HEADER, **options)


def results(*rows, **options):
    return as_csv(rows, header=RESULT_HEADER, **options)
